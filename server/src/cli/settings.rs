//! `settings`: shows and changes Clawker's settings file, and previews `apply`. No command here touches the stack.

use monitor_core::{
    error::StackError,
    job::FileAction,
    settings::{AgentNeed, Change, KEYS, Key, Needs, RawValues, Settings, read_values},
    settings_page::{Preview, SettingsForm},
};
use serde::Serialize;

use super::{output::Output, table};
use crate::{configuration::Configuration, installation::Installation, settings_page};

/// One setting, as `settings get --json` prints it.
#[derive(Serialize)]
struct ShownSetting {
    /// With the leading `monitoring.`.
    key: String,
    value: String,
    default: &'static str,
    /// The value is in the file. Otherwise it is the default.
    set: bool,
    meaning: &'static str,
    applying: &'static str,
}

pub(super) fn get(key: Option<&str>, output: &Output) -> Result<(), StackError> {
    let configuration = Installation::from_environment()?.configuration;
    let (settings, values) = read_settings(&configuration)?;
    let shown = |key: &Key| ShownSetting {
        key: format!("monitoring.{}", key.path),
        value: settings.value(key.path),
        default: key.default,
        set: values.contains_key(key.path),
        meaning: key.meaning,
        applying: key.needs.description(),
    };
    match (key.map(find_key).transpose()?, output.is_json()) {
        (Some(key), false) => {
            output.line(&settings.value(key.path));
        }
        (Some(key), true) => {
            output.document(&shown(key));
        }
        (None, true) => {
            output.document(&KEYS.iter().map(shown).collect::<Vec<_>>());
        }
        (None, false) => {
            let row = |key: &Key| {
                let ShownSetting { key, value, set, meaning, .. } = shown(key);
                [key, value, if set { "set" } else { "default" }.to_owned(), meaning.to_owned()]
            };
            let head = ["KEY", "VALUE", "FROM", "MEANING"].map(str::to_owned);
            table::print(output, &std::iter::once(head).chain(KEYS.iter().map(row)).collect::<Vec<_>>(), 3);
        }
    }
    warn_of_misspelled(output, &configuration);
    Ok(())
}

/// What `settings set --json` and `settings unset --json` print.
#[derive(Serialize)]
struct ChangedSetting {
    file: String,
    key: String,
    was: String,
    value: String,
    /// The name of the backup, in the same folder. `None` if the file was created or did not change.
    backup: Option<String>,
    applying: &'static str,
}

/// Sets a value, or removes the key if `value` is `None`.
pub(super) fn change(key: &str, value: Option<&str>, output: &Output) -> Result<(), StackError> {
    let configuration = Installation::from_environment()?.configuration;
    let key = find_key(key)?;
    let change = match value {
        Some(value) => Change::set(key.path, value).even_if_default(),
        None => Change::unset(key.path),
    };
    let saved = configuration.change_settings(&[change])?;
    // A file with other problems can still be changed, so that they can be fixed one at a time.
    let before = configuration.settings_in(&saved.text_before());
    let was = before.map(|settings| settings.value(key.path)).unwrap_or_default();
    let requested = || value.unwrap_or(key.default).to_owned();
    let value = configuration.settings().map_or_else(|_| requested(), |settings| settings.value(key.path));
    let backup = match &saved.outcome.action {
        FileAction::Replaced { backup } => Some(backup.clone()),
        _ => None,
    };
    let path = configuration.settings_file();
    if output.is_json() {
        output.document(&ChangedSetting {
            file: path,
            key: format!("monitoring.{}", key.path),
            was,
            value,
            backup,
            applying: key.needs.description(),
        });
        return Ok(());
    }
    let shown = if value.is_empty() { "not set".to_owned() } else { format!("`{value}`") };
    output.line(&match saved.outcome.action {
        FileAction::Unchanged => format!("`monitoring.{}` is already {shown}. `{path}` was not changed.", key.path),
        _ => format!("`monitoring.{}` is now {shown} in `{path}`.{}", key.path, next_step(key.needs)),
    });
    if let Some(backup) = backup {
        output.note(&format!("backup: {backup}"));
    }
    if let Err(error) = configuration.settings() {
        output.warning(&error);
    }
    warn_of_misspelled(output, &configuration);
    Ok(())
}

/// Misspelled keys have no effect, and no other message would say so.
fn warn_of_misspelled(output: &Output, configuration: &Configuration) {
    for problem in configuration.misspelled_settings() {
        output.note(&format!("warning: {problem}"));
    }
}

fn next_step(needs: Needs) -> &'static str {
    match (needs.services, needs.agents) {
        (false, AgentNeed::Nothing) => "",
        (true, AgentNeed::Nothing) => " Next: `clawker-monitor apply`.",
        (false, _) => " To update agents, rebuild their images with `clawker build` and recreate their containers.",
        (true, AgentNeed::NewImages) => {
            " Next: `clawker-monitor apply`. To update agents, rebuild their images with `clawker build` and recreate their containers."
        }
        (true, _) => " Next: `clawker-monitor apply`. To update agents, recreate their containers.",
    }
}

pub(super) async fn diff(output: &Output) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    // The preview reports problems in the file as part of its result; on the command line they are an error.
    installation.configuration.settings()?;
    let preview =
        settings_page::preview(installation.engine.as_ref(), &installation.configuration, SettingsForm::default())
            .await?;
    if output.is_json() {
        output.document(&preview);
        return Ok(());
    }
    if !installation.configuration.is_initialized() {
        return Err(StackError::NotInitialized { directory: installation.configuration.directory() });
    }
    for file in &preview.files {
        output.lines(format!("--- {0} (on disk)\n+++ {0} (after `apply`)\n{file}", file.name).trim_end());
    }
    for sentence in summary(&preview) {
        output.line(&sentence);
    }
    Ok(())
}

fn summary(preview: &Preview) -> Vec<String> {
    let mut sentences = Vec::new();
    if preview.files.is_empty() {
        sentences.push("The files are up to date.".to_owned());
    }
    if !preview.edited.is_empty() {
        let names = preview.edited.join(", ");
        sentences.push(format!("Edited by hand; `apply` keeps these unless you pass `--replace-edited`: {names}."));
    }
    sentences.push(match (preview.stack_runs, preview.services.is_empty()) {
        _ if preview.engine_unknown => "Can't reach Docker, so affected services are unknown.".to_owned(),
        (false, _) => "No services are running.".to_owned(),
        (true, true) => "No services need to be recreated.".to_owned(),
        (true, false) => "Services that will be recreated:".to_owned(),
    });
    if preview.stack_runs && !preview.engine_unknown {
        sentences.extend(preview.services.iter().map(|it| format!("  {}: {}.", it.service.title(), it.reason())));
    }
    sentences
}

fn read_settings(configuration: &Configuration) -> Result<(Settings, RawValues), StackError> {
    let file = configuration.settings_text()?;
    let settings = configuration.settings_in(&file.text)?;
    let values = read_values(&file.text, &configuration.settings_file())
        .map_err(|problems| StackError::SettingsInvalid { problems })?;
    Ok((settings, values))
}

/// From 0 to 1: how similar a key has to be to be suggested.
const MIN_SIMILARITY: f32 = 0.6;

fn find_key(key: &str) -> Result<&'static Key, StackError> {
    Key::find(key).ok_or_else(|| {
        let paths: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
        let short = key.strip_prefix("monitoring.").unwrap_or(key);
        let near = similar::get_close_matches(short, &paths, 3, MIN_SIMILARITY);
        StackError::UnknownSetting { key: key.to_owned(), near: near.into_iter().map(str::to_owned).collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_short_and_a_long_form_and_a_misspelled_one_gets_suggestions() {
        for asked in ["grafana_port", "monitoring.grafana_port"] {
            assert_eq!(find_key(asked).map(|key| key.path), Ok("grafana_port"));
        }
        for (asked, near) in [
            ("grafana-port", "grafana_port"),
            ("monitoring.grafanaport", "grafana_port"),
            ("log_user_prompts", "telemetry.log_user_prompts"),
            ("telemetry.retention.metrics", "retention.metrics"),
        ] {
            let Err(StackError::UnknownSetting { near: offered, .. }) = find_key(asked) else {
                panic!("{asked} is not a key")
            };
            assert!(offered.iter().any(|it| it == near), "{asked}: {offered:?}");
        }
        let error = find_key("zzz").expect_err("no key is similar");
        assert_eq!(error.hint(), "run `clawker-monitor settings get` to list all settings");
    }
}
