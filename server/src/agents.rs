//! Agents, gathered and judged: from what the Engine and the stores say to what people see. Used by the live watch, by
//! the page of one agent and by the command line alike. The verdict itself is `core`'s.

mod details;
mod page;
mod report;
mod standing;

pub use details::Details;
pub use page::page;
pub use report::{Gathered, gather, named, report};
pub use standing::agent;
