//! The agent pages: the list, and the page of one agent. Verdicts arrive with the live snapshot; numbers and events have
//! streams of their own.
//!
//! Pure functions decide what is shown (`rows`, `query`, `totals`, `headline`, `events`); the views only lay it out.

mod cause;
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

/// The pages in this part of the WebAssembly.
#[derive(Debug, Clone, Copy)]
pub enum AgentsPart {
    /// The list.
    List,
    /// One agent.
    OneAgent,
}

/// One of the pages. In the browser they are loaded with their part of the WebAssembly.
#[wasm_split(agents, wasm_split_path = ::leptos::wasm_split, preload(load_part), fallible)]
pub fn agents_part(page: AgentsPart) -> Result<AnyView, NotLoaded> {
    Ok(match page {
        AgentsPart::List => view! { <AgentsPage /> }.into_any(),
        AgentsPart::OneAgent => view! { <AgentPage /> }.into_any(),
    })
}
