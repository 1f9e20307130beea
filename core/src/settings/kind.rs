//! The kinds of values: what is valid, and how it is written to the file.

use super::{
    image::ImageRef,
    values::{BindAddress, HostName, Milliseconds, PlainText, Port, Retention, Switch, Url, UrlPath},
};

/// The kind of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text on one line.
    Text,
    /// A server URL, `http://` or `https://`.
    Url,
    /// A host name.
    HostName,
    /// A TCP port.
    Port,
    /// An IP address to publish ports on.
    BindAddress,
    /// The path of a URL.
    UrlPath,
    /// A duration in milliseconds.
    Milliseconds,
    /// A retention in days.
    Retention,
    /// `true` or `false`.
    Switch,
    /// An image reference.
    Image,
}

impl Kind {
    /// Checks a value of this kind.
    ///
    /// # Errors
    /// What is wrong, in one sentence.
    pub fn check(self, text: &str) -> Result<(), String> {
        self.canonical(text).map(drop)
    }

    /// The canonical spelling, which is written to the file. Go's YAML parser reads `yes` as text and `010` as 8, so
    /// switches become `true` or `false` and numbers lose leading zeros. Equal values have equal spellings, except that
    /// a retention may stay `2w`.
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
