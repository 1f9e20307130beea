//! What has to be done to bring the stack up or down, as data: it can be shown before it runs, and tested without Docker.
//!
//! `Observed` is what the Engine was seen to hold, gathered once; `plan_up` and `plan_down` compare it with what should
//! be. Carrying a plan out is the server's business.

mod observed;
mod plan;

pub use observed::{Observed, ObservedContainer, ObservedNetwork};
pub use plan::{DownPlan, Recreate, ServiceAction, ServicePlan, UpPlan, plan_down, plan_up};
pub(crate) use plan::{check_container, check_network};

#[cfg(test)]
mod tests;
