//! Resource attributes as Claude Code reads them from `OTEL_RESOURCE_ATTRIBUTES`.
//!
//! Source: OpenTelemetry's environment detector for JavaScript; what older releases do with it, by running them.

use percent_encoding::percent_decode_str;

use super::release::{Behavior, NON_ASCII_VOIDS, Release, ReleaseRule, SPACE_VOIDS};
use crate::telemetry::Owner;

/// The value of a key, with percent-encoding resolved. If a key occurs several times, the last one counts.
pub(super) fn attribute(attributes: &str, key: &str) -> Option<String> {
    // A part that is not one key and one value is passed over.
    let pairs = attributes.split(',').filter_map(|pair| pair.split_once('=')).filter(|(_, value)| !value.contains('='));
    let value = pairs.filter(|(name, _)| decoded(name.trim()) == key).map(|(_, value)| value.trim()).next_back()?;
    Some(decoded(value))
}

/// Text that is not valid after decoding stays as it is.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// The project and agent in these attributes.
pub(super) fn owner_of(attributes: &str) -> Owner {
    Owner::new(attribute(attributes, "project").as_deref(), attribute(attributes, "agent").as_deref())
}

/// An attribute because of which Claude Code uses none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VoidingAttribute {
    /// The attribute as it is written.
    pub pair: String,
    /// What is wrong with it, and for which releases, as a clause.
    pub what: String,
    /// How to write it instead.
    pub instead: String,
    /// Whether it depends on the release, and this one is unknown or was not run.
    pub depends: bool,
    /// Whether to take it for the cause.
    pub certain: bool,
}

/// The first attribute that voids all, or may do so, in this release.
pub(super) fn voiding_attribute(attributes: &str, release: Option<Release>) -> Option<VoidingAttribute> {
    let parts = attributes.split(',').map(str::trim).filter(|part| !part.is_empty());
    // One that certainly voids all matters more than one that may.
    parts.filter_map(|part| voids(part, release)).min_by_key(|found| !found.certain)
}

fn voids(part: &str, release: Option<Release>) -> Option<VoidingAttribute> {
    let by_release = |rule: &ReleaseRule, what: &str| {
        let behavior = rule.behavior(release);
        (behavior != Behavior::New).then(|| VoidingAttribute {
            pair: part.to_owned(),
            what: format!("has {what}, and then Claude Code up to `{}` drops all attributes", rule.old_until),
            instead: encoded(part),
            depends: behavior != Behavior::Old,
            certain: behavior != Behavior::NotTested,
        })
    };
    if !part.is_ascii() {
        return by_release(&NON_ASCII_VOIDS, "a letter beyond ASCII");
    }
    let (name, value) = part.split_once('=').map_or((part, ""), |(name, value)| (name.trim(), value.trim()));
    if name.chars().chain(value.chars()).any(|letter| letter.is_ascii_whitespace() || letter.is_ascii_control()) {
        return by_release(&SPACE_VOIDS, "a space");
    }
    None
}

fn encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const SPECIAL: &AsciiSet = &CONTROLS.add(b' ');
    utf8_percent_encode(text, SPECIAL).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_decoded_and_the_last_of_a_key_counts() {
        let owner = |text: &str| owner_of(text);
        assert_eq!(owner("project=my%20app, agent = dev "), Owner::new(Some("my app"), Some("dev")));
        assert_eq!(owner("agent=a,agent=b"), Owner::new(None, Some("b")));
        assert_eq!(owner("agent=%zz%FF"), Owner::new(None, Some("%zz%FF")));
        assert_eq!(owner("agent"), Owner::default());
        assert_eq!(owner(""), Owner::default());
    }

    #[test]
    fn releases_void_all_attributes_because_of_one() {
        let voids = |text: &str, release: &str| {
            let found = voiding_attribute(text, Release::parse(release))?;
            Some((found.instead, found.certain))
        };
        let space = "project=p,team.name=Blue Team";
        let encoded = "team.name=Blue%20Team".to_owned();
        assert_eq!(voids(space, "2.1.191"), Some((encoded.clone(), true)));
        assert_eq!(voids(space, ""), Some((encoded.clone(), true)));
        assert_eq!(voids(space, "2.1.200"), Some((encoded, false)));
        assert_eq!(voids(space, "2.1.252"), None);
        assert_eq!(voids("team=한", "2.1.100"), Some(("team=%ED%95%9C".into(), true)));
        assert_eq!(voids("team=한", "2.1.330"), None);
        assert_eq!(voids("project=p, agent = a ,", "2.1.100"), None, "spaces around an attribute are removed");
        for text in ["a=b=c", "a=100%", "a=%FF", "a"] {
            assert_eq!(voids(text, "2.1.332"), None, "{text}");
        }
    }
}
