//! Resource attributes as Claude Code reads them from `OTEL_RESOURCE_ATTRIBUTES`.
//!
//! Source: OpenTelemetry's environment detector for JavaScript; what older releases do with it, by running them.

use percent_encoding::percent_decode_str;

use super::release::{
    BAD_ESCAPE_VOIDS, Behavior, NON_ASCII_VOIDS, ODD_PART_IGNORED, ODD_PART_VOIDS, Release, ReleaseRule, SPACE_VOIDS,
};
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
    /// How to write it instead; `None` if it has to go.
    pub instead: Option<String>,
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
    let found = |what: &str, since: &str, rule: &ReleaseRule, instead: Option<String>| {
        let behavior = rule.behavior(release);
        (behavior != Behavior::New).then(|| VoidingAttribute {
            pair: part.to_owned(),
            what: format!("has {what}, and then Claude Code {since}`{}` drops all attributes", rule.old_until),
            instead,
            depends: behavior != Behavior::Old,
            certain: behavior == Behavior::Old,
        })
    };
    // Without a known release, the older one is assumed for what only older ones can't read.
    let is_unknown = release.is_none();
    let of_older = |what: &str, rule: &ReleaseRule| {
        let found = found(what, "up to ", rule, Some(encoded(part)))?;
        Some(VoidingAttribute { certain: found.certain || is_unknown, ..found })
    };
    let (name, value) = part.split_once('=').map_or((part, ""), |(name, value)| (name.trim(), value.trim()));
    let has = |is_it: &dyn Fn(char) -> bool| name.chars().chain(value.chars()).any(is_it);
    let older = match () {
        () if !part.is_ascii() => of_older("a letter beyond ASCII", &NON_ASCII_VOIDS),
        () if has(&|letter| letter.is_ascii_whitespace() || letter.is_ascii_control()) => {
            of_older("a space", &SPACE_VOIDS)
        }
        () if has(&|letter| matches!(letter, ';' | '\\')) => of_older("a `;` or a backslash", &SPACE_VOIDS),
        () => None,
    };
    if older.is_some() {
        return older;
    }
    if value.contains('=') || !part.contains('=') {
        let (what, instead) = if part.contains('=') {
            ("more than one `=`", Some(format!("{name}={}", value.replace('=', "%3D"))))
        } else {
            ("no `=`", None)
        };
        let since = format!("from `{}` to ", ODD_PART_IGNORED.new_from);
        let odd = found(what, &since, &ODD_PART_VOIDS, instead)?;
        return match ODD_PART_IGNORED.behavior(release) {
            Behavior::Old => None,
            Behavior::NotTested => Some(VoidingAttribute { depends: true, certain: false, ..odd }),
            Behavior::New | Behavior::Unknown => Some(odd),
        };
    }
    let is_bad = has_bad_escape(value) || percent_decode_str(value).decode_utf8().is_err();
    let instead = format!("{name}={}", value.replace('%', "%25"));
    is_bad.then(|| found("a `%` that encodes no character", "up to ", &BAD_ESCAPE_VOIDS, Some(instead))).flatten()
}

/// Whether a `%` is not followed by two hexadecimal digits.
fn has_bad_escape(text: &str) -> bool {
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    text.split('%').skip(1).any(|rest| !is_escape(rest))
}

fn encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const SPECIAL: &AsciiSet = &CONTROLS.add(b' ').add(b';').add(b'\\');
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
            Some((found.instead.unwrap_or_default(), found.certain))
        };
        let space = "project=p,team.name=Blue Team";
        let encoded = "team.name=Blue%20Team".to_owned();
        assert_eq!(voids(space, "2.1.191"), Some((encoded.clone(), true)));
        assert_eq!(voids(space, ""), Some((encoded.clone(), true)));
        assert_eq!(voids(space, "2.1.200"), Some((encoded, false)));
        assert_eq!(voids(space, "2.1.252"), None);
        assert_eq!(voids("team=한", "2.1.100"), Some(("team=%ED%95%9C".into(), true)));
        assert_eq!(voids("team=한", "2.1.252"), None);
        assert_eq!(voids("a=b;c", "2.1.191"), Some(("a=b%3Bc".into(), true)));
        assert_eq!(voids("project=p, agent = a ,", "2.1.100"), None, "spaces around an attribute are removed");
        for (text, instead, in_older) in
            [("a=b=c", "a=b%3Dc", false), ("a", "", false), ("a=100%", "a=100%25", true), ("a=%FF", "a=%25FF", true)]
        {
            let found = |certain| Some((instead.to_owned(), certain));
            assert_eq!(voids(text, "2.1.191"), in_older.then(|| found(true)).flatten(), "{text}");
            assert_eq!(voids(text, "2.1.252"), found(true), "{text}");
            assert_eq!(voids(text, "2.1.290"), found(true), "{text}");
            assert_eq!(voids(text, "2.1.300"), found(false), "{text}");
            assert_eq!(voids(text, ""), found(false), "{text}");
            assert_eq!(voids(text, "2.1.330"), None, "{text}");
        }
    }
}
