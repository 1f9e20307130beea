//! Agents with their verdicts: from what the Engine and the stores say to what people see. Used by the live watch, the
//! page of one agent and the command line. The verdict itself is decided in `core`.

mod file_cache;
mod judged;
mod page;
mod report;

pub use file_cache::AgentFileCache;
pub use judged::judged_agent;
pub use page::page;
pub use report::{Gathered, find_by_name, gather, report};
