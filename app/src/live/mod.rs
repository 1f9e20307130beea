//! What the open page knows, kept current by the live stream.
//!
//! The fold (`view`) is pure and tested on the host; the browser's `EventSource` (`source`) and the clock are glue.

mod banner;
mod carried;
mod derived;
mod seed;
#[cfg(feature = "hydrate")]
pub mod source;
#[cfg(feature = "hydrate")]
mod subscription;
mod view;

use leptos::prelude::*;
use monitor_core::{live::Snapshot, timestamp::Timestamp};

pub use banner::LinkBanner;
pub use carried::Carried;
pub use derived::Derived;
pub use seed::Seed;
pub use view::View;

/// How the stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Not yet open: the page as the server made it.
    Opening,
    /// Open: what is shown is current.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser opens the stream"))]
    Live,
    /// Lost for so long that it should be said.
    Lost,
}

/// What pages read. Cheap to copy; find it in context.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    view: RwSignal<View>,
    now: RwSignal<Timestamp>,
    link: RwSignal<Link>,
    hydrated: RwSignal<bool>,
}

impl Live {
    /// Starts from what the server rendered, and in the browser subscribes.
    pub fn start(seed: Seed) -> Live {
        let now = RwSignal::new(seed.snapshot.taken_at);
        let live = Live {
            view: RwSignal::new(View::new(seed)),
            now,
            link: RwSignal::new(Link::Opening),
            hydrated: RwSignal::new(false),
        };
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
        Derived::some(move || {
            let mut derived = None;
            self.read(&mut |view| derived = Some(from(&view.snapshot)));
            derived
        })
    }

    /// Something derived from the snapshot and the server's clock, which ticks once a second in the browser.
    pub fn derive_timed<T>(self, from: impl Fn(&Snapshot, Timestamp) -> T + Send + Sync + 'static) -> Derived<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Derived::some(move || {
            let (now, mut derived) = (self.now.get(), None);
            self.read(&mut |view| derived = Some(from(&view.snapshot, now)));
            derived
        })
    }

    fn read(self, reader: &mut dyn FnMut(&View)) {
        self.view.with(reader);
    }

    /// The server's clock.
    pub fn now(self) -> Timestamp {
        self.now.get()
    }

    /// How the stream stands.
    pub fn link(self) -> Link {
        self.link.get()
    }

    /// The server is of another build than this page.
    pub fn stale(self) -> Derived<bool> {
        Derived::new(move || self.view.with(View::stale))
    }

    /// The page is interactive; controls that need JavaScript show themselves only then.
    pub fn hydrated(self) -> Derived<bool> {
        Derived::new(move || self.hydrated.get())
    }
}
