//! Phrases that people do not use, kept out of what they read: the texts in the sources, the help of the command line, and
//! the documents.

use std::{fs, path::Path};

use super::{
    super::tally::Tally,
    lexer::{Token, tokens},
    rust_files,
};
use crate::paths::Paths;

/// In lower case, each with what to write instead.
const PHRASES: &[(&str, &str)] = &[
    ("made anew", "recreated"),
    ("make anew", "recreate"),
    ("makes anew", "recreates"),
    ("written anew", "updated"),
    ("writes anew", "updates"),
    ("built anew", "rebuilt"),
    ("bears the", "has the"),
    ("stands in the way", "what the problem is"),
    ("stand in the way", "what the problem is"),
    ("below it stands", "is listed below"),
    ("off on purpose", "turned off"),
    ("goes on", "continues"),
    ("go on as before", "keep their settings"),
    ("whoever", "anyone who"),
    ("nobody is asked", "no requests are sent"),
    ("is to be done", "no action needed"),
    ("as it were", "nothing"),
    ("lest", "so that … not"),
    ("would not come far", "will fail"),
    ("looked after", "maintained"),
    ("somebody switched", "is turned off"),
    ("no row is like that", "no matching …"),
    ("no line holds that", "no matching lines"),
    ("not known:", "unavailable:"),
    ("is put back", "is rolled back"),
    ("puts back", "rolls back"),
];

/// Not CHANGELOG.md, which names what was reworded.
const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

pub fn check_all(tally: &mut Tally, paths: &Paths) {
    let wall = "plain words in what people read";
    let mut found = Vec::new();
    for folder in ["app/src", "core/src", "receiver/src", "server/src"] {
        for file in rust_files(&paths.root.join(folder)).iter().filter(|file| !is_test(file)) {
            let Ok(source) = fs::read_to_string(file) else { continue };
            for (line, text) in texts(&source) {
                add(&mut found, paths, file, line, &text);
            }
        }
    }
    // clap prints these comments as the help of the command line.
    for file in rust_files(&paths.root.join("server/src/cli")) {
        let Ok(source) = fs::read_to_string(&file) else { continue };
        for (index, line) in source.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("///")) {
            add(&mut found, paths, &file, index + 1, line);
        }
    }
    for document in DOCUMENTS {
        let file = paths.root.join(document);
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for (index, line) in text.lines().enumerate() {
            add(&mut found, paths, &file, index + 1, line);
        }
    }
    if found.is_empty() {
        tally.pass(wall);
    } else {
        tally.fail(wall, &found.join("\n"));
    }
}

fn is_test(file: &Path) -> bool {
    file.components().any(|component| {
        let name = component.as_os_str().to_string_lossy();
        name == "tests" || name == "tests.rs" || name.ends_with("_tests.rs")
    })
}

fn texts(source: &str) -> Vec<(usize, String)> {
    // Tests stand at the end of a file, and may quote anything.
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source);
    let texts = tokens(code).into_iter().filter_map(|token| match token {
        Token::Text { line, text } => Some((line, text)),
        Token::Code(_) => None,
    });
    texts.collect()
}

fn add(found: &mut Vec<String>, paths: &Paths, file: &Path, line: usize, text: &str) {
    if let Some((phrase, instead)) = phrase_in(text) {
        let file = file.strip_prefix(&paths.root).unwrap_or(file);
        found.push(format!("{}:{line}: `{phrase}`; write `{instead}` or the like", file.display()));
    }
}

fn phrase_in(text: &str) -> Option<(&'static str, &'static str)> {
    let text = text.to_lowercase();
    let is_whole = |start: usize, phrase: &str| {
        let before = text[..start].chars().next_back();
        let after = text[start + phrase.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    };
    PHRASES.iter().find(|(phrase, _)| text.match_indices(phrase).any(|(start, _)| is_whole(start, phrase))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_as_whole_words_in_any_case() {
        assert_eq!(phrase_in("Loki is Made anew.").map(|found| found.0), Some("made anew"));
        assert_eq!(phrase_in("at the latest").map(|found| found.0), None);
        assert_eq!(phrase_in("Loki is recreated."), None);
    }

    #[test]
    fn only_texts_outside_of_tests_count() {
        let source = "// whoever\nlet a = \"plain\";\n#[cfg(test)]\nmod tests { let b = \"whoever\"; }";
        assert_eq!(texts(source), [(2, "plain".to_owned())]);
    }
}
