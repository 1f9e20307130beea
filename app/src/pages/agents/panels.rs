//! Panels of the dashboard, shown in place where Grafana allows it, with plain links otherwise.

use leptos::prelude::*;
use monitor_core::{
    dashboard::PanelId,
    links::{About, Links, selector},
};

use crate::charts::figure::way;

const PANELS: [(PanelId, &str); 6] = [
    (PanelId::CostOverTime, "Cost over time"),
    (PanelId::TokensByType, "Tokens by type"),
    (PanelId::ToolActivity, "Tool activity"),
    (PanelId::ToolFailures, "Tool failures"),
    (PanelId::RequestDuration, "Request duration"),
    (PanelId::LinesOverTime, "Lines over time"),
];

/// The card's contents.
pub fn panels(links: &Links, about: &About, embedding: bool) -> AnyView {
    let plain = PANELS
        .into_iter()
        .map(|(panel, title)| view! { <li>{way(links.panel(panel, about), title, String::new())}</li> })
        .collect_view();
    let counter = selector("claude_code_cost_usage_USD_total", about);
    let metrics = way(links.metric(&counter, about), "Metrics", "Metrics in Grafana’s Explore".into());
    let prometheus = way(links.prometheus(&counter, about.range), "Prometheus", "Prometheus: its cost counter".into());
    let shown = embedding.then(|| {
        let frames = PANELS.into_iter().map(|(panel, title)| frame(links, about, panel, title)).collect_view();
        view! {
            <details class="embedded-panels">
                <summary>"Show panels here"</summary>
                <div>{frames}</div>
            </details>
        }
    });
    let why = (!embedding).then(|| {
        view! { <p class="muted">"Grafana does not let its panels be shown within other pages, so these open it."</p> }
    });
    view! {
        <ul class="external-links">{plain} <li>{metrics}</li> <li>{prometheus}</li></ul>
        {why}
        {shown}
    }
    .into_any()
}

/// Loaded only once it can be seen, and of the two schemes only the one that is.
fn frame(links: &Links, about: &About, panel: PanelId, title: &'static str) -> AnyView {
    let frame = |dark: bool| {
        let scheme = if dark { "dark" } else { "light" };
        links.solo(panel, about, dark).href.map(|address| {
            let frame = view! { <iframe src=address title=title data-scheme=scheme></iframe> };
            frame.attr("loading", "lazy")
        })
    };
    view! { {frame(false)} {frame(true)} }.into_any()
}
