//! What surrounds every page: the sidebar and the banner.

mod banner;
mod sidebar;

pub use banner::LinkBanner;
pub use sidebar::Sidebar;
