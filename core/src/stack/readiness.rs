//! How each service is asked whether it is ready. "The container is up" is never an answer.

/// A request from the host whose answer says whether a service is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// The published port on the host.
    pub port: u16,
    /// The path, as `/-/ready`.
    pub path: String,
    /// What to send and what to expect.
    pub expect: Expectation,
}

/// What to send and what to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// `GET`, any 2xx.
    GetOk,
    /// `POST` an empty OTLP/JSON body, any 2xx: the receiver and the pipeline behind it take data.
    PostEmptyOtlp,
}
