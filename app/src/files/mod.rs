//! The files page: what is on disk, how it compares with the settings, and what each file is for.

mod highlight;
mod page;

pub use page::FilesPage;
