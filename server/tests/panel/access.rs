//! The gate: every route asks whether its caller may.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use monitor_core::access::{Action, Caller};
use monitor_testing::harness::{Harness, get, panel, post};

/// Every route that works with the panel: method, path, form, and the action that it needs.
const ROUTES: [(&str, &str, &str, Action); 26] = [
    ("GET", "/", "", Action::ViewState),
    ("GET", "/agents", "", Action::ViewState),
    ("GET", "/settings", "", Action::ViewState),
    ("GET", "/no/such/page", "", Action::ViewState),
    ("GET", "/events", "", Action::ViewState),
    ("GET", "/events/numbers", "", Action::ViewNumbers),
    ("GET", "/events/agent/clawker.demo.dev", "", Action::ViewAgentDetails),
    ("GET", "/events/agent/clawker.demo.dev/page", "", Action::ViewAgentDetails),
    ("GET", "/logs/loki/stream", "", Action::ViewLogs),
    ("GET", "/logs/loki/download", "", Action::ViewLogs),
    ("POST", "/api/agent", "container=clawker.demo.dev&range=hour", Action::ViewAgentDetails),
    ("POST", "/api/agent-numbers", "range=hour", Action::ViewNumbers),
    ("POST", "/api/apply-settings", "query=grafana_port%3D3001&base=", Action::ChangeSettings),
    ("POST", "/api/cancel-job", "", Action::OperateStack),
    ("POST", "/api/dismiss-job", "", Action::OperateStack),
    ("POST", "/api/check-up", "", Action::OperateStack),
    ("POST", "/api/files", "", Action::ViewFiles),
    ("POST", "/api/initialize", "", Action::OperateStack),
    ("POST", "/api/look-at-port", "port=3000", Action::ViewSettings),
    ("POST", "/api/mend-settings", "text=a&base=b", Action::ChangeSettings),
    ("POST", "/api/preview-settings", "query=", Action::ViewSettings),
    ("POST", "/api/recent-logs", "service=loki&lines=5", Action::ViewLogs),
    ("POST", "/api/remove-stack-and-data", "", Action::RemoveData),
    ("POST", "/api/settings", "", Action::ViewSettings),
    ("POST", "/api/start-stack", "", Action::OperateStack),
    ("POST", "/api/stop-stack", "", Action::OperateStack),
];

/// The status of that route for a caller who may do these things. Does not wait for the end of a stream.
async fn status(
    panel: &Harness,
    (method, path, form, _): (&str, &str, &str, Action),
    allowed: &[Action],
) -> StatusCode {
    *panel.caller.lock().unwrap() = Caller::Limited(allowed.to_vec());
    if method == "GET" {
        // As a browser asks: a page is rendered even if some part of it is not available to this caller.
        return panel.open(get(path).header("accept", "text/html")).await.status();
    }
    panel.send(post(path), form).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_needs_its_own_action_and_no_other() {
    let panel = panel();
    panel.have_dev();
    panel.shown().await;
    for route in ROUTES {
        let needed = route.3;
        let others: Vec<Action> = Action::ALL.into_iter().filter(|action| *action != needed).collect();
        assert_eq!(status(&panel, route, &others).await, StatusCode::FORBIDDEN, "{route:?} without its action");
        let with_it = status(&panel, route, &[needed]).await;
        assert_ne!(with_it, StatusCode::FORBIDDEN, "{route:?} with its action");
        assert_ne!(with_it, StatusCode::BAD_REQUEST, "{route:?}: the test sends what the route does not understand");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_holds_every_server_function() {
    let _panel = panel();
    let known: BTreeSet<String> = ROUTES.iter().map(|(method, path, ..)| format!("{method} {path}")).collect();
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert!(known.contains(&format!("{method} {path}")), "{method} {path} is missing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_rights_changes_nothing_and_reads_only_the_health_check() {
    let panel = panel();
    for route in ROUTES {
        assert_eq!(status(&panel, route, &[]).await, StatusCode::FORBIDDEN, "{route:?}");
    }
    assert!(!panel.panel.installation.configuration.is_initialized());
    assert!(panel.panel.jobs.current().is_none());
    assert!(panel.engine.calls().is_empty());
    let refused = panel.get("/events").await;
    assert_eq!(refused.text, "you aren't allowed to see the stack\nhint: ask the owner of this panel\n");
    assert_eq!(panel.get("/healthz").await.status, StatusCode::OK);
}
