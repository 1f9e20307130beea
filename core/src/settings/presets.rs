//! Named combinations of settings.

use super::{Key, Settings};

/// A named combination of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The display name.
    pub title: &'static str,
    /// The meaning in a few words, without a trailing period.
    pub meaning: &'static str,
    /// Dotted keys below `monitoring` and their values.
    pub values: &'static [(&'static str, &'static str)],
}

/// All presets.
pub const PRESETS: [Preset; 2] = [
    Preset {
        title: "Privacy first",
        meaning: "Costs, tokens, durations, and tool names, without content",
        values: &[
            ("telemetry.log_user_prompts", "false"),
            ("telemetry.log_tool_details", "false"),
            ("telemetry.include_account_uuid", "false"),
        ],
    },
    Preset {
        title: "Everything",
        meaning: "All telemetry, for detailed analysis",
        values: &[
            ("telemetry.log_user_prompts", "true"),
            ("telemetry.log_tool_details", "true"),
            ("telemetry.include_account_uuid", "true"),
            ("telemetry.include_session_id", "true"),
        ],
    },
];

impl Preset {
    /// Whether the settings match the preset.
    pub fn holds(&self, settings: &Settings) -> bool {
        self.values.iter().all(|(path, value)| settings.value(path) == *value)
    }

    /// The keys that the preset sets.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.values.iter().filter_map(|(path, _)| Key::find(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{RawValue, RawValues};

    #[test]
    fn exactly_the_preset_whose_values_are_set_is_active() {
        for preset in PRESETS {
            let values: RawValues = preset
                .values
                .iter()
                .map(|(key, text)| ((*key).to_owned(), RawValue { text: (*text).to_owned(), line: None }))
                .collect();
            let settings = Settings::from_values(&values).expect("a preset is valid");
            let holding: Vec<&str> = PRESETS.iter().filter(|it| it.holds(&settings)).map(|it| it.title).collect();
            assert_eq!(holding, [preset.title]);
            assert_eq!(preset.keys().count(), preset.values.len(), "{}: every key is in the table", preset.title);
        }
    }
}
