//! The receiver as senders see it: over sockets, on files, through crashes.

mod bad_input;
mod client;
mod crashes;
mod disk;
mod erasing;
mod files;
mod fixtures;
mod grpc;
mod ledgers;
mod metrics;
mod mutations;
mod protocol;
mod server;
mod telemetry;
