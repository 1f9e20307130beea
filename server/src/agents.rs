//! Gathers agents with their verdicts from the Engine, files, and the stores. Used by the live watch, the page of an agent and the
//! command line. `core` decides the verdict.

mod clawker_files;
mod collector_then;
mod file_cache;
mod losses;
mod page;
mod report;
mod verdict;

pub use collector_then::{collector_then, times_to_ask_about};
pub use file_cache::AgentFileCache;
pub use losses::losses;
pub use page::{numbers_until, page};
pub use report::{GatheredAgents, find_by_name, gather, gather_without_engine};
pub use verdict::{agent_with_verdict, all_agents, with_activity};
