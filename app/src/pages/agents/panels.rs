//! Panels of the dashboard: embedded where Grafana allows it, links otherwise.

use leptos::prelude::*;
use monitor_core::{
    dashboard::PanelId,
    links::{LinkContext, Links, selector},
};

use crate::charts::figure::external_link;

const PANELS: [(PanelId, &str); 6] = [
    (PanelId::CostOverTime, "Cost over time"),
    (PanelId::TokensByType, "Tokens by type"),
    (PanelId::ToolActivity, "Tool activity"),
    (PanelId::ToolFailures, "Tool failures"),
    (PanelId::RequestDuration, "Request duration"),
    (PanelId::LinesOverTime, "Lines over time"),
];

/// The card's contents.
pub fn panels(links: &Links, about: &LinkContext, embedding: bool) -> AnyView {
    let plain = PANELS
        .into_iter()
        .map(|(panel, title)| view! { <li>{external_link(links.panel(panel, about), title, String::new())}</li> })
        .collect_view();
    let counter = selector("claude_code_cost_usage_USD_total", about);
    let metrics = external_link(links.metric(&counter, about), "Metrics", "Metrics in Grafana Explore".into());
    let prometheus =
        external_link(links.prometheus(&counter, about.range), "Prometheus", "Cost counter in Prometheus".into());
    let shown = embedding.then(|| {
        let frames = PANELS.into_iter().map(|(panel, title)| frame(links, about, panel, title)).collect_view();
        view! {
            <details class="embedded-panels">
                <summary>"Show panels here"</summary>
                <div>{frames}</div>
            </details>
        }
    });
    // Without Grafana, the links say themselves what they need.
    let is_running = links.panel(PanelId::CostOverTime, about).href.is_some();
    let why = (is_running && !embedding).then(|| {
        view! { <p class="muted">"This Grafana does not allow embedding, so the links open it."</p> }
    });
    view! {
        <ul class="external-links">{plain} <li>{metrics}</li> <li>{prometheus}</li></ul>
        {why}
        {shown}
    }
    .into_any()
}

/// Two frames, one for each color scheme; the stylesheet hides one. A frame loads when it becomes visible.
fn frame(links: &Links, about: &LinkContext, panel: PanelId, title: &'static str) -> AnyView {
    let frame = |dark: bool| {
        let scheme = if dark { "dark" } else { "light" };
        links.solo(panel, about, dark).href.map(|address| {
            let frame = view! { <iframe src=address title=title data-scheme=scheme></iframe> };
            frame.attr("loading", "lazy")
        })
    };
    view! { {frame(false)} {frame(true)} }.into_any()
}
