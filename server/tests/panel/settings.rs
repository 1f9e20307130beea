//! The server side of the settings page: content, preview, applying, conflicts.

use axum::http::StatusCode;
use monitor_core::{
    agents::AgentContainer,
    doctor::PortHolder,
    error::StackError,
    file_view::FileState,
    job::{FileAction, Job, JobKind, JobState},
    service::Service,
    settings::AgentNeed,
    settings_page::Conflict,
};
use monitor_testing::harness::{configured_agent, form, panel, panel_with, post};

/// An agent with `OTEL_LOG_USER_PROMPTS` set to that value.
fn agent(name: &str, prompts: &str) -> AgentContainer {
    let mut agent = configured_agent(name);
    agent.environment.push(format!("OTEL_LOG_USER_PROMPTS={prompts}"));
    agent
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_page_shows_file_ports_and_agent_variables() {
    let panel = panel_with("# mine\nmonitoring:\n  grafana_port: 3001 # taken at work\n");
    panel.up().await;
    let page = panel.page().await;
    assert_eq!(page.file, panel.settings_file().display().to_string());
    assert_eq!(page.base.len(), 64);
    assert_eq!(page.values, [("grafana_port".to_owned(), "3001".to_owned())].into());
    assert_eq!(page.broken, None);
    assert!(page.drift.is_none() && page.drift.engine_error.is_none(), "{:#?}", page.drift);
    let port = |key: &str| page.ports.iter().find(|port| port.key == key).unwrap();
    assert_eq!(page.ports.len(), 8);
    assert_eq!(port("grafana_port").holder, Some(PortHolder::Stack("grafana".into())));
    assert_eq!((port("prometheus_metrics_port").port, &port("prometheus_metrics_port").holder), (8889, &None));
    assert!(page.environment.iter().any(|variable| variable.name == "OTEL_LOG_USER_PROMPTS"));
    assert!(page.agent_env.starts_with("agent:\n  env:\n"), "{}", page.agent_env);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_what_would_change_and_changes_nothing() {
    let panel = panel_with("# mine\nmonitoring:\n  grafana_port: 3001 # taken at work\n");
    panel.up().await;
    panel.engine.world().agents = vec![agent("dev", "1"), agent("quiet", "0")];
    let (before, calls) = (panel.on_disk(), panel.engine.calls());

    let preview = panel.preview(&[("grafana_port", "3002"), ("telemetry.log_user_prompts", "false")]).await;
    assert_eq!(
        preview.settings.to_string(),
        "\
@@ -1,3 +1,5 @@
 # mine
 monitoring:
-  grafana_port: 3001 # taken at work
+  grafana_port: 3002 # taken at work
+  telemetry:
+    log_user_prompts: false
"
    );
    assert_eq!(
        preview.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(),
        ["compose.yaml", "prometheus.yaml"]
    );
    assert!(preview.files[0].to_string().contains("\n+      GF_SERVER_HTTP_PORT: \"3002\"\n"), "{}", preview.files[0]);
    let affected: Vec<String> =
        preview.services.iter().map(|it| format!("{}: {}", it.service.title(), it.reason())).collect();
    assert_eq!(
        affected,
        [
            "Prometheus: a file that it mounts changed (`prometheus.yaml`, because of `monitoring.grafana_port`)",
            "Grafana: its definition changed (because of `monitoring.grafana_port`)",
        ]
    );
    assert!(preview.stack_runs);
    assert_eq!((preview.agents, preview.agents_affected), (AgentNeed::NewImages, vec!["clawker.demo.dev".into()]));
    assert_eq!((preview.problems, preview.conflicts, preview.edited), (vec![], vec![], vec![]));
    assert_eq!((panel.on_disk(), panel.engine.calls()), (before, calls));

    // Two ports that change places cannot be blamed one by one, and the reason stays without them.
    let preview = panel.preview(&[("grafana_port", "16686"), ("jaeger_port", "3001")]).await;
    let grafana = preview.services.iter().find(|it| it.service == Service::Grafana).unwrap();
    assert_eq!(grafana.settings, Vec::<String>::new());
    let preview = panel.preview(&[("images.loki", "mirror.example/loki:3"), ("retention.metrics", "7d")]).await;
    let reasons: Vec<String> = preview.services.iter().map(|it| it.reason()).collect();
    assert_eq!(
        reasons,
        [
            "a file that it mounts changed (`prometheus.yaml`, because of `monitoring.retention.metrics`)",
            "its image changed (because of `monitoring.images.loki`)",
        ]
    );

    let preview = panel.preview(&[("loki_port", "3101")]).await;
    assert_eq!(preview.agents, AgentNeed::NewContainers);
    assert_eq!(preview.agents_affected.len(), 2, "Loki's port is handed to every agent");
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_to_a_running_stack_recreates_only_affected_services() {
    let panel = panel_with("# mine\nmonitoring:\n  grafana_port: 3001 # taken at work\n");
    panel.up().await;
    for (typed, anew) in [
        (("grafana_port", "3002"), &["grafana", "prometheus"][..]),
        (("jaeger_port", "16687"), &["grafana", "jaeger"]),
        (("telemetry.log_user_prompts", "false"), &[]),
    ] {
        let calls = panel.engine.calls().len();
        let job = panel.apply(&[typed], false).await.unwrap();
        assert_eq!((job.kind, job.state, job.restored), (JobKind::Apply, JobState::Done, false), "{job:#?}");
        let asked = panel.asked_since(calls);
        let mut created: Vec<&str> = asked.iter().filter_map(|call| call.strip_prefix("create ")).collect();
        created.sort_unstable();
        assert_eq!(created, anew, "{typed:?}");
        assert!(panel.page().await.drift.is_none());
    }
    assert_eq!(
        panel.settings_text(),
        "\
# mine
monitoring:
  grafana_port: 3002 # taken at work
  jaeger_port: 16687
  telemetry:
    log_user_prompts: false
"
    );
    let files = panel.plane.files().await.unwrap();
    assert!(files.iter().all(|file| file.state == FileState::Current));
    assert!(!panel.generated("compose.yaml.bak").exists(), "what nobody edited needs no backup");
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_keeps_a_backup_and_updates_every_tab() {
    let panel = panel_with("monitoring: {}\n");
    let before = panel.panel.hub.snapshot().configuration.settings_base;
    let job = panel.apply(&[("grafana_port", "3001")], false).await.unwrap();
    let [file] = &job.files[..] else { panic!("{job:#?}") };
    let FileAction::Replaced { backup } = &file.action else { panic!("{file:?}") };
    assert!(backup.starts_with("settings.yaml.20") && backup.ends_with(".bak"), "{backup}");
    assert_eq!(std::fs::read_to_string(panel.folder.path().join(backup)).unwrap(), "monitoring: {}\n");
    let after = panel.panel.hub.snapshot().configuration.settings_base;
    assert!(after != before && after == panel.page().await.base);
    assert!(!panel.generated("compose.yaml").exists(), "an installation without files gets none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_changed_by_two_people_is_a_conflict_until_it_is_confirmed() {
    let panel = panel_with("monitoring:\n  grafana_port: 3001\n  loki_port: 3101\n");
    let page = panel.page().await;
    std::fs::write(panel.settings_file(), "monitoring:\n  grafana_port: 4001\n  loki_port: 4101\n").unwrap();
    let mine = form(&page, &[("grafana_port", "3002")]);

    let refused = panel.plane.apply_settings(mine.clone(), page.base, false).await.unwrap_err();
    assert!(matches!(&refused, StackError::SettingsChanged { file } if file.ends_with("settings.yaml")), "{refused}");
    assert!(panel.settings_text().contains("4001"), "nothing is overwritten blind");

    let preview = panel.plane.preview_settings(mine.clone()).await.unwrap();
    let conflict = Conflict {
        key: "grafana_port".into(),
        was: Some("3001".into()),
        on_disk: Some("4001".into()),
        yours: Some("3002".into()),
    };
    assert_eq!(preview.conflicts, [conflict]);
    panel.plane.apply_settings(mine.clone(), preview.base, false).await.unwrap();
    assert_eq!(
        panel.settings_text(),
        "monitoring:\n  grafana_port: 3002\n  loki_port: 4101\n",
        "the other field stays"
    );

    std::fs::write(panel.settings_file(), "monitoring:\n  grafana_port: 0xBBA\n").unwrap();
    let agreed = panel.plane.preview_settings(mine).await.unwrap();
    assert_eq!(agreed.conflicts, [], "both want the same, in other words");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_simultaneous_saves_do_not_overwrite_each_other() {
    for _ in 0..8 {
        let panel = panel_with("monitoring: {}\n");
        let page = panel.page().await;
        let save = |key: &str| panel.plane.apply_settings(form(&page, &[(key, "7000")]), page.base.clone(), false);
        let (one, other) = tokio::join!(save("grafana_port"), save("loki_port"));
        let saved = [&one, &other].into_iter().flatten().filter(|job| job.state == JobState::Done).count();
        assert_eq!(saved, 1, "{one:?} {other:?}");
        assert_eq!(panel.page().await.values.len(), 1, "{}", panel.settings_text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hand_edited_files_are_shown_and_kept_unless_replacing_is_chosen() {
    let panel = panel();
    panel.up().await;
    std::fs::write(panel.generated("loki-config.yaml"), "# mine\n").unwrap();
    let preview = panel.preview(&[("grafana_port", "3001")]).await;
    assert_eq!(preview.edited, ["loki-config.yaml"]);
    assert!(preview.files.iter().any(|file| file.name == "loki-config.yaml" && file.to_string().contains("-# mine")));
    assert_eq!(panel.page().await.drift.files, [("loki-config.yaml".into(), FileState::Edited)]);

    let kept = panel.apply(&[("grafana_port", "3001")], false).await.unwrap();
    let action = |job: &Job, name: &str| job.files.iter().find(|file| file.name == name).unwrap().action.clone();
    assert_eq!((kept.state, action(&kept, "loki-config.yaml")), (JobState::Done, FileAction::Kept));
    assert_eq!(action(&kept, "compose.yaml"), FileAction::Updated);
    assert_eq!(std::fs::read_to_string(panel.generated("loki-config.yaml")).unwrap(), "# mine\n");

    let calls = panel.engine.calls().len();
    let replaced = panel.apply(&[], true).await.unwrap();
    assert_eq!(replaced.state, JobState::Done);
    assert!(matches!(action(&replaced, "loki-config.yaml"), FileAction::Replaced { .. }));
    assert_eq!(std::fs::read_to_string(panel.generated("loki-config.yaml.bak")).unwrap(), "# mine\n");
    // Its definition is unchanged, but a container keeps the file it was started with until it is recreated.
    let asked = panel.asked_since(calls);
    assert!(asked.contains(&"create loki".into()) && !asked.contains(&"create grafana".into()), "{asked:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_to_a_running_stack_refuses_a_hand_edited_compose_file() {
    let panel = panel();
    panel.up().await;
    std::fs::write(panel.generated("compose.yaml"), "services: {}\n").unwrap();
    let refused = panel.apply(&[("grafana_port", "3001")], false).await.unwrap_err();
    assert!(matches!(&refused, StackError::FilesDiffer { files, .. } if files == &["compose.yaml"]), "{refused}");
    assert_eq!(panel.settings_text(), "", "nothing was saved");
    assert_eq!(panel.apply(&[("grafana_port", "3001")], true).await.unwrap().state, JobState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_refused_while_another_job_is_running() {
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    panel.engine.world().images.clear();
    panel.engine.hold_pulls();
    let running = panel.plane.start_stack().await.unwrap();
    let busy = panel.apply(&[("grafana_port", "3001")], false).await.unwrap_err();
    assert_eq!(busy, StackError::Busy { kind: JobKind::Up, process: None, since: running.started_at });
    assert_eq!(panel.settings_text(), "");
    panel.plane.cancel_job().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_with_other_values_are_listed_with_the_variables() {
    let panel = panel_with("monitoring: {telemetry: {log_user_prompts: false}}\n");
    panel.engine.world().agents = vec![agent("dev", "1"), agent("quiet", "0")];
    let drift = panel.page().await.drift;
    assert_eq!(drift.agents_seen, 2);
    let [dev] = &drift.agents[..] else { panic!("{drift:#?}") };
    assert_eq!((dev.container.as_str(), dev.differences.len()), ("clawker.demo.dev", 1));
    assert_eq!(dev.differences[0].name, "OTEL_LOG_USER_PROMPTS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_is_checked_while_it_is_typed() {
    let panel = panel();
    panel.engine.world().location.publishes_here = true;
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let taken = panel.plane.look_at_port(port).await.unwrap();
    let process = format!("(pid {})", std::process::id());
    assert!(matches!(&taken.holder, Some(PortHolder::Process(Some(name))) if name.contains(&process)), "{taken:?}");
    assert!(taken.free.is_some_and(|free| free > port) && taken.key.is_empty(), "{taken:?}");
    drop(held);
    let free = panel.plane.look_at_port(port).await.unwrap();
    assert_eq!((free.holder, free.free), (Some(PortHolder::Nobody), None));
    assert_eq!(panel.plane.look_at_port(3000).await.unwrap().key, "grafana_port");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_javascript_saves_with_a_plain_form() {
    let panel = panel();
    let base = panel.page().await.base;
    let pressed = panel
        .press("/api/apply-settings", &format!("query=base%3D{base}%26was.loki_port%3D%26loki_port%3D3101&base={base}"))
        .await;
    assert_eq!((pressed.status, pressed.header("location")), (StatusCode::FOUND, "/settings"));
    assert_eq!(panel.settings_text(), "monitoring:\n  loki_port: 3101\n");

    let program = post("/api/preview-settings").header("accept", "application/json");
    let answer = panel.send(program, "query=loki_port%3D99999").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("99999") && answer.text.contains("monitoring.loki_port"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_match_are_not_said_to_be_out_of_date_after_a_crash() {
    let panel = panel_with("monitoring:\n  grafana_port: 3001\n");
    panel.plane.initialize(false).await.unwrap();
    // The process ended after the last file and before this one.
    let ledger = panel.generated(".generated.json");
    let text = std::fs::read_to_string(&ledger).unwrap();
    let older = text.replace("\"grafana_port\": \"3001\"", "\"grafana_port\": \"3000\"");
    assert_ne!(older, text);
    std::fs::write(&ledger, older).unwrap();
    let drift = panel.page().await.drift;
    assert_eq!((drift.fields, drift.files), (vec![], vec![]));
}
