//! What the open page knows, kept current by the live stream.
//!
//! The fold (`view`) is pure and tested on the host; the browser's `EventSource` (`source`) and the clock are glue.

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

use crate::reactive::Derived;

pub use carried::Carried;
pub use seed::Seed;
pub use view::{Link, View};

/// What pages read. Cheap to copy; find it in context.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    view: RwSignal<View>,
}

impl Live {
    /// Starts from what the server rendered, and in the browser subscribes.
    pub fn start(seed: Seed) -> Live {
        let live = Live { view: RwSignal::new(View::new(seed)) };
        provide_context(live);
        #[cfg(feature = "hydrate")]
        subscription::keep(live);
        live
    }

    /// The one in context.
    pub fn get() -> Live {
        expect_context()
    }

    /// Something derived from the snapshot; changes only when the derived thing does.
    pub fn derive<T>(self, from: impl Fn(&Snapshot) -> T + Send + Sync + 'static) -> Derived<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        self.derive_view(move |view| from(&view.snapshot))
    }

    /// Something derived from the snapshot and the server's clock, which ticks once a second in the browser.
    pub fn derive_timed<T>(self, from: impl Fn(&Snapshot, Timestamp) -> T + Send + Sync + 'static) -> Derived<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        self.derive_view(move |view| from(&view.snapshot, view.now))
    }

    /// The server's clock.
    pub fn now(self) -> Derived<Timestamp> {
        self.derive_view(|view| view.now)
    }

    /// How the stream stands.
    pub fn link(self) -> Derived<Link> {
        self.derive_view(|view| view.link)
    }

    /// The server is of another build than this page.
    pub fn stale(self) -> Derived<bool> {
        self.derive_view(View::stale)
    }

    /// The page is interactive; controls that need JavaScript show themselves only then.
    pub fn hydrated(self) -> Derived<bool> {
        self.derive_view(|view| view.hydrated)
    }

    fn derive_view<T>(self, from: impl Fn(&View) -> T + Send + Sync + 'static) -> Derived<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Derived::some(move || {
            let mut derived = None;
            self.read(&mut |view| derived = Some(from(view)));
            derived
        })
    }

    fn read(self, reader: &mut dyn FnMut(&View)) {
        self.view.with(reader);
    }

    #[cfg(feature = "hydrate")]
    fn change(self, writer: &mut dyn FnMut(&mut View)) {
        self.view.try_update(writer);
    }
}
