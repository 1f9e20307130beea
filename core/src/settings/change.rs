//! One change that somebody wants made to the settings file.

use serde::{Deserialize, Serialize};

/// What is to become of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The key, dotted below `monitoring`, as `telemetry.log_user_prompts`.
    pub key: String,
    /// The new value; `None` removes the key, so that its default holds.
    pub value: Option<String>,
    /// Whether a value equal to the default is written into a file that does not have the key. A form says no: it
    /// would fill the file with what is true anyway. Somebody who types `settings set` means it.
    pub write_default: bool,
}

impl Change {
    /// Sets a value; nothing is written where the file lacks the key and the value is its default.
    pub fn set(key: impl Into<String>, value: impl Into<String>) -> Change {
        Change { key: key.into(), value: Some(value.into()), write_default: false }
    }

    /// Removes the key.
    pub fn unset(key: impl Into<String>) -> Change {
        Change { key: key.into(), value: None, write_default: false }
    }

    /// The same, but a default is written as well.
    pub fn even_if_default(self) -> Change {
        Change { write_default: true, ..self }
    }
}
