//! The pages, a folder each.

pub mod agents;
pub mod files;
pub mod logs;
pub mod not_found;
pub mod settings;
pub mod stack;
