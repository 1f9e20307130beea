//! The real binary on the real Engine, with stand-in images: what a person does on the command line, and what goes
//! wrong there. The stack's container names are fixed, so these tests run one after the other and need an Engine
//! without a stack.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod agents;
mod bad_input;
mod cast;
mod compose;
mod disk;
mod doctor;
mod installation;
mod process;
mod settings;
mod settings_bad_input;
mod stack;
