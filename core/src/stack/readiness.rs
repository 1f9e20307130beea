//! How to check whether each service is ready. A running container alone is not ready.

/// A request from the host whose answer tells whether a service is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// The published port on the host.
    pub port: u16,
    /// The URL path, for example `/-/ready`.
    pub path: String,
    /// The request to send and the answer to expect.
    pub expect: Expectation,
}

/// The request to send and the answer to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// `GET`; any 2xx is ready.
    GetOk,
    /// `POST` with an empty OTLP/JSON body; any 2xx is ready, because the receiver and its pipeline accept data.
    PostEmptyOtlp,
}
