//! The work on the stack, a module for each action. The command line and the panel call the same functions; where
//! progress goes and how the work is canceled is the job's business.

pub mod apply;
mod initialize;
mod start;
mod stop;

pub use apply::Apply;
pub use initialize::initialize;
pub use start::start;
pub use stop::stop;
