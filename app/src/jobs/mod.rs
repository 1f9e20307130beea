//! Everything that starts a job or shows one: the buttons, the progress, and the outcome. Knows no page.

mod command;
mod command_form;
mod headline;
mod outcome;
mod progress;
mod situation;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use command_form::{CommandButton, CommandRefusal, Commands};
pub use headline::{JobHeadline, job_headline};
pub use outcome::Outcome;
pub use progress::{JobAtWork, Progress, thousandths};
pub use situation::Situation;
