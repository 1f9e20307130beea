//! The stack page: how it stands, the one next step, and every service with its evidence.

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
