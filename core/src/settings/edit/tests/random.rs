//! Random edits of random files. Everything follows from the seed, so that a failure is one for good.

use super::{
    author::{Dice, double_quoted, is_number_or_word, is_plain, random_file, single_quoted},
    *,
};
use crate::settings::{KEYS, read, read_values};

/// How many files each test edits. `cargo xtask test --long` compiles this with more.
const FILES: u64 = match option_env!("MONITOR_TEST_FILES") {
    None => 300,
    Some(text) => match u64::from_str_radix(text, 10) {
        Ok(files) => files,
        Err(_) => panic!("MONITOR_TEST_FILES is not a number"),
    },
};

/// The longest common beginning and end of two texts cover the shorter one: the longer is the shorter with something
/// put in at one place.
fn is_shorter_with_something_put_in(shorter: &str, longer: &str) -> bool {
    let common = |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(a, b)| a == b).count();
    let start = common(&mut shorter.bytes().zip(longer.bytes()));
    let end = common(&mut shorter.bytes().rev().zip(longer.bytes().rev()));
    longer.len() >= shorter.len() && start + end >= shorter.len()
}

fn value_in(text: &str, key: &Key) -> Option<String> {
    read_values(text, "f").expect("it was edited").get(key.path).map(|raw| raw.text.clone())
}

#[test]
fn editing_a_scalar_and_reverting_it_restores_the_file() {
    let mut edits = 0;
    for seed in 0..FILES {
        let mut dice = Dice::new(seed);
        let mut file = random_file(&mut dice);
        let before = file.text();
        assert!(read(&before, "f").is_ok(), "seed {seed}: the generator itself is wrong:\n{before}");
        for index in 0..file.values.len() {
            let (key, written, value) = file.values[index].clone();
            let new = dice.value(key);
            let after = edited(&before, &[set(key.path, &new)]);
            file.values[index].1 = match written.chars().next() {
                _ if new == value => written.clone(),
                Some('\'') => single_quoted(&new),
                Some('"') => double_quoted(&new),
                _ if is_number_or_word(key) || is_plain(&new) => new.clone(),
                _ => double_quoted(&new),
            };
            assert_eq!(after, file.text(), "seed {seed}: {} = {new}", key.path);
            assert_eq!(value_in(&after, key).as_deref(), Some(new.as_str()), "seed {seed}: {}", key.path);
            let was_bare = !written.starts_with(['\'', '"']);
            file.values[index].1 = written;
            let back = edited(&after, &[set(key.path, &value)]);
            // Text that once needed quotes keeps them.
            if was_bare && !is_number_or_word(key) && !is_plain(&new) {
                assert_eq!(value_in(&back, key), Some(value), "seed {seed}: {}", key.path)
            } else {
                assert_eq!(back, before, "seed {seed}: {} back to {value}", key.path)
            }
            edits += 1;
        }
    }
    assert!(edits > 1_000, "{edits}");
}

#[test]
fn adding_and_removing_a_key_restores_the_file() {
    for seed in 0..FILES {
        let mut dice = Dice::new(seed);
        let file = random_file(&mut dice);
        let before = file.text();
        let key = &KEYS[dice.below(KEYS.len())];
        if file.has(key) {
            continue;
        }
        let value = dice.value(key);
        let after = edited(&before, &[set(key.path, &value).even_if_default()]);
        assert!(is_shorter_with_something_put_in(&before, &after), "seed {seed}: {}\n{before}\n=>\n{after}", key.path);
        assert_eq!(value_in(&after, key), Some(value), "seed {seed}");
        assert_eq!(edited(&after, &[Change::unset(key.path)]), before, "seed {seed}: {}\n=>\n{after}", key.path);
    }
}

#[test]
fn removing_a_key_changes_nothing_else() {
    for seed in 0..FILES {
        let mut dice = Dice::new(seed);
        let file = random_file(&mut dice);
        let before = file.text();
        for (key, ..) in &file.values {
            let after = edited(&before, &[Change::unset(key.path)]);
            assert_eq!(value_in(&after, key), None, "seed {seed}");
            let whole = is_shorter_with_something_put_in(&after, &before);
            let emptied = after.matches("{}").count() > before.matches("{}").count();
            assert!(whole || emptied, "seed {seed}: {}\n{before}\n=>\n{after}", key.path);
            for (other, _, value) in file.values.iter().filter(|(other, ..)| other.path != key.path) {
                assert_eq!(value_in(&after, other).as_deref(), Some(value.as_str()), "seed {seed}");
            }
        }
    }
}

#[test]
fn many_edits_at_once_read_back_as_intended() {
    for seed in 0..FILES / 4 {
        let mut dice = Dice::new(seed);
        let file = random_file(&mut dice);
        let changes: Vec<Change> = KEYS
            .iter()
            .filter_map(|key| match dice.below(4) {
                0 => Some(set(key.path, &dice.value(key)).even_if_default()),
                1 => Some(Change::unset(key.path)),
                _ => None,
            })
            .collect();
        let after = edited(&file.text(), &changes);
        for change in &changes {
            let key = Key::find(&change.key).expect("it is in the table");
            assert_eq!(value_in(&after, key), change.value, "seed {seed}\n{}\n=>\n{after}", file.text());
        }
        // Doing it twice does nothing more.
        assert_eq!(edited(&after, &changes), after, "seed {seed}");
    }
}

#[test]
fn a_damaged_file_is_edited_as_intended_or_rejected() {
    let mut refused = 0;
    for seed in 0..FILES {
        let mut dice = Dice::new(seed);
        let mut text: Vec<char> = random_file(&mut dice).text().chars().collect();
        for _ in 0..=dice.below(4) {
            let at = dice.below(text.len() + 1);
            match dice.below(3) {
                0 if at < text.len() => drop(text.remove(at)),
                1 => text.truncate(at.max(text.len() / 2)),
                _ => text.insert(
                    at,
                    dice.pick(&['\n', '\t', ' ', ':', '{', '}', '"', '\'', '&', '*', '#', '-', '|', '\r', '!', '?']),
                ),
            }
        }
        let text: String = text.into_iter().collect();
        let key = &KEYS[dice.below(KEYS.len())];
        let value = dice.value(key);
        match edit(&text, &[set(key.path, &value).even_if_default()]) {
            Ok(after) => {
                let (values, _) = values_in(&after).unwrap_or_else(|problem| panic!("seed {seed}: {problem}\n{after}"));
                let found = values.get(key.path).map(|raw| key.canonical(&raw.text));
                assert_eq!(found, Some(Ok(value)), "seed {seed}\n{text}\n=>\n{after}");
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                refused += 1;
            }
        }
    }
    assert!(refused > FILES / 20 && refused < FILES, "{refused}");
}
