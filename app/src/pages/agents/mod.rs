//! The agent pages: the list, and the page of one agent. Verdicts arrive with the live snapshot; numbers and events have
//! streams of their own.
//!
//! Pure functions decide what is shown (`rows`, `query`, `totals`, `headline`, `events`); the views only lay it out.

mod cause;
mod cost_chart;
mod detail;
mod egress;
mod events;
mod facts;
mod headline;
mod list;
mod list_context;
mod measures;
mod new_agents;
#[cfg(feature = "hydrate")]
mod numbers_stream;
mod opening;
mod panels;
mod query;
mod range_tabs;
mod refresh;
mod row_focus;
mod row_view;
mod rows;
mod sessions;
mod stores;
mod table;
#[cfg(test)]
mod tests;
mod timeline;
mod toolbar;
mod totals;
mod variables;

use leptos::{prelude::*, wasm_split::wasm_split};

use crate::parts::NotLoaded;
use detail::AgentPage;
use list::AgentsPage;

/// The list. In the browser it is loaded with its part of the WebAssembly.
#[wasm_split(agents, wasm_split_path = ::leptos::wasm_split, preload(load_part), fallible)]
pub fn agents_part() -> Result<AnyView, NotLoaded> {
    Ok(view! { <AgentsPage /> }.into_any())
}

/// The page of one agent, in a part of its own.
#[wasm_split(agent, wasm_split_path = ::leptos::wasm_split, preload(load_agent_part), fallible)]
pub fn agent_part() -> Result<AnyView, NotLoaded> {
    Ok(view! { <AgentPage /> }.into_any())
}
