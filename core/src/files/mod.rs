//! The files of the stack, rendered from settings. Deterministic: equal settings give equal bytes.

use crate::{file_view::Language, settings::Settings, stack::HostFacts};

/// A file that `init` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// The name within the monitor folder.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub purpose: &'static str,
    /// What it is written in.
    pub language: Language,
    /// All of it.
    pub contents: String,
}

/// Every file of the stack, `compose.yaml` first.
pub fn render(settings: &Settings, facts: &HostFacts) -> Vec<GeneratedFile> {
    let _ = (settings, facts);
    Vec::new()
}
