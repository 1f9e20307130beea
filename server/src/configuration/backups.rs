//! The backups of the settings file: their names, and which of them are kept.

use std::{fs, io, path::Path};

use super::atomic;
use crate::{clock::now, file_access::FileAccess};

/// How many backups of the file are kept.
const KEPT: usize = 10;

/// The time in the name of a backup, and its number among those of that second.
type Age = (String, u32);

/// Copies the file beside itself, and returns the name of the copy.
pub(super) fn back_up(files: &FileAccess, path: &Path) -> io::Result<String> {
    atomic::in_time(files, path, back_up_now)
}

fn back_up_now(path: &Path) -> io::Result<String> {
    let time = now().to_rfc3339().chars().take(19).collect::<String>().replace(':', "-");
    let newest = backups(path).into_iter().rev().find(|((second, _), _)| *second == time);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // Not the first free one, which may be that of an older one that was removed.
    atomic::back_up_as(path, &format!("{name}.{time}"), newest.map_or(1, |((_, number), _)| number.saturating_add(1)))
}

/// Removes all but the newest backups. Other files with similar names are not ours.
pub(super) fn remove_old(files: &FileAccess, path: &Path) {
    let backups = atomic::in_time(files, path, |path| Ok(backups(path))).unwrap_or_default();
    let old = backups.len().saturating_sub(KEPT);
    for (_, backup) in backups.iter().take(old) {
        atomic::remove(files, &path.with_file_name(backup)).ok();
    }
}

/// The oldest one first.
fn backups(path: &Path) -> Vec<(Age, String)> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<(Age, String)> = names.filter_map(|backup| Some((age(name, &backup)?, backup))).collect();
    found.sort();
    found
}

/// `settings.yaml.2026-11-29T06-44-00-2.bak` has the number 2. `None` if it is no backup of the file.
fn age(file: &str, backup: &str) -> Option<Age> {
    let stem = backup.strip_prefix(file)?.strip_prefix('.')?.strip_suffix(".bak")?;
    let (time, number) = stem.split_at_checked(19)?;
    let is_like_a_time = time.bytes().zip(b"0000-00-00T00-00-00").all(|(found, pattern)| match pattern {
        b'0' => found.is_ascii_digit(),
        other => found == *other,
    });
    let number = if number.is_empty() { 1 } else { number.strip_prefix('-')?.parse().ok()? };
    is_like_a_time.then(|| (time.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_backups() {
        for (name, expected) in [
            ("settings.yaml.2026-11-29T06-44-00.bak", Some(("2026-11-29T06-44-00".to_owned(), 1))),
            ("settings.yaml.2026-11-29T06-44-00-12.bak", Some(("2026-11-29T06-44-00".to_owned(), 12))),
            ("settings.yaml.bak", None),
            ("settings.yaml.2026-11-29.bak", None),
            ("settings.yaml.2026-11-29T06-44-00.bak2", None),
            ("settings.yaml.2026-11-29T06-44-00-.bak", None),
            ("settings.yaml.2026-11-29T06-44-00x.bak", None),
            ("settings.yaml.2026-11-29T06-44-é.bak", None),
            ("other.2026-11-29T06-44-00.bak", None),
            ("settings.yaml", None),
        ] {
            assert_eq!(age("settings.yaml", name), expected, "{name}");
        }
    }
}
