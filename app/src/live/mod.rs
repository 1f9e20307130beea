//! The state of the open page, kept current by the live stream.
//!
//! `view` applies events and is pure; `source` is the browser's `EventSource`; `feed` is what logs and timelines share.

mod carried;
pub mod feed;
mod seed;
#[cfg(feature = "hydrate")]
pub mod source;
#[cfg(feature = "hydrate")]
mod subscription;
mod view;

use leptos::prelude::*;
use monitor_core::{live::Snapshot, timestamp::Timestamp};

pub use carried::Carried;
pub use seed::Seed;
pub use view::{Link, View};

/// What pages read. Cheap to copy; provided as context.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    view: RwSignal<View>,
}

impl Live {
    /// Starts with what the server rendered, and subscribes in the browser.
    pub fn start(seed: Seed) -> Live {
        let live = Live { view: RwSignal::new(View::new(seed)) };
        provide_context(live);
        #[cfg(feature = "hydrate")]
        subscription::subscribe(live);
        live
    }

    /// Returns it from context.
    pub fn get() -> Live {
        expect_context()
    }

    /// Derives a value from the snapshot.
    pub fn derive<T>(self, from: impl Fn(&Snapshot) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        self.derive_view(move |view| from(&view.snapshot))
    }

    /// Derives a value from the snapshot and the server's time, which advances once a second in the browser.
    pub fn derive_timed<T>(self, from: impl Fn(&Snapshot, Timestamp) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        self.derive_view(move |view| from(&view.snapshot, view.now))
    }

    /// The server's time.
    pub fn now(self) -> Memo<Timestamp> {
        self.derive_view(|view| view.now)
    }

    /// The state of the stream.
    pub fn link(self) -> Memo<Link> {
        self.derive_view(|view| view.link)
    }

    /// Derives a value from the snapshot and the state of the stream.
    pub fn derive_linked<T>(self, from: impl Fn(&View) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        self.derive_view(from)
    }

    /// Whether the server is another build than the page.
    pub fn stale(self) -> Memo<bool> {
        self.derive_view(View::stale)
    }

    /// Whether the page is interactive. Controls that need JavaScript are shown only then.
    pub fn hydrated(self) -> Memo<bool> {
        self.derive_view(|view| view.hydrated)
    }

    fn derive_view<T>(self, from: impl Fn(&View) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.view.with(|view| from(view)))
    }

    #[cfg(feature = "hydrate")]
    fn change(self, writer: &mut dyn FnMut(&mut View)) {
        self.view.try_update(writer);
    }
}
