//! The stack page: the state of the stack, the next step, the services, and the checks.

mod actions;
mod checks;
mod flow;
mod headline;
mod page;
mod row;
mod services;

pub use page::StackPage;
pub use services::state_dot;

#[cfg(test)]
mod tests;
