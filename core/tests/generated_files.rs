//! Every generated file as it is written, at default settings and with everything changed. What is accepted here was
//! read.
#![cfg(feature = "engine")]

mod support;

use monitor_core::{
    file_view::Language,
    files::{GeneratedFile, render},
    settings::Settings,
};
use saphyr::{LoadableYamlNode, Yaml};

#[test]
fn the_files_at_default_settings() {
    for file in render(&Settings::default(), &support::ordinary_machine()) {
        insta::with_settings!({ description => file.purpose, omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("default__{}", file.name), file.contents);
        });
    }
}

#[test]
fn the_files_with_everything_changed() {
    let before = render(&Settings::default(), &support::ordinary_machine());
    for (file, before) in render(&support::changed_settings(), &support::odd_machine()).into_iter().zip(before) {
        if file.contents == before.contents {
            continue;
        }
        insta::with_settings!({ description => file.purpose, omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("changed__{}", file.name), file.contents);
        });
    }
}

#[test]
fn equal_settings_give_equal_bytes() {
    let facts = support::odd_machine();
    assert_eq!(render(&support::changed_settings(), &facts), render(&support::changed_settings(), &facts));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the files are our own")]
fn every_file_parses_in_its_language() {
    for settings in [Settings::default(), support::changed_settings()] {
        for GeneratedFile { name, language, contents, .. } in render(&settings, &support::odd_machine()) {
            match language {
                Language::Yaml => {
                    let documents = Yaml::load_from_str(&contents).unwrap_or_else(|error| panic!("{name}: {error}"));
                    assert_eq!(documents.len(), 1, "{name}");
                    assert!(documents[0].is_mapping(), "{name}");
                }
                Language::Json => {
                    let value: serde_json::Value =
                        serde_json::from_str(&contents).unwrap_or_else(|error| panic!("{name}: {error}"));
                    assert!(value.is_object(), "{name}");
                }
            }
            assert!(contents.ends_with('\n') && !contents.ends_with("\n\n"), "{name} ends with one line end");
            let trailing = contents.lines().find(|line| line.ends_with(' '));
            assert_eq!(trailing, None, "{name} has no blanks at the end of a line");
        }
    }
}
