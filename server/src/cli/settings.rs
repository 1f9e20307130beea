//! `settings`: shows and changes Clawker's settings file, and what would follow. No command here touches the stack.

use monitor_core::{
    error::StackError,
    job::FileAction,
    settings::{AgentNeed, Change, KEYS, Key, Needs, RawValues, Settings, read_values},
    settings_page::{Preview, SettingsForm},
};
use serde::Serialize;

use super::{output, table};
use crate::{configuration::Configuration, installation::Installation, settings_page};

/// One setting, as `settings get --json` prints it.
#[derive(Serialize)]
struct Shown {
    /// With the leading `monitoring.`, as people write it.
    key: String,
    value: String,
    default: &'static str,
    /// The file says it; otherwise it is the default.
    set: bool,
    meaning: &'static str,
    applying: &'static str,
}

pub(super) fn get(key: Option<&str>, json: bool) -> Result<(), StackError> {
    let configuration = Installation::from_environment()?.configuration;
    let (settings, values) = read(&configuration)?;
    let shown = |key: &Key| Shown {
        key: format!("monitoring.{}", key.path),
        value: settings.value(key.path),
        default: key.default,
        set: values.contains_key(key.path),
        meaning: key.meaning,
        applying: key.needs.description(),
    };
    match (key.map(find).transpose()?, json) {
        (Some(key), false) => {
            output::line(&settings.value(key.path));
        }
        (Some(key), true) => output::json(&shown(key)),
        (None, true) => output::json(&KEYS.iter().map(shown).collect::<Vec<_>>()),
        (None, false) => {
            let row = |key: &Key| {
                let Shown { key, value, set, meaning, .. } = shown(key);
                [key, value, if set { "set" } else { "default" }.to_owned(), meaning.to_owned()]
            };
            let head = ["KEY", "VALUE", "FROM", "MEANING"].map(str::to_owned);
            table::print(&std::iter::once(head).chain(KEYS.iter().map(row)).collect::<Vec<_>>());
        }
    }
    Ok(())
}

/// What `settings set --json` and `settings unset --json` print.
#[derive(Serialize)]
struct Changed {
    file: String,
    key: String,
    was: String,
    value: String,
    /// The backup's name beside the file, where the file was replaced.
    backup: Option<String>,
    applying: &'static str,
}

/// Sets a value, or removes it.
pub(super) fn change(key: &str, value: Option<&str>, json: bool) -> Result<(), StackError> {
    let configuration = Installation::from_environment()?.configuration;
    let key = find(key)?;
    let file = configuration.settings_text()?;
    // A file with a problem elsewhere can be changed all the same: that is how one problem after the other is mended.
    let was = configuration.settings_in(&file.text).map(|settings| settings.value(key.path)).unwrap_or_default();
    let change = match value {
        Some(value) => Change::set(key.path, value).even_if_default(),
        None => Change::unset(key.path),
    };
    let saved = configuration.save_settings(&[change], &file.base)?;
    let asked = || value.unwrap_or(key.default).to_owned();
    let value = configuration.settings().map_or_else(|_| asked(), |settings| settings.value(key.path));
    let backup = match &saved.outcome.action {
        FileAction::Replaced { backup } => Some(backup.clone()),
        _ => None,
    };
    let path = configuration.settings_file();
    if json {
        output::json(&Changed {
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
    output::line(&match saved.outcome.action {
        FileAction::Unchanged => format!("`monitoring.{}` is {shown} already; `{path}` stays as it is.", key.path),
        _ => format!("`monitoring.{}` is {shown} in `{path}`.{}", key.path, next_step(key.needs)),
    });
    if let Some(backup) = backup {
        output::note(&format!("the old file is {backup}"));
    }
    if let Err(error) = configuration.settings() {
        output::note(&format!("warning: {error}"));
    }
    Ok(())
}

fn next_step(needs: Needs) -> &'static str {
    match (needs.services, needs.agents) {
        (false, AgentNeed::Nothing) => "",
        (true, AgentNeed::Nothing) => " Next: `clawker-monitor apply`.",
        (false, _) => " Agents follow once their images are rebuilt: `clawker build`, then new containers.",
        (true, AgentNeed::NewImages) => {
            " Next: `clawker-monitor apply`; agents follow once their images are rebuilt: `clawker build`, then new containers."
        }
        (true, _) => " Next: `clawker-monitor apply`; agents follow with new containers.",
    }
}

pub(super) async fn diff(json: bool) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    // As it is in the file: problems there are an error like everywhere else.
    installation.configuration.settings()?;
    let preview =
        settings_page::preview(installation.engine.as_ref(), &installation.configuration, SettingsForm::default())
            .await?;
    if json {
        output::json(&preview);
        return Ok(());
    }
    if !installation.configuration.is_initialized() {
        return Err(StackError::NotInitialized { directory: installation.configuration.directory() });
    }
    for file in &preview.files {
        output::line(format!("--- {0} (on disk)\n+++ {0} (after `apply`)\n{file}", file.name).trim_end());
    }
    for sentence in summary(&preview) {
        output::line(&sentence);
    }
    Ok(())
}

fn summary(preview: &Preview) -> Vec<String> {
    let mut sentences = Vec::new();
    if preview.files.is_empty() {
        sentences.push("The files agree with the settings.".to_owned());
    }
    if !preview.edited.is_empty() {
        let names = preview.edited.join(", ");
        sentences.push(format!("Edited by hand, and kept unless `apply --replace-edited`: {names}."));
    }
    let titles: Vec<&str> = preview.services.iter().map(|service| service.title()).collect();
    sentences.push(match (preview.stack_runs, titles.is_empty()) {
        (false, _) => "No service runs.".to_owned(),
        (true, true) => "No service has to be made anew.".to_owned(),
        (true, false) => format!("Services that would be made anew: {}.", titles.join(", ")),
    });
    sentences
}

fn read(configuration: &Configuration) -> Result<(Settings, RawValues), StackError> {
    let file = configuration.settings_text()?;
    let settings = configuration.settings_in(&file.text)?;
    let values = read_values(&file.text, &configuration.settings_file())
        .map_err(|problems| StackError::SettingsInvalid { problems })?;
    Ok((settings, values))
}

/// How alike two names are at least, from 0 to 1, for one to be offered in place of the other.
const NEAR: f32 = 0.6;

fn find(key: &str) -> Result<&'static Key, StackError> {
    Key::find(key).ok_or_else(|| {
        let paths: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
        let asked = key.strip_prefix("monitoring.").unwrap_or(key);
        let near = similar::get_close_matches(asked, &paths, 3, NEAR);
        StackError::UnknownSetting { key: key.to_owned(), near: near.into_iter().map(str::to_owned).collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_either_name_and_a_misspelt_one_is_offered_its_like() {
        for asked in ["grafana_port", "monitoring.grafana_port"] {
            assert_eq!(find(asked).map(|key| key.path), Ok("grafana_port"));
        }
        for (asked, near) in [
            ("grafana-port", "grafana_port"),
            ("monitoring.grafanaport", "grafana_port"),
            ("log_user_prompts", "telemetry.log_user_prompts"),
            ("telemetry.retention.metrics", "retention.metrics"),
        ] {
            let Err(StackError::UnknownSetting { near: offered, .. }) = find(asked) else {
                panic!("{asked} is no key")
            };
            assert!(offered.iter().any(|it| it == near), "{asked}: {offered:?}");
        }
        let error = find("zzz").expect_err("no key is like that");
        assert_eq!(error.hint(), "`clawker-monitor settings get` lists all there are");
    }
}
