//! The real binary on the real Engine, with stand-in images: the commands and their errors. The stack's container names
//! are fixed, so these tests run one at a time and need an Engine without a stack.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod agents;
mod bad_input;
mod cast;
mod compose;
mod disk;
mod doctor;
mod installation;
mod operator;
mod other_stacks;
mod panel;
mod process;
mod receiving;
mod settings;
mod settings_bad_input;
mod stack;
mod two_at_once;
