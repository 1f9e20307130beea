//! What surrounds every page.

mod banner;

pub use banner::LinkBanner;
