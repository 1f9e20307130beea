//! The agents' pages: the list of all, and each looked at closely. Verdicts come with the live snapshot, numbers and
//! events with streams of their own.
//!
//! What is shown is decided by pure functions (`rows`, `query`, `totals`, `headline`, `events`); the views only set it.

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
