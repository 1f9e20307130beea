//! A generated file as the panel shows it: what is on disk beside what the settings ask for.

use serde::{Deserialize, Serialize};

/// How a file on disk compares with what the settings ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Not on disk; the contents shown are what `init` would write.
    Missing,
    /// As the settings ask for.
    Current,
    /// As it was written last, but the settings have changed since.
    Outdated,
    /// Changed by somebody else since it was written.
    Edited,
}

/// What a file is written in, for highlighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// One generated file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileView {
    /// Its name within the monitor folder.
    pub name: String,
    /// What it is for, in one sentence.
    pub purpose: String,
    /// What it is written in.
    pub language: Language,
    /// Disk against settings.
    pub state: FileState,
    /// The contents on disk, or, where it is missing, what `init` would write.
    pub contents: String,
}
