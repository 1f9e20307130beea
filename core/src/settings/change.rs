//! A change of one key in the settings file.

use serde::{Deserialize, Serialize};

/// A change of one key in the settings file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The dotted key below `monitoring`, for example `telemetry.log_user_prompts`.
    pub key: String,
    /// The new value; `None` removes the key, so the default applies.
    pub value: Option<String>,
    /// Whether to write a value equal to the default if the key is missing. `false` for forms, which would fill the
    /// file with defaults; `true` for `settings set`.
    pub write_default: bool,
}

impl Change {
    /// Sets a value. Nothing is written if the key is missing and the value is its default.
    pub fn set(key: impl Into<String>, value: impl Into<String>) -> Change {
        Change { key: key.into(), value: Some(value.into()), write_default: false }
    }

    /// Removes the key.
    pub fn unset(key: impl Into<String>) -> Change {
        Change { key: key.into(), value: None, write_default: false }
    }

    /// Also writes a value equal to the default.
    pub fn even_if_default(self) -> Change {
        Change { write_default: true, ..self }
    }
}
