//! Invalid settings files and values: each error is reported where it belongs, and nothing is lost.

use std::os::unix::fs::PermissionsExt;

use axum::http::StatusCode;
use monitor_app::control_plane::PageNeeds;
use monitor_core::{error::StackError, problem::Problem};
use monitor_testing::harness::{Harness, configured_agent, form, panel, panel_with, post};

/// The problems of the preview. Applying must report the same ones and change nothing.
async fn refused(panel: &Harness, typed: &[(&str, &str)]) -> Vec<Problem> {
    let before = panel.settings_text();
    let page = panel.page().await;
    let preview = panel.plane.preview_settings(form(&page, typed)).await.unwrap();
    let error = panel.plane.apply_settings(form(&page, typed), page.base, false).await.unwrap_err();
    let (StackError::ChangeRefused { problems } | StackError::SettingsInvalid { problems }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(problems, preview.problems);
    assert_eq!(panel.settings_text(), before);
    assert!((&preview.settings.hunks, &preview.files, &preview.services) == (&vec![], &vec![], &vec![]));
    preview.problems
}

#[tokio::test(flavor = "multi_thread")]
async fn every_invalid_value_is_reported_at_its_field() {
    let panel = panel_with("monitoring: {}\n");
    let typed = [
        ("grafana_port", "three thousand"),
        ("loki_port", "65536"),
        ("telemetry.log_user_prompts", "maybe"),
        ("retention.logs", "0d"),
        ("bind_address", "localhost"),
    ];
    let problems = refused(&panel, &typed).await;
    let mut told: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    told.sort_unstable();
    let mut fields: Vec<String> = typed.iter().map(|(key, _)| format!("monitoring.{key}")).collect();
    fields.sort();
    assert_eq!(told, fields);
    let grafana = problems.iter().find(|problem| problem.field.ends_with("grafana_port")).unwrap();
    assert_eq!(grafana.message, "`three thousand` is not a valid port; enter a number from 1 to 65535");
    assert_eq!((&grafana.file, grafana.line), (&None, None), "it is in no file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_of_another_service_is_refused() {
    let panel = panel_with("monitoring: {}\n");
    let problems = refused(&panel, &[("grafana_port", "3100")]).await;
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].message.contains("each port must be unique"), "{problems:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_edited_safely_is_not_changed() {
    for (text, said) in [
        ("monitoring:\n  telemetry: &shared {log_user_prompts: true}\nother: *shared\n", "anchor"),
        ("monitoring:\n  telemetry:\n    log_user_prompts: true\n    log_user_prompts: false\n", "uplicate"),
        ("monitoring:\n\ttelemetry:\n", "YAML"),
        ("monitoring: 3\n", "section"),
    ] {
        let panel = panel_with(text);
        let problems = refused(&panel, &[("telemetry.log_user_prompts", "false")]).await;
        assert!(problems.iter().any(|problem| problem.to_string().contains(said)), "{text}: {problems:#?}");
        assert!(problems.iter().any(|problem| problem.line.is_some()), "{text}: {problems:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misspelled_setting_is_shown_and_nothing_is_refused() {
    let panel = panel_with("monitoring:\n  grafana_prot: 3001\n  loki_port: 3101\n");
    let page = panel.page().await;
    assert_eq!((page.broken.is_none(), page.values["loki_port"].as_str()), (true, "3101"));
    let html = panel.get("/settings").await.text;
    assert!(html.contains("Unknown settings") && html.contains("did you mean"), "{html}");
    std::fs::write(panel.settings_file(), "monitoring: {}\n").unwrap();
    assert!(!panel.get("/settings").await.text.contains("Unknown settings"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_is_shown_with_line_numbers_and_can_be_fixed_on_the_page() {
    let broken = "# mine\nmonitoring:\n  grafana_port: [1\n";
    let panel = panel_with(broken);
    let page = panel.page().await;
    let it = page.broken.unwrap();
    assert_eq!(it.text.as_deref(), Some(broken));
    assert!(page.values.is_empty() && page.ports.is_empty());
    let StackError::SettingsInvalid { problems } = &it.error else { panic!("{:?}", it.error) };
    assert!(problems[0].line.is_some() && problems[0].message.contains("column"), "{problems:#?}");

    // A browser sends CRLF from a textarea; the file has LF.
    let half = "# mine\nmonitoring:\n  grafana_port: 0\n";
    panel.plane.mend_settings(half.replace('\n', "\r\n"), page.base.clone()).await.unwrap();
    assert_eq!(panel.settings_text(), half);
    let page = panel.page().await;
    let StackError::SettingsInvalid { problems } = page.broken.unwrap().error else { panic!() };
    assert_eq!((problems[0].field.as_str(), problems[0].line), ("monitoring.grafana_port", Some(3)));

    let old = panel.plane.mend_settings("other".into(), "not its base".into()).await.unwrap_err();
    assert!(matches!(old, StackError::SettingsChanged { .. }), "{old}");
    let typed = format!("base={}&text=monitoring:%0D%0A++grafana_port:+3001%0D%0A", page.base);
    let pressed = panel.press("/api/mend-settings", &typed).await;
    assert_eq!(pressed.status, StatusCode::FOUND);
    assert_eq!(panel.settings_text(), "monitoring:\n  grafana_port: 3001\n");
    assert_eq!(panel.page().await.broken, None);
    let backups = std::fs::read_dir(panel.folder.path()).unwrap().flatten();
    let backups = backups.filter(|entry| entry.file_name().to_string_lossy().ends_with(".bak"));
    assert_eq!(backups.count(), 2, "each text that was there is kept");
}

type Spoil = fn(&std::path::Path);

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_file_that_is_not_text_is_reported_and_not_changed() {
    let panel = panel_with("");
    let file = panel.settings_file();
    let spoil: [(Spoil, &str); 3] = [
        (|file| std::fs::write(file, b"monitoring: \xff\n").unwrap(), "not UTF-8 text (byte 12)"),
        (|file| std::fs::write(file, vec![b'#'; 5 << 20]).unwrap(), "it is too large: 5242880 bytes"),
        (
            |file| {
                std::fs::remove_file(file).unwrap();
                std::fs::create_dir(file).unwrap();
            },
            "expected a file, but it is a folder",
        ),
    ];
    for (spoil, said) in spoil {
        spoil(&file);
        let page = panel.page().await;
        let broken = page.broken.clone().unwrap();
        assert!(broken.error.to_string().contains(said) && broken.text.is_none(), "{broken:?}");
        let typed = form(&page, &[("grafana_port", "3001")]);
        let preview = panel.plane.preview_settings(typed.clone()).await.unwrap_err();
        let apply = panel.plane.apply_settings(typed, page.base, false).await.unwrap_err();
        assert!(preview.to_string().contains(said) && apply == preview, "{preview} {apply}");
        panel.plane.refresh(PageNeeds::Configuration).await.unwrap();
        assert!(panel.panel.hub.snapshot().configuration.error.unwrap().to_string().contains(said));
    }
    assert!(file.is_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_text_that_is_too_large_is_refused() {
    let panel = panel_with("monitoring: [\n");
    let base = panel.page().await.base;
    let body = format!("base={base}&text={}", "%23".repeat((1 << 20) + 1));
    let answer = panel.send(post("/api/mend-settings").header("accept", "application/json"), &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(answer.text.contains("the limit is 1 MiB"), "{}", answer.text);
    assert_eq!(panel.settings_text(), "monitoring: [\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_claims_anything_about_files_or_agents_while_the_settings_are_broken() {
    let panel = panel();
    panel.up().await;
    panel.engine.agent_is(configured_agent("dev"), "start");
    std::fs::write(panel.settings_file(), "monitoring: [\n").unwrap();
    let settings = panel.get("/settings").await.text;
    for claim in ["match the settings", "use these files", "use these settings", "no agents yet"] {
        assert!(!settings.contains(claim), "{claim}: {settings}");
    }
    assert!(settings.contains("Unknown until the settings file is valid."), "{settings}");
    let files = panel.get("/files?name=prometheus.yaml").await.text;
    assert!(files.contains("Not compared") && files.contains("scrape_configs"), "they are shown all the same: {files}");
    assert!(!files.contains("Some files differ"), "{files}");
    let agents = panel.get("/agents").await.text;
    assert!(agents.contains("New agents: unknown") && !agents.contains("New agents will report"), "{agents}");
    let stack = panel.get("/").await.text;
    assert!(stack.contains("Invalid settings"), "{stack}");
}

/// Such a text used to overflow the stack of whoever read it, at every start.
#[tokio::test(flavor = "multi_thread")]
async fn a_settings_text_that_is_nested_too_deeply_is_neither_read_nor_saved() {
    for nested in ["- ".repeat(6_000), "? ".repeat(6_000), "x:\ty\nz:\n  ".to_owned() + &"- ".repeat(6_000)] {
        let panel = panel_with("monitoring: [\n");
        let base = panel.page().await.base;
        let refused = panel.plane.mend_settings(nested.clone(), base).await.unwrap_err();
        assert!(refused.to_string().contains("nested more than 50 levels deep"), "{refused}");
        assert_eq!(panel.settings_text(), "monitoring: [\n");

        // Somebody else may write it.
        std::fs::write(panel.settings_file(), &nested).unwrap();
        let page = panel.page().await;
        assert_eq!(page.broken.as_ref().unwrap().text.as_ref(), Some(&nested));
        let html = panel.get("/settings").await.text;
        assert!(html.contains("nested more than 50 levels deep"), "{html}");
        panel.plane.mend_settings("monitoring: {}\n".into(), page.base).await.unwrap();
        assert_eq!(panel.page().await.broken, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_stays_as_it_is() {
    let panel = panel_with("monitoring: {}\n");
    std::fs::set_permissions(panel.settings_file(), std::fs::Permissions::from_mode(0o444)).unwrap();
    let page = panel.page().await;
    let job = panel.plane.apply_settings(form(&page, &[("grafana_port", "3001")]), page.base, false).await.unwrap();
    let error = job.error.unwrap();
    assert!(error.to_string().ends_with("settings.yaml` could not be written: it is read-only"), "{error}");
    assert_eq!(panel.settings_text(), "monitoring: {}\n");
    assert!(!job.restored);
}
