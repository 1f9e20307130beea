//! Builds queries for Grafana's Explore and the URL that runs them.

use super::{
    LinkContext,
    address::{Address, quoted},
};
use crate::{
    dashboard::{datasource::Source, simulated},
    telemetry::{CLAUDE_CODE_SERVICE, Owner, Range},
};

/// The URL of Explore with one query. `old`: before Grafana 10, which only supports `left`.
pub(super) fn address(base: &str, old: bool, source: Source, expression: &str, range: Range) -> String {
    let how = match source {
        Source::Loki => r#","queryType":"range"}"#,
        Source::Prometheus => r#","range":true,"instant":false}"#,
    };
    let uid = quoted(source.uid());
    let (datasource, kind, expression) = (&uid, quoted(source.kind()), quoted(expression));
    let pane = [
        r#"{"datasource":"#,
        datasource,
        r#","queries":[{"refId":"A","datasource":{"type":"#,
        &kind,
        r#","uid":"#,
        &uid,
        r#"},"expr":"#,
        &expression,
        how,
        r#"],"range":{"from":"now-"#,
        range.name(),
        r#"","to":"now"}}"#,
    ]
    .concat();
    let explore = Address::at(base, "/explore");
    if old {
        explore.pair("orgId", "1").pair("left", &pane).done()
    } else {
        let panes = [r#"{"a":"#, &pane, "}"].concat();
        explore.pair("schemaVersion", "1").pair("orgId", "1").pair("panes", &panes).done()
    }
}

/// The LogQL query for the link's events. Labels are compared after the pipe, as in the dashboard: that finds them as
/// labels and, in older data, as metadata.
pub(super) fn events(about: &LinkContext) -> String {
    let mut lines = ["{service_name=", &quoted(CLAUDE_CODE_SERVICE), "}"].concat();
    for (name, value) in matches(about) {
        lines.push_str(&[" | ", name, "=", &quoted(value)].concat());
    }
    lines
}

/// `metric{project="…",agent="…",session_id="…"}`.
pub(super) fn selector(metric: &str, about: &LinkContext) -> String {
    let matchers: Vec<String> =
        matches(about).into_iter().map(|(name, value)| [name, "=", &quoted(value)].concat()).collect();
    [metric, "{", &matchers.join(","), "}"].concat()
}

/// Label and value pairs for owner and session; real data has no label `clawker_simulated`. An agent without a project has an empty label; untagged data has two
/// empty labels; the default owner has no pairs.
fn matches(about: &LinkContext) -> Vec<(&'static str, &str)> {
    let Owner { project, agent } = &about.owner;
    let without_project = (about.untagged || agent.is_some()).then_some("");
    let without_agent = about.untagged.then_some("");
    [
        ("project", project.as_deref().or(without_project)),
        ("agent", agent.as_deref().or(without_agent)),
        ("session_id", about.session.as_deref()),
        ("clawker_simulated", Some(if about.simulated { simulated::ONLY } else { "" })),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// The tags for Jaeger's search, as JSON; `None` for all owners.
pub(super) fn tags(owner: &Owner) -> Option<String> {
    let tag = |name: &str, value: &Option<String>| Some([&quoted(name), ":", &quoted(value.as_deref()?)].concat());
    let tags: Vec<String> =
        [tag("project", &owner.project), tag("agent", &owner.agent)].into_iter().flatten().collect();
    (!tags.is_empty()).then(|| ["{", &tags.join(","), "}"].concat())
}
