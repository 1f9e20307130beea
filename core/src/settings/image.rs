//! References to images, as Docker reads them.
//!
//! Source: github.com/distribution/reference, `reference.go` (the grammar) and `normalize.go` (which part is a registry).

use std::{fmt, net::Ipv6Addr, str::FromStr};

use serde::{Deserialize, Serialize};

/// In bytes; Docker rejects longer names.
const LONGEST_NAME: usize = 255;
/// In bytes.
const LONGEST_TAG: usize = 128;

/// An image reference, for example `registry:5000/grafana/loki:3.7.0@sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ImageRef(String);

impl ImageRef {
    /// The reference as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the other reference names the same image. Podman writes `docker.io/grafana/loki:3.7.0` where Docker writes
    /// `grafana/loki:3.7.0`, and leaves out the tag beside a digest.
    pub fn names_same_image(&self, other: &str) -> bool {
        Parts::of(&self.0).what_they_name() == Parts::of(other).what_they_name()
    }
}

impl FromStr for ImageRef {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let lowercase = Parts::of(text).with_lowercase_repository();
        match (Parts::of(text).are_valid(), Parts::of(&lowercase).are_valid()) {
            (true, _) => Ok(ImageRef(text.to_owned())),
            (false, true) => {
                Err(format!("`{text}` is not a valid image; the repository must be lowercase, as in `{lowercase}`"))
            }
            (false, false) => {
                Err(format!("`{text}` is not a valid image; use `[registry/]name[:tag][@sha256:digest]`"))
            }
        }
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `registry/repository:tag@digest`, not checked yet.
struct Parts<'a> {
    registry: Option<&'a str>,
    repository: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Parts<'a> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        // A colon before a slash belongs to the registry's port.
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        // Like Docker: without a dot or a port, the first part is a folder on Docker Hub.
        let (registry, repository) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
            _ => (None, name),
        };
        Parts { registry, repository, tag, digest }
    }

    /// Registry, repository, and the digest or the tag.
    fn what_they_name(&self) -> (Option<&'a str>, &'a str, &'a str) {
        let registry = self.registry.filter(|registry| !matches!(*registry, "docker.io" | "index.docker.io"));
        let repository = match registry {
            Some(_) => self.repository,
            None => self.repository.strip_prefix("library/").unwrap_or(self.repository),
        };
        (registry, repository, self.digest.or(self.tag).unwrap_or("latest"))
    }

    fn are_valid(&self) -> bool {
        let length = self.registry.map_or(0, |registry| registry.len() + 1) + self.repository.len();
        // Docker reads 64 hexadecimal digits as the ID of an image.
        let is_id = self.registry.is_none() && is_hex(self.repository, 64);
        self.registry.is_none_or(is_registry)
            && self.repository.split('/').all(is_repository_part)
            && length <= LONGEST_NAME
            && !is_id
            && self.tag.is_none_or(is_tag)
            && self.digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(|hex| is_hex(hex, 64)))
    }

    fn with_lowercase_repository(&self) -> String {
        let mut text = self.registry.map(|registry| format!("{registry}/")).unwrap_or_default();
        text.push_str(&self.repository.to_ascii_lowercase());
        text.extend(self.tag.map(|tag| format!(":{tag}")));
        text.extend(self.digest.map(|digest| format!("@{digest}")));
        text
    }
}

/// A host name or address with an optional port. Both cases are allowed.
fn is_registry(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_host = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.split('.').all(is_label),
    };
    is_host && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Lowercase letters and digits, separated by a dot, one or two underscores, or any number of dashes.
fn is_repository_part(text: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let are_separators_valid = text
        .split(is_word)
        .all(|between| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'));
    text.starts_with(is_word) && text.ends_with(is_word) && are_separators_valid
}

fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= LONGEST_TAG
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        text.parse::<ImageRef>().expect_err(text)
    }

    #[test]
    fn references_that_docker_accepts_are_valid() {
        let digest = "a".repeat(64);
        for text in [
            "loki".to_owned(),
            "grafana/loki:3.7.0".to_owned(),
            "grafana/loki:V3-RC_1".to_owned(),
            "Registry.Example:5000/team/a__b/c--d.e:3".to_owned(),
            "localhost/x".to_owned(),
            "127.0.0.1:5000/x".to_owned(),
            "[::1]:5000/x/y".to_owned(),
            format!("grafana/loki:3@sha256:{digest}"),
            format!("grafana/loki@sha256:{digest}"),
        ] {
            assert_eq!(text.parse(), Ok(ImageRef(text.clone())));
        }
    }

    #[test]
    fn references_to_the_same_image_are_equal_whoever_wrote_them() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let same = |one: &str, other: &str| one.parse::<ImageRef>().expect("a reference").names_same_image(other);
        assert!(same("grafana/loki:3.7.0", "docker.io/grafana/loki:3.7.0"));
        assert!(same("loki", "docker.io/library/loki:latest"));
        assert!(same(&format!("grafana/loki:3@{digest}"), &format!("docker.io/grafana/loki@{digest}")));
        assert!(!same("grafana/loki:3.7.0", "grafana/loki:3.6.0"));
        assert!(!same("grafana/loki:3.7.0", "quay.io/grafana/loki:3.7.0"));
        assert!(!same(&format!("grafana/loki:3@{digest}"), "grafana/loki:3"));
    }

    #[test]
    fn an_uppercase_repository_is_refused_with_the_lowercase_one() {
        for (text, lowercase) in [
            ("Grafana/loki:3", "grafana/loki:3"),
            ("grafana/Loki:RC1", "grafana/loki:RC1"),
            ("Loki", "loki"),
            ("Registry.Example/Team/Loki", "Registry.Example/team/loki"),
        ] {
            let sentence =
                format!("`{text}` is not a valid image; the repository must be lowercase, as in `{lowercase}`");
            assert_eq!(said(text), sentence);
        }
    }

    #[test]
    fn references_that_docker_refuses_are_not_valid() {
        for text in [
            "",
            "a b",
            "/x",
            "x/",
            "a//b",
            "-x",
            "x-",
            "a..b",
            "a___b",
            "a._b",
            "x:",
            "x:-y",
            "x:y:z",
            "http://registry.example/x",
            "registry.example:/x",
            "registry.example:port/x",
            "-registry.example/x",
            "[::g]:5000/x",
            "x@sha256:12",
            "x@md5:aaaa",
            "é",
            &"a".repeat(64),
            &"x/".repeat(200),
            &format!("x:{}", "t".repeat(129)),
            &format!("x@sha256:{}", "A".repeat(64)),
        ] {
            let sentence = format!("`{text}` is not a valid image; use `[registry/]name[:tag][@sha256:digest]`");
            assert_eq!(said(text), sentence);
        }
    }
}
