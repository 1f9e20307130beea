//! What kind of value a key holds: what is allowed, and how it is spelt in the file.

use super::values::{BindAddress, HostName, ImageRef, Milliseconds, PlainText, Port, Retention, Switch, Url, UrlPath};

/// What kind of value a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text on one line.
    Text,
    /// The address of a server, `http://` or `https://`.
    Url,
    /// A host name.
    HostName,
    /// A TCP port.
    Port,
    /// An IP address to publish on.
    BindAddress,
    /// The path of an URL.
    UrlPath,
    /// A span of time in milliseconds.
    Milliseconds,
    /// How long something is kept, in days.
    Retention,
    /// `true` or `false`.
    Switch,
    /// An image reference.
    Image,
}

impl Kind {
    /// Says in one sentence what is wrong with a text of this kind.
    pub fn check(self, text: &str) -> Result<(), String> {
        self.canonical(text).map(drop)
    }

    /// The value as it is spelt when it is written: Go's YAML reads `yes` as a text and `010` as 8, so that a switch
    /// becomes `true` or `false` and a number loses its leading zeros. Equal values have equal spellings, but for
    /// a retention, where `2w` may stay two weeks.
    pub fn canonical(self, text: &str) -> Result<String, String> {
        match self {
            Kind::Port => text.parse::<Port>().map(|port| port.to_string()),
            Kind::Milliseconds => text.parse::<Milliseconds>().map(|interval| interval.count().to_string()),
            Kind::Switch => text.parse::<Switch>().map(|switch| switch.0.to_string()),
            Kind::BindAddress => text.parse::<BindAddress>().map(|address| address.0.to_string()),
            Kind::Text => as_written::<PlainText>(text),
            Kind::Url => as_written::<Url>(text),
            Kind::HostName => as_written::<HostName>(text),
            Kind::UrlPath => as_written::<UrlPath>(text),
            Kind::Retention => as_written::<Retention>(text),
            Kind::Image => as_written::<ImageRef>(text),
        }
    }
}

fn as_written<T: std::str::FromStr<Err = String>>(text: &str) -> Result<String, String> {
    text.parse::<T>().map(|_| text.to_owned())
}
