//! Value types that can't hold invalid values. Each parses itself from text; the error says in one sentence what is
//! valid.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// A TCP port, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Port(std::num::NonZeroU16);

impl Port {
    /// The port number.
    pub const fn number(self) -> u16 {
        self.0.get()
    }
}

impl FromStr for Port {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Port).map_err(|_| format!("`{text}` is not a valid port; enter a number from 1 to 65535"))
    }
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A duration in milliseconds, 100 ms to 1 day. A shorter interval would flood the collector; a longer one would lose
/// short sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Milliseconds(u32);

impl Milliseconds {
    /// The number of milliseconds.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl FromStr for Milliseconds {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(count @ 100..=86_400_000) => Ok(Milliseconds(count)),
            _ => Err(format!("`{text}` is not a valid interval; enter 100 to 86400000 milliseconds")),
        }
    }
}

/// A retention in whole days, 1 to 3650.
///
/// Loki deletes by the day (3.7 limits.go: retention_period of at least 24 h), so days are the unit; weeks and years
/// are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Retention(u32);

impl Retention {
    /// The number of days.
    pub const fn days(self) -> u32 {
        self.0
    }
}

impl FromStr for Retention {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let days = |number: &str, each: u32| number.parse::<u32>().ok()?.checked_mul(each);
        let parsed = match text.char_indices().last() {
            Some((at, 'd')) => days(&text[..at], 1),
            Some((at, 'w')) => days(&text[..at], 7),
            Some((at, 'y')) => days(&text[..at], 365),
            _ => None,
        };
        match parsed {
            Some(days @ 1..=3650) => Ok(Retention(days)),
            _ => Err(format!(
                "`{text}` is not a valid retention; enter `1d` to `3650d`, or use weeks or years (`8w`, `1y`)"
            )),
        }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}d", self.0)
    }
}

/// The path of a URL, for example `/v1/metrics`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UrlPath(String);

impl UrlPath {
    /// The path, with its leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UrlPath {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-._~".contains(letter);
        let Some(rest) = text.strip_prefix('/').filter(|rest| rest.chars().all(plain)) else {
            return Err(format!(
                "`{text}` is not a valid path; start with `/` and use only letters, digits, and `-._~/`"
            ));
        };
        // The collector redirects such requests to the path without these parts, where it does not listen (Go's ServeMux).
        if text.contains("//") || rest.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(format!("`{text}` is not a valid path; no request reaches a path with `//`, `/./`, or `/../`"));
        }
        Ok(UrlPath(text.to_owned()))
    }
}

/// A host name on the container network, which is also an alias of the collector.
pub(super) struct HostName(pub(super) String);

impl FromStr for HostName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
        if text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.chars().all(plain) && text.len() <= 253
        {
            Ok(HostName(text.to_owned()))
        } else {
            Err(format!(
                "`{text}` is not a valid host name; use letters, digits, and `-._`, starting with a letter or digit"
            ))
        }
    }
}

/// Text on one line.
pub(super) struct PlainText(pub(super) String);

impl FromStr for PlainText {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.chars().any(char::is_control) {
            Err("control characters such as line breaks are not allowed".into())
        } else {
            Ok(PlainText(text.to_owned()))
        }
    }
}

/// A server URL to which paths are appended.
pub(super) struct Url(pub(super) String);

impl FromStr for Url {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        let plain = |letter: char| letter.is_ascii_graphic() && !"\"'\\<>`".contains(letter);
        match rest {
            Some(rest) if rest.starts_with(|first| first != '/') && rest.chars().all(plain) => Ok(Url(text.to_owned())),
            _ => Err(format!("`{text}` is not a valid server URL; use a form like `https://otel.example:4318`")),
        }
    }
}

/// The address on which ports are published.
pub(super) struct BindAddress(pub(super) IpAddr);

impl FromStr for BindAddress {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
        let parsed: Result<IpAddr, _> = address.parse();
        let advice = "use `127.0.0.1` for this machine only or `0.0.0.0` for all interfaces";
        match parsed {
            Ok(address) if is_link_local(address) => Err(format!(
                "`{text}` is a link-local address, which is only valid with a zone, and Docker can't publish ports on a zone; {advice}"
            )),
            Ok(IpAddr::V4(Ipv4Addr::BROADCAST)) => {
                Err(format!("`{text}` is the broadcast address, which can't receive connections; {advice}"))
            }
            Ok(address) if address.is_multicast() => {
                Err(format!("`{text}` is a multicast address, which can't receive connections; {advice}"))
            }
            Ok(address) if zone.is_none() => Ok(BindAddress(address)),
            _ => Err(format!("`{text}` is not an IP address; {advice}")),
        }
    }
}

/// IPv6 addresses of one network segment, `fe80::/10`. IPv4's (`169.254.0.0/16`) need no zone.
fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.segments()[0] & 0xffc0 == 0xfe80)
}

/// A boolean, in every spelling that Go's YAML parser accepts.
pub(super) struct Switch(pub(super) bool);

impl FromStr for Switch {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Ok(Switch(true)),
            "false" | "no" | "off" | "n" => Ok(Switch(false)),
            _ => Err(format!("`{text}` is not valid; enter `true` or `false`")),
        }
    }
}
