//! Everything that shows or starts a job: its progress, how it ended, and the buttons.

mod outcome;
mod progress;
mod verbs;

pub use outcome::Outcome;
#[cfg(test)]
pub use outcome::outcome_title;
#[cfg(test)]
pub use progress::bar;
pub use progress::{JobAtWork, Progress, thousandths};
pub use verbs::{Refusal, Verb, VerbForm, Verbs, post, refused};
