//! The built-in receiver: OTLP in, one SQLite file out.
//!
//! `otlp` reads and writes the protocol's messages, `mapping` turns them into records, `store` keeps those in a file, and
//! `http` answers the senders. Nothing here knows Docker, pages or settings. The clock is part of a store's
//! options.

pub mod http;
pub mod mapping;
pub mod otlp;
pub mod records;
pub mod store;

/// Nanoseconds since 1970.
pub type Nanoseconds = i64;
/// Reads the time in nanoseconds since 1970.
pub type Clock = fn() -> Nanoseconds;
