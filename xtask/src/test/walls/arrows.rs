//! The arrows between modules inside the crates: which may name which, and why.

use std::{collections::BTreeSet, path::PathBuf};

use super::{
    super::tally::Tally,
    imports::{Imports, ModulePath, file_of},
};
use crate::paths::Paths;

/// Modules of one crate that must not name others of the same crate.
struct Wall {
    krate: &'static str,
    /// Modules as `telemetry::stack`, with everything inside them.
    from: &'static [&'static str],
    /// Parts of `from` that the rule does not concern.
    but: &'static [&'static str],
    /// Modules of this crate, or of another one as `::monitor_core::service`.
    must_not_name: &'static [&'static str],
    /// Parts of `must_not_name` that are allowed.
    may_name: &'static [&'static str],
    /// What the wall guarantees.
    rule: &'static str,
}

/// Modules side by side that must not name each other.
struct Siblings {
    krate: &'static str,
    parent: &'static str,
    /// Siblings that the others may name.
    shared: &'static [&'static str],
    /// Parts of siblings that are allowed.
    may_name: &'static [&'static str],
    /// What the wall guarantees.
    rule: &'static str,
}

/// Top-level modules of a crate that may name each other in a ring. Any other ring fails.
struct Rings {
    krate: &'static str,
    allowed: &'static [&'static [&'static str]],
}

const WALLS: &[Wall] = &[
    Wall {
        krate: "core",
        from: &["telemetry"],
        but: &["telemetry::stores"],
        must_not_name: &["telemetry::stores"],
        may_name: &[],
        rule: "telemetry names no store: numbers and events are the same from every store",
    },
    Wall {
        krate: "core",
        from: &["settings", "stack", "files", "telemetry", "dashboard"],
        but: &[],
        must_not_name: &["agents", "agent_page", "live", "settings_page", "doctor", "lifecycle"],
        may_name: &[],
        rule: "settings, stack and files do not depend on what pages show",
    },
    Wall {
        krate: "app",
        from: &["components", "charts"],
        but: &[],
        must_not_name: &["api", "live", "jobs", "pages", "parts", "routes", "frame", "forms"],
        may_name: &["api::ApiError"],
        rule: "components and charts show what they are given, and know neither live data nor pages",
    },
    Wall {
        krate: "app",
        from: &["words", "address", "sort"],
        but: &[],
        must_not_name: &["api", "components", "charts", "live", "jobs", "pages", "parts", "routes", "frame", "forms"],
        may_name: &[],
        rule: "helpers know no page",
    },
    Wall {
        krate: "app",
        from: &["live", "jobs"],
        but: &[],
        must_not_name: &["pages", "parts", "routes", "frame"],
        may_name: &[],
        rule: "live data and jobs know no page",
    },
    Wall {
        krate: "server",
        from: &["http"],
        but: &[],
        must_not_name: &[
            "agents",
            "cli",
            "configuration",
            "docker",
            "doctor",
            "engine",
            "hub",
            "installation",
            "jobs",
            "lifecycle",
            "panel",
            "settings_page",
            "telemetry",
            "watch",
            "work",
        ],
        may_name: &[],
        rule: "routes reach the panel only through the gate (`access`), which checks the caller's rights",
    },
    Wall {
        krate: "server",
        from: &["work"],
        but: &[],
        must_not_name: &["access", "cli", "http", "panel", "watch"],
        may_name: &[],
        rule: "work knows neither the command line nor HTTP, which both start it",
    },
    Wall {
        krate: "server",
        from: &["panel"],
        but: &[],
        must_not_name: &["access", "cli", "http", "docker", "watch"],
        may_name: &[],
        rule: "the panel knows neither HTTP nor the command line, which both use it",
    },
    Wall {
        krate: "server",
        from: &["telemetry"],
        but: &["telemetry::stack"],
        must_not_name: &["::monitor_core::service", "telemetry::stack"],
        may_name: &[
            "telemetry::stack::Dashboards",
            "telemetry::stack::StackStores",
            "telemetry::stack::StackTelemetry",
        ],
        rule: "sources of telemetry are not tied to the stack's six services",
    },
    Wall {
        krate: "receiver",
        from: &["otlp"],
        but: &[],
        must_not_name: &["records", "mapping", "store", "http"],
        may_name: &[],
        rule: "OTLP messages know neither their sender nor what becomes of them",
    },
    Wall {
        krate: "receiver",
        from: &["mapping"],
        but: &[],
        must_not_name: &["store", "http"],
        may_name: &[],
        rule: "mapping is pure: it knows neither files nor connections",
    },
    Wall {
        krate: "receiver",
        from: &["store"],
        but: &[],
        must_not_name: &["http"],
        may_name: &[],
        rule: "the store does not know who sends",
    },
    Wall {
        krate: "server",
        from: &["file_access"],
        but: &[],
        must_not_name: &["agents", "configuration", "docker", "doctor", "panel", "watch", "work", "work_lock"],
        may_name: &[],
        rule: "access to files knows nobody who reads them",
    },
    Wall {
        krate: "server",
        from: &[
            "access",
            "agents",
            "configuration",
            "doctor",
            "engine",
            "file_access",
            "http",
            "hub",
            "jobs",
            "lifecycle",
            "panel",
            "settings_page",
            "telemetry",
            "watch",
            "work",
        ],
        but: &[],
        must_not_name: &["docker"],
        may_name: &[],
        rule: "Docker is reached through the trait `ContainerEngine`, so that tests can replace it",
    },
];

const SIBLINGS: &[Siblings] = &[Siblings {
    krate: "app",
    parent: "pages",
    shared: &["not_found"],
    may_name: &["pages::stack::state_dot"],
    rule: "pages do not know each other",
}];

const RINGS: &[Rings] = &[
    Rings { krate: "core", allowed: &[&["files", "stack"]] },
    Rings { krate: "app", allowed: &[] },
    Rings { krate: "receiver", allowed: &[] },
    Rings { krate: "server", allowed: &[] },
];

pub fn check_all(tally: &mut Tally, paths: &Paths) {
    for krate in ["core", "app", "receiver", "server"] {
        let source = paths.root.join(krate).join("src");
        let imports = Imports::read(&source, if krate == "server" { "clawker_monitor" } else { krate });
        let checked = Crate { source, imports };
        for wall in WALLS.iter().filter(|wall| wall.krate == krate) {
            judge(tally, &format!("{krate}: {}", wall.rule), &checked.violations(wall));
        }
        for siblings in SIBLINGS.iter().filter(|siblings| siblings.krate == krate) {
            judge(tally, &format!("{krate}: {}", siblings.rule), &checked.sibling_violations(siblings));
        }
        for rings in RINGS.iter().filter(|rings| rings.krate == krate) {
            let allowed = |ring: &BTreeSet<String>| {
                rings.allowed.iter().any(|allowed| ring.iter().all(|module| allowed.contains(&module.as_str())))
            };
            let found = checked.imports.rings().into_iter().filter(|ring| !allowed(ring));
            let found: Vec<String> = found.map(|ring| ring.into_iter().collect::<Vec<_>>().join(" <-> ")).collect();
            judge(tally, &format!("{krate}: modules form no ring"), &found);
        }
    }
}

fn judge(tally: &mut Tally, rule: &str, violations: &[String]) {
    if violations.is_empty() {
        tally.pass(rule);
    } else {
        tally.fail(rule, &violations.join("\n"));
    }
}

struct Crate {
    source: PathBuf,
    imports: Imports,
}

impl Crate {
    fn violations(&self, wall: &Wall) -> Vec<String> {
        self.named(|module, path| {
            is_in(module, wall.from)
                && !is_in(module, wall.but)
                && is_in(path, wall.must_not_name)
                && !is_in(path, wall.may_name)
        })
    }

    fn sibling_violations(&self, siblings: &Siblings) -> Vec<String> {
        let parent = segments(siblings.parent);
        let child = |path: &ModulePath| path.strip_prefix(parent.as_slice()).and_then(|rest| rest.first().cloned());
        let children: BTreeSet<String> = self.imports.modules.keys().filter_map(child).collect();
        self.named(|module, path| {
            let (from, to) = (child(module), child(path));
            let is_other = |to: &String| children.contains(to) && !siblings.shared.contains(&to.as_str());
            from.is_some() && from != to && to.as_ref().is_some_and(is_other) && !is_in(path, siblings.may_name)
        })
    }

    /// A line for each path that a module must not name.
    fn named(&self, is_violation: impl Fn(&ModulePath, &ModulePath) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        for (module, paths) in &self.imports.modules {
            for path in paths.iter().filter(|path| is_violation(module, path)) {
                lines.push(format!("{}: `{}`", file_of(&self.source, module).display(), path.join("::")));
            }
        }
        lines
    }
}

/// Of `a::b`, or of `::other_crate::b`.
fn segments(module: &str) -> ModulePath {
    let (prefix, module) = module.strip_prefix("::").map_or(("", module), |module| ("::", module));
    let mut segments: ModulePath = module.split("::").map(str::to_owned).collect();
    segments[0].insert_str(0, prefix);
    segments
}

fn is_in(path: &ModulePath, modules: &[&str]) -> bool {
    modules.iter().any(|module| path.starts_with(&segments(module)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo(sources: &[(&str, &str)]) -> Crate {
        let sources = sources.iter().map(|(module, text)| (segments(module), (*text).to_owned())).collect();
        Crate { source: "src".into(), imports: Imports::of(sources, "demo") }
    }

    #[test]
    fn a_wall_keeps_modules_from_naming_others() {
        let wall = Wall {
            krate: "demo",
            from: &["http"],
            but: &["http::pages"],
            must_not_name: &["panel", "::other"],
            may_name: &["panel::Number"],
            rule: "",
        };
        let demo = demo(&[
            ("http::live", "use crate::panel::{Number, Panel};\nuse other::X;"),
            ("http::pages", "use crate::panel::Panel;"),
            ("work", "use crate::panel::Panel;"),
        ]);
        assert_eq!(demo.violations(&wall), ["src/http/live: `::other::X`", "src/http/live: `panel::Panel`"]);
    }

    #[test]
    fn siblings_may_name_only_the_shared_one() {
        let siblings = Siblings {
            krate: "demo",
            parent: "pages",
            shared: &["not_found"],
            may_name: &["pages::stack::color"],
            rule: "",
        };
        let demo = demo(&[
            ("pages::logs", "use super::{not_found::NotFound, stack::{color, dot}};\nuse crate::pages::logs::own;"),
            ("pages::stack", "use crate::words;"),
            ("pages::not_found", ""),
        ]);
        assert_eq!(demo.sibling_violations(&siblings), ["src/pages/logs: `pages::stack::dot`"]);
    }

    /// A rule about a module that was renamed would pass without checking anything.
    #[test]
    fn every_rule_is_about_modules_that_exist() -> anyhow::Result<()> {
        let root = Paths::find()?.root;
        for wall in WALLS {
            let source = root.join(wall.krate).join("src");
            for module in wall.from.iter().chain(wall.but).chain(wall.must_not_name) {
                let (source, module) = match module.strip_prefix("::monitor_core::") {
                    Some(module) => (root.join("core/src"), module),
                    None => (source.clone(), *module),
                };
                let file = file_of(&source, &segments(module));
                assert!(file.is_file(), "{}: there is no module `{module}`", wall.krate);
            }
        }
        Ok(())
    }
}
