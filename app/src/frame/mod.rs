//! What surrounds every page.

mod banner;
mod sidebar;

pub use banner::LinkBanner;
pub use sidebar::Sidebar;
