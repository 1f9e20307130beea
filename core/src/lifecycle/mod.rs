//! What has to be done to bring the stack up or down, as data: it can be shown before it runs, and tested without Docker.
//!
//! `Observed` is what the Engine was seen to hold, gathered once; `plan_up` and `plan_down` compare it with what should
//! be. Carrying a plan out is the server's business.

#[cfg(feature = "engine")]
mod observed;
#[cfg(feature = "engine")]
mod plan;
mod recreate;

#[cfg(feature = "engine")]
pub use observed::{Observed, ObservedContainer, ObservedNetwork};
#[cfg(feature = "engine")]
pub use plan::{DownPlan, ServiceAction, ServicePlan, UpPlan, plan_down, plan_up};
#[cfg(feature = "engine")]
pub(crate) use plan::{check_container, check_network};
pub use recreate::Recreate;

#[cfg(all(test, feature = "engine"))]
mod tests;
