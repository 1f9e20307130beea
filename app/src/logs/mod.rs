//! The logs page: the last lines of a service, followed live once the page is hydrated.

mod buffer;
#[cfg(feature = "hydrate")]
mod follow;
mod page;
mod viewer;

pub use page::LogsPage;
