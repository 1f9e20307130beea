//! A generated file as the panel shows it: its contents and how it compares with the settings.

use serde::{Deserialize, Serialize};

/// How a file on disk compares with the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Missing on disk; the contents shown are what `init` would create.
    Missing,
    /// Matches the settings.
    Current,
    /// Not edited, but the settings have changed since it was created.
    Outdated,
    /// Edited since it was created.
    Edited,
    /// Not compared, because the settings are invalid.
    Unknown,
}

/// The language of a file, for highlighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// YAML syntax.
    Yaml,
    /// JSON syntax.
    Json,
}

/// One generated file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileView {
    /// The name within the monitor folder.
    pub name: String,
    /// Its purpose in one sentence.
    pub purpose: String,
    /// The language of its contents.
    pub language: Language,
    /// How the file on disk compares with the settings.
    pub state: FileState,
    /// The contents on disk, or what `init` would create if it is missing.
    pub contents: String,
}
