//! The agents' pages: the list of all, and each looked at closely. Verdicts come with the live snapshot, numbers and
//! events with streams of their own.
//!
//! What is shown is decided by pure functions (`rows`, `query`, `totals`, `headline`, `events`); the views only set it.

mod cause;
mod detail;
mod egress;
mod events;
mod facts;
#[cfg(feature = "hydrate")]
mod follow;
mod headline;
mod list;
mod measures;
mod new_agents;
mod panels;
mod query;
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
use leptos_router::LazyRoute;

use crate::parts::{NotLoaded, page_or_note};
use detail::AgentPage;
use list::AgentsPage;

/// The route of the list. Its page is in a part of the WebAssembly of its own, together with that of one agent.
#[derive(Debug)]
pub struct AgentsRoute;

impl LazyRoute for AgentsRoute {
    fn data() -> Self {
        AgentsRoute
    }

    async fn view(_: Self) -> AnyView {
        page_or_note(agents_part(false).await)
    }
}

/// The route of one agent.
#[derive(Debug)]
pub struct AgentRoute;

impl LazyRoute for AgentRoute {
    fn data() -> Self {
        AgentRoute
    }

    async fn view(_: Self) -> AnyView {
        page_or_note(agents_part(true).await)
    }
}

/// The list, or one agent; in the browser, once their part is loaded.
#[wasm_split(agents, wasm_split_path = ::leptos::wasm_split, preload(load_part), fallible)]
pub fn agents_part(one: bool) -> Result<AnyView, NotLoaded> {
    Ok(match one {
        true => view! { <AgentPage /> }.into_any(),
        false => view! { <AgentsPage /> }.into_any(),
    })
}
