//! The actions on the stack, one module for each. The command line and the panel call the same functions. The job decides
//! where progress is reported and when work is canceled. Whoever starts an action gets the lock for it first (`Request`).

pub mod apply;
mod initialize;
mod request;
mod start;
mod stop;

pub use apply::Apply;
pub use initialize::initialize;
pub use request::Request;
pub use start::start;
pub use stop::stop;
