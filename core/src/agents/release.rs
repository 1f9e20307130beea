//! Releases of Claude Code, and what changed between them.
//!
//! The table below holds what was seen by running the releases (`testdata/claude-code-releases.md`, checked by a test).
//! Between the last release seen with the old behavior and the first one with the new, nothing was run.

/// A release of Claude Code, for example 2.1.330.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(u32, u32, u32);

impl Release {
    /// Parses `2.1.330`, `v2.1.330` or `2.1.330 (Claude Code)`. A suffix such as `-beta.1` is ignored.
    pub fn parse(text: &str) -> Option<Release> {
        let text = text.split_whitespace().next()?;
        let numbers = text.trim_start_matches('v').split(['-', '+']).next()?;
        let mut numbers = numbers.split('.').map(|number| number.parse().ok());
        let release = Release(numbers.next()??, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then_some(release)
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A behavior that changed between two releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReleaseRule {
    /// The last release that behaves in the old way.
    pub old_until: Release,
    /// The first release that is known to behave in the new way.
    pub new_from: Release,
    /// Where it was seen: the row of the record of runs, and its cells for the old and the new behavior.
    pub seen: (&'static str, &'static str, &'static str),
}

/// How a release behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behavior {
    Old,
    New,
    /// The release is between those that were run.
    NotTested,
    /// The release is unknown.
    Unknown,
}

/// Old: without a protocol, nothing is sent. New: the default is `http/protobuf`.
pub(super) const NEEDS_PROTOCOL: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 290),
    new_from: Release(2, 1, 330),
    seen: ("no protocol, one request of each kind", "nothing", "L1 M1"),
};
/// Old: settings files of a project set all telemetry variables. New: only attributes and intervals.
pub(super) const PROJECT_SETS_ALL: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 252),
    new_from: Release(2, 1, 290),
    seen: ("project settings.json: logs endpoint, one request of each kind", "M1", "L1 M1"),
};
/// Old: local settings of the Git repository above the work folder are not read. New: they are settings of the project.
pub(super) const IGNORES_REPOSITORY: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 100),
    new_from: Release(2, 1, 252),
    seen: ("settings.local.json of the Git repository above the work folder: attributes", "ignored", "replaced"),
};
/// Old: endpoints and protocols of one signal win over a common one in managed settings. New
/// (anthropics/claude-code#80080): the common one wins.
pub(super) const SIGNAL_WINS: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 216),
    new_from: Release(2, 1, 217),
    seen: ("managed-settings.json: common endpoint elsewhere, per-signal in the container", "L4 M4", "nothing"),
};
/// Old: a space, or one of `;` and `\\`, in one resource attribute voids all of them.
pub(super) const SPACE_VOIDS: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 191),
    new_from: Release(2, 1, 252),
    seen: ("attributes with a space", "no attribute of ours", "all"),
};
/// Old: a letter beyond ASCII in one resource attribute voids all of them.
pub(super) const NON_ASCII_VOIDS: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 191),
    new_from: Release(2, 1, 252),
    seen: ("attributes with a letter beyond ASCII", "no attribute of ours", "all"),
};
/// Old: a `%` that encodes no character voids all attributes. New: only its own.
pub(super) const BAD_ESCAPE_VOIDS: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 290),
    new_from: Release(2, 1, 330),
    seen: ("attributes with `a=100%` / `a=%FF`", "no attribute of ours / no attribute of ours", "all / all"),
};
/// Old: a part that is not one key and one value is passed over. New: it voids all attributes.
pub(super) const ODD_PART_IGNORED: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 191),
    new_from: Release(2, 1, 252),
    seen: ("attributes with `a=b=c` / `foo`", "all / all", "no attribute of ours / no attribute of ours"),
};
/// Old: such a part voids all attributes, if the rule before says so. New: it is passed over again.
pub(super) const ODD_PART_VOIDS: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 290),
    new_from: Release(2, 1, 330),
    seen: ("attributes with `a=b=c` / `foo`", "no attribute of ours / no attribute of ours", "all / all"),
};
/// Old: quotes around the value of one attribute are removed. New: records have them.
pub(super) const ATTRIBUTE_QUOTES_KEPT: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 100),
    new_from: Release(2, 1, 252),
    seen: ("attributes with `agent=\"dev\"`", "all", "in quotes"),
};
/// Old: what `NO_PROXY` lists is sent through the proxy as well.
pub(super) const IGNORES_NO_PROXY: ReleaseRule = ReleaseRule {
    old_until: Release(2, 1, 100),
    new_from: Release(2, 1, 252),
    seen: ("HTTP_PROXY to a dead port, NO_PROXY with the collector, which is not on loopback", "nothing", "L1 M1"),
};
/// New: Claude Code does not start with managed settings that are not JSON. What earlier releases do was not tried.
pub(super) const STARTS_WITHOUT_MANAGED_SETTINGS: ReleaseRule = ReleaseRule {
    old_until: Release(0, 0, 0),
    new_from: Release(2, 1, 330),
    seen: ("managed-settings.json with a comment or a trailing comma", "", "refuses to start (rc 1)"),
};

/// All rules.
#[cfg(test)]
pub(super) const RULES: [&ReleaseRule; 10] = [
    &NEEDS_PROTOCOL,
    &PROJECT_SETS_ALL,
    &IGNORES_REPOSITORY,
    &SIGNAL_WINS,
    &SPACE_VOIDS,
    &NON_ASCII_VOIDS,
    &BAD_ESCAPE_VOIDS,
    &ATTRIBUTE_QUOTES_KEPT,
    &IGNORES_NO_PROXY,
    &STARTS_WITHOUT_MANAGED_SETTINGS,
];

impl ReleaseRule {
    /// How this release behaves; `None` is an unknown one.
    pub fn behavior(&self, release: Option<Release>) -> Behavior {
        match release {
            None => Behavior::Unknown,
            Some(release) if release <= self.old_until => Behavior::Old,
            Some(release) if release >= self.new_from => Behavior::New,
            Some(_) => Behavior::NotTested,
        }
    }
}

/// A clause about the release, for what depends on it.
pub(super) fn release_clause(release: Option<Release>) -> String {
    release.map_or_else(
        || "its version of Claude Code is unknown".to_owned(),
        |release| format!("this was not tested with its release `{release}`"),
    )
}

#[cfg(test)]
pub(super) mod record {
    use std::collections::BTreeMap;

    use super::Release;

    /// The record of runs: its releases, and the cells of each row.
    pub(crate) fn record() -> (Vec<Release>, BTreeMap<String, Vec<String>>) {
        let text = include_str!("testdata/claude-code-releases.md");
        let cells = |line: &str| -> Vec<String> {
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        let mut lines = text.lines().filter(|line| line.starts_with('|')).map(cells);
        let header = lines.next().expect("a header");
        let releases = header[1..].iter().map(|cell| Release::parse(cell).expect("a release")).collect();
        let rows = lines.skip(1).map(|mut cells| (cells.remove(0), cells));
        (releases, rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{record::record, *};

    #[test]
    fn releases_are_parsed_and_ordered() {
        for (text, release) in [
            ("2.1.330", Some(Release(2, 1, 330))),
            ("v2.1.252 (Claude Code)", Some(Release(2, 1, 252))),
            ("2.2.0-beta.1", Some(Release(2, 2, 0))),
            ("2.1", None),
            ("2.1.3.4", None),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(Release::parse(text), release, "{text}");
        }
        assert!(Release(2, 1, 99) < Release(2, 1, 100));
    }

    #[test]
    fn every_rule_agrees_with_what_was_seen() {
        let (releases, rows) = record();
        for rule in RULES {
            let (row, old, new) = rule.seen;
            let cells = rows.get(row).unwrap_or_else(|| panic!("no row `{row}`"));
            let mut seen = [old.is_empty(), false];
            for (release, cell) in releases.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                match rule.behavior(Some(*release)) {
                    Behavior::Old => assert_eq!(cell, old, "{row}, {release}"),
                    Behavior::New => assert_eq!(cell, new, "{row}, {release}"),
                    other => panic!("{row}: {release} was run, but the rule says {other:?}"),
                }
                seen[usize::from(rule.behavior(Some(*release)) == Behavior::New)] = true;
            }
            assert_eq!(seen, [true, true], "{row}");
        }
    }
}
