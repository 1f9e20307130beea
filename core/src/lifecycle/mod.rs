//! What has to be done to start or stop the stack, as data that can be shown before it runs and tested without Docker.
//!
//! `Observed` is the state of the Engine, read once; `plan_up` and `plan_down` compare it with the wanted state. The
//! server carries plans out.

#[cfg(feature = "engine")]
mod observed;
#[cfg(feature = "engine")]
mod plan;
mod recreate;

#[cfg(feature = "engine")]
pub use observed::{Observed, ObservedContainer, ObservedNetwork, containers_of};
#[cfg(feature = "engine")]
pub use plan::{DownPlan, Leftover, ServiceAction, ServicePlan, StopPlan, UpPlan, plan_down, plan_up};
#[cfg(feature = "engine")]
pub(crate) use plan::{check_container, check_folder, check_network, other_folder_of};
pub use recreate::Recreate;

#[cfg(all(test, feature = "engine"))]
mod tests;
