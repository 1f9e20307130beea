//! Which module names which: read from the sources, as far as walls need it. Tests may name anything, so code under
//! `#[cfg(test)]` is left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::{
    lexer::{Token, tokens},
    rust_files,
};

/// A module or an item as segments below the crate: `["telemetry", "stack"]`. Those of another crate start with `::` and
/// its name: `["::monitor_core", "service"]`.
pub type ModulePath = Vec<String>;

/// The modules of a crate and the paths that each of them names.
#[derive(Debug, Default)]
pub struct Imports {
    pub modules: BTreeMap<ModulePath, BTreeSet<ModulePath>>,
}

impl Imports {
    /// Reads a crate's `src`. `name` is what its own binary and examples call the library.
    pub fn read(source: &Path, name: &str) -> Imports {
        let files = rust_files(source).into_iter().filter_map(|file| {
            let module = module_of(file.strip_prefix(source).ok()?)?;
            Some((module, fs::read_to_string(file).ok()?))
        });
        Imports::of(files.collect(), name)
    }

    pub fn of(sources: BTreeMap<ModulePath, String>, name: &str) -> Imports {
        let known: BTreeSet<ModulePath> = sources.keys().cloned().collect();
        let mut tests = BTreeSet::new();
        let mut modules = BTreeMap::new();
        for (module, text) in &sources {
            let words = tokens(text).into_iter().filter_map(|token| match token {
                Token::Code(word) => Some(word),
                Token::Text { .. } => None,
            });
            let tokens = words.collect();
            let mut reader = Reader { tokens, position: 0, module, known: &known, name, tests: Vec::new() };
            modules.insert(module.clone(), reader.paths());
            tests.extend(reader.tests);
        }
        modules.retain(|module: &ModulePath, _| !tests.iter().any(|test: &ModulePath| module.starts_with(test)));
        Imports { modules }
    }

    /// Groups of top-level modules that name each other, directly or through others.
    pub fn rings(&self) -> Vec<BTreeSet<String>> {
        let mut reachable: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let tops: BTreeSet<&str> = self.modules.keys().filter_map(|module| Some(module.first()?.as_str())).collect();
        for (module, paths) in &self.modules {
            let Some(from) = module.first() else { continue };
            let named = paths.iter().filter_map(|path| Some(path.first()?.as_str()));
            reachable.entry(from).or_default().extend(named.filter(|to| to != from && tops.contains(to)));
        }
        loop {
            let mut grew = false;
            for top in &tops {
                let next: BTreeSet<&str> = reachable.get(top).into_iter().flatten().copied().collect();
                let further: BTreeSet<&str> =
                    next.iter().filter_map(|via| reachable.get(via)).flatten().copied().collect();
                let own = reachable.entry(top).or_default();
                let before = own.len();
                own.extend(further);
                grew |= own.len() > before;
            }
            if !grew {
                break;
            }
        }
        let reaches = |from: &str, to: &str| reachable.get(from).is_some_and(|found| found.contains(to));
        let in_rings = tops.iter().filter(|top| reaches(top, top));
        let rings: BTreeSet<BTreeSet<String>> = in_rings
            .map(|top| {
                let ring = tops.iter().filter(|other| reaches(top, other) && reaches(other, top));
                ring.map(|other| (*other).to_owned()).collect()
            })
            .collect();
        rings.into_iter().collect()
    }
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`; `lib.rs` is the root. Files of tests are none.
fn module_of(file: &Path) -> Option<ModulePath> {
    let mut segments: Vec<String> = file
        .with_extension("")
        .components()
        .map(|component| component.as_os_str().to_string_lossy().into_owned())
        .collect();
    if segments.iter().any(|segment| segment == "tests" || segment.ends_with("_tests")) {
        return None;
    }
    match segments.last().map(String::as_str) {
        Some("mod") => drop(segments.pop()),
        Some("lib") if segments.len() == 1 => drop(segments.pop()),
        _ => {}
    }
    Some(segments)
}

struct Reader<'a> {
    tokens: Vec<String>,
    position: usize,
    module: &'a ModulePath,
    known: &'a BTreeSet<ModulePath>,
    name: &'a str,
    /// Modules declared under `#[cfg(test)]`.
    tests: Vec<ModulePath>,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> &str {
        self.tokens.get(self.position + ahead).map_or("", String::as_str)
    }

    fn paths(&mut self) -> BTreeSet<ModulePath> {
        const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
        let mut found = BTreeSet::new();
        while self.position < self.tokens.len() {
            if CFG_TEST.iter().enumerate().all(|(ahead, token)| self.peek(ahead) == *token) {
                self.position += CFG_TEST.len();
                self.skip_item();
            } else if self.peek(0) == "use" {
                self.position += 1;
                let mut paths = Vec::new();
                self.use_tree(&[], &mut paths);
                found.extend(paths.iter().filter_map(|path| self.resolve(path)));
            } else if self.peek(1) == "::" && is_identifier(self.peek(0)) {
                let path = self.path();
                found.extend(self.resolve(&path));
            } else {
                self.position += 1;
            }
        }
        found
    }

    /// `a::b::c`, until something that does not continue it.
    fn path(&mut self) -> Vec<String> {
        let mut path = vec![self.peek(0).to_owned()];
        self.position += 1;
        while self.peek(0) == "::" && is_identifier(self.peek(1)) {
            path.push(self.peek(1).to_owned());
            self.position += 2;
        }
        path
    }

    /// `a::{b, c::{d, self}}` as all of its paths.
    fn use_tree(&mut self, prefix: &[String], found: &mut Vec<Vec<String>>) {
        let mut path = prefix.to_vec();
        loop {
            match self.peek(0) {
                "::" => self.position += 1,
                "{" => {
                    self.position += 1;
                    while !matches!(self.peek(0), "}" | "") {
                        self.use_tree(&path, found);
                        if self.peek(0) == "," {
                            self.position += 1;
                        }
                    }
                    self.position += 1;
                    return;
                }
                "as" => self.position += 2,
                "self" if !path.is_empty() => self.position += 1,
                word if is_identifier(word) => {
                    path.push(word.to_owned());
                    self.position += 1;
                }
                "*" => self.position += 1,
                _ => break,
            }
        }
        found.push(path);
    }

    /// The whole path, from a path as the module writes it.
    fn resolve(&self, path: &[String]) -> Option<ModulePath> {
        let mut base = self.module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => base.clear(),
            first if first == self.name => base.clear(),
            "self" => {}
            "super" => drop(base.pop()),
            first => {
                base.push(first.to_owned());
                let is_child = self.known.contains(&base);
                base.pop();
                if !is_child {
                    let other_crate = std::iter::once(format!("::{first}"));
                    return Some(other_crate.chain(path[1..].iter().cloned()).collect());
                }
                base.extend(path.iter().cloned());
                return Some(base);
            }
        }
        rest = &rest[1..];
        while rest.first().is_some_and(|segment| segment == "super") {
            base.pop();
            rest = &rest[1..];
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    /// Skips `mod name;`, or everything to the end of a block.
    fn skip_item(&mut self) {
        if self.peek(0) == "mod" && self.peek(2) == ";" {
            let mut test = self.module.clone();
            test.push(self.peek(1).to_owned());
            self.tests.push(test);
        }
        let mut depth = 0_usize;
        while self.position < self.tokens.len() {
            let token = self.peek(0).to_owned();
            self.position += 1;
            match token.as_str() {
                "{" => depth += 1,
                "}" if depth <= 1 => break,
                "}" => depth -= 1,
                ";" if depth == 0 => break,
                _ => {}
            }
        }
    }
}

fn is_identifier(token: &str) -> bool {
    token.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// The file of a module below `source`, to name it in a message.
pub fn file_of(source: &Path, module: &ModulePath) -> PathBuf {
    let folder = module.iter().fold(source.to_owned(), |path, segment| path.join(segment));
    [folder.with_extension("rs"), folder.join("mod.rs"), folder.join("lib.rs")]
        .into_iter()
        .find(|file| file.is_file())
        .unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ModulePath {
        text.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
    }

    fn imports(sources: &[(&str, &str)]) -> Imports {
        Imports::of(sources.iter().map(|(module, text)| (path(module), (*text).to_owned())).collect(), "demo")
    }

    fn named(module: &str, text: &str) -> Vec<String> {
        let imports = imports(&[(module, text), ("agents", ""), ("work::start", "")]);
        imports.modules[&path(module)].iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn use_trees_are_unfolded_and_resolved() {
        let text =
            "use crate::{agents::{self, judge as verdict}, stack::*};\nuse tar::Entry;\nuse super::start::Start;";
        assert_eq!(
            named("work::stop", text),
            ["::tar::Entry", "agents", "agents::judge", "stack", "work::start::Start"]
        );
    }

    #[test]
    fn paths_in_code_count_and_those_in_comments_texts_and_tests_do_not() {
        let text = r#"
            // crate::comment::X
            fn f<'a>(x: &'a str) -> char { crate::agents::judge(x, "crate::text") }
            #[cfg(test)]
            mod tests { use crate::only_in_tests::X; fn g() { if true {} } }
            fn h() { demo::hub::publish(); self::inner::g(); other::function(); }
        "#;
        assert_eq!(named("work", text), ["::other::function", "agents::judge", "hub::publish", "work::inner::g"]);
    }

    #[test]
    fn a_child_module_is_named_without_a_prefix() {
        assert_eq!(named("work", "mod start;\npub use start::Start;"), ["work::start::Start"]);
    }

    #[test]
    fn modules_declared_for_tests_are_left_out() {
        let imports = imports(&[("work", "#[cfg(test)]\nmod fixtures;"), ("work::fixtures", "use crate::agents::X;")]);
        assert_eq!(imports.modules.keys().collect::<Vec<_>>(), [&path("work")]);
    }

    #[test]
    fn rings_are_found_at_the_top_also_through_others() {
        let imports = imports(&[
            ("a", "use crate::b::inner::X;"),
            ("b::inner", "use crate::c::X;"),
            ("b", ""),
            ("c", "use crate::a::X;"),
            ("d", "use crate::a::X; use crate::d::own::Y;"),
        ]);
        assert_eq!(imports.rings(), [["a", "b", "c"].map(str::to_owned).into()]);
    }

    #[test]
    fn files_become_modules() {
        let module = |file: &str| module_of(Path::new(file)).map(|module| module.join("::"));
        assert_eq!(module("lib.rs").as_deref(), Some(""));
        assert_eq!(module("telemetry/stack/mod.rs").as_deref(), Some("telemetry::stack"));
        assert_eq!(module("work/start.rs").as_deref(), Some("work::start"));
        assert_eq!(module("work/start_tests.rs"), None);
        assert_eq!(module("settings/edit/tests/author.rs"), None);
    }
}
