//! The router in process: pages, forms, guards, headers, errors.

use axum::http::StatusCode;
use leptos::server_fn::error::ServerFnUrlError;
use monitor_app::api::ApiError;
use monitor_core::{error::StackError, service::Service, status::StackState};
use monitor_testing::harness::{get, panel, panel_with, post};

#[tokio::test(flavor = "multi_thread")]
async fn healthz_answers() {
    let answer = panel().get("/healthz").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "ok\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_has_the_security_headers() {
    let panel = panel();
    for path in ["/", "/healthz", "/nothing/here", "/files"] {
        let answer = panel.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policys_nonce_is_new_for_each_response_and_inline_code_is_blocked() {
    let panel = panel();
    let first = panel.get("/").await;
    let policy = first.header("content-security-policy").to_owned();
    assert!(policy.contains("script-src 'self' 'nonce-") && !policy.contains("unsafe-inline"), "{policy}");
    assert_ne!(policy, panel.get("/").await.header("content-security-policy"));
    assert!(!first.text.contains(" style=\"") && !first.text.contains(" onclick="), "no inline style or handler");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_host_gets_421_and_a_foreign_origin_gets_403() {
    let panel = panel();
    let rebound = axum::http::Request::get("/").header("host", "evil.example:8484");
    assert_eq!(panel.send(rebound, "").await.status, StatusCode::MISDIRECTED_REQUEST);
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        let foreign = post(path).header("origin", "https://evil.example");
        assert_eq!(panel.send(foreign, "").await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(panel.engine.calls(), Vec::<String>::new());
}

/// The attack surface: every path that runs code on request.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_server_functions_is_complete() {
    let mut paths: Vec<String> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, method)| format!("{method} {path}")).collect();
    paths.sort();
    insta::assert_snapshot!(paths.join("\n"), @r"
    POST /api/agent
    POST /api/agent-numbers
    POST /api/apply-settings
    POST /api/cancel-job
    POST /api/check-up
    POST /api/dismiss-job
    POST /api/files
    POST /api/initialize
    POST /api/look-at-port
    POST /api/mend-settings
    POST /api/preview-settings
    POST /api/recent-logs
    POST /api/remove-stack-and-data
    POST /api/settings
    POST /api/start-stack
    POST /api/stop-stack
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn initialize_start_and_stop_work_as_plain_forms() {
    let panel = panel();
    let page = panel.get("/").await;
    assert!(page.text.contains(">Initialize<"), "the one next step is a button");

    let pressed = panel.press("/api/initialize", "").await;
    assert_eq!(pressed.status, StatusCode::FOUND);
    assert_eq!(pressed.header("location").trim_end_matches('?'), "http://127.0.0.1:8484/");
    assert!(panel.panel.installation.configuration.is_initialized());

    let pressed = panel.press("/api/start-stack", "").await;
    assert_eq!(pressed.status, StatusCode::FOUND);
    panel.until("running", |snapshot| snapshot.stack == StackState::Running && snapshot.running_job().is_none()).await;
    let page = panel.get("/").await;
    assert!(page.text.contains(">Stop stack<"), "and the page offers the way back");

    assert_eq!(panel.press("/api/stop-stack", "").await.status, StatusCode::FOUND);
    panel.until("stopped", |snapshot| snapshot.stack == StackState::Stopped).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_is_explained_once_and_never_by_an_address_alone() {
    const SITE: &str = "http://127.0.0.1:8484";
    let panel = panel_with("monitoring:\n  grafana_port: 99999\n");
    let saying = "The file was not saved";
    // What comes with the answer: the address that the browser loads next, without the site.
    let refused_from = async |page: &str| {
        let form = post("/api/mend-settings").header("accept", "text/html").header("origin", SITE);
        let refused = panel.send(form.header("referer", format!("{SITE}{page}")), "base=old&text=monitoring:").await;
        assert_eq!(refused.status, StatusCode::FOUND);
        refused.header("location").strip_prefix(SITE).unwrap().to_owned()
    };
    let address = refused_from("/settings").await;
    assert!(address.starts_with("/settings?refused=") && !address.contains("__err"), "{address}");
    assert!(panel.get(&address).await.text.contains(saying));
    assert!(!panel.get(&address).await.text.contains(saying), "it is said once");

    let words = ApiError::Stack(StackError::CannotListen {
        address: "evil.example".into(),
        setting: None,
        detail: "call us".into(),
    });
    let link = ServerFnUrlError::new("/api/mend-settings", words).to_url("http://127.0.0.1:8484/settings").unwrap();
    let link = link.as_str().strip_prefix(SITE).unwrap();
    assert!(!panel.get(link).await.text.contains("evil.example"), "a link put words on the page");
    let page = panel.get(&refused_from(link).await).await.text;
    assert!(page.contains(saying) && !page.contains("evil.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_names_the_path_that_it_was_rendered_for() {
    let panel = panel();
    for path in ["/", "/agents?range=1h", "/nothing/here"] {
        let named = format!("<body data-path=\"{}\">", path.split('?').next().unwrap());
        assert!(panel.get(path).await.text.contains(&named), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_too_large_gets_413_and_one_at_the_limit_is_read() {
    let panel = panel();
    for (bytes, expected) in [(5 << 20, StatusCode::PAYLOAD_TOO_LARGE), (1 << 20, StatusCode::FOUND)] {
        let form = format!("base=&text={}", "a".repeat(bytes));
        let answer = panel.press("/api/mend-settings", &form).await;
        assert_eq!(answer.status, expected, "{bytes} bytes: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_has_its_http_status_and_message() {
    let panel = panel_with("monitoring:\n  grafana_port: 99999\n");
    let answer = panel.send(post("/api/files").header("accept", "application/json"), "").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("settings_invalid") && answer.text.contains("grafana_port"), "{}", answer.text);
    let page = panel.get("/").await;
    assert!(page.text.contains("99999"), "the stack page says what is wrong with the settings");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_changed_in_an_editor_are_seen_on_the_next_page_load() {
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    assert!(!panel.get("/").await.text.contains("Replace the files"));
    std::fs::write(panel.folder.path().join("settings.yaml"), "monitoring:\n  grafana_port: 3001\n").unwrap();
    let page = panel.get("/").await.text;
    assert!(page.contains("Replace the files"), "files that differ can be replaced");
    assert!(panel.press("/api/initialize", "replace=true").await.status.is_redirection());
    assert!(!panel.get("/").await.text.contains("Replace the files"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_the_current_state_without_javascript() {
    let panel = panel();
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    panel.engine.logs_line(Service::Loki, "2026-11-22T07:12:56Z level=warn msg=\"a line <of> Loki\"");
    let stack = panel.get("/").await.text;
    for service in Service::ALL {
        let rows = stack.split("<tbody").find(|rows| rows.contains(&format!("data-service=\"{service}\"")));
        assert!(rows.is_some_and(|rows| rows.contains("data-state=\"running\"")), "{service}: {stack}");
    }
    let log = panel.get("/logs/loki").await;
    assert_eq!(log.status, StatusCode::OK);
    assert!(log.text.contains("a line &lt;of&gt; Loki"), "the log is there, escaped");
    let files = panel.get("/files").await.text;
    assert!(files.contains("compose.yaml") && files.contains("promtail-config.yaml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_can_be_downloaded_and_a_missing_one_is_404() {
    let panel = panel();
    assert_eq!(panel.get("/logs/loki/download").await.status, StatusCode::NOT_FOUND);
    assert_eq!(panel.get("/logs/nginx/download").await.status, StatusCode::NOT_FOUND);
    panel.up().await;
    panel.engine.logs_line(Service::Loki, "2026-11-22T07:12:56.123456Z level=warn msg=full");
    let file = panel.get("/logs/loki/download").await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"loki.log\"");
    assert_eq!(file.text, "2026-11-22T07:12:56.123Z level=warn msg=full\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_page_is_404_and_links_to_the_start_page() {
    let panel = panel();
    for path in ["/nothing", "/logs/nginx"] {
        let answer = panel.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        // The navigation has a link to `/` on every page; this one is the page's own.
        let button = answer.text.split("<a ").find(|rest| rest.contains("Go to the stack"));
        assert!(button.is_some_and(|link| link.contains("href=\"/\"")), "{path}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_compressed_when_the_browser_accepts_it() {
    let panel = panel();
    let response = panel.open(get("/").header("accept-encoding", "gzip")).await;
    assert_eq!(response.headers().get("content-encoding").map(|value| value.as_bytes()), Some(&b"gzip"[..]));
}
