//! The one stylesheet that browsers load, put together from the sheets that `style/main.css` imports. cargo-leptos does
//! the same with `style-bundle`, so the order stands in one place.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result, bail, ensure};

const ENTRY: &str = "main.css";

/// The entry with each import replaced by the sheet it names. Fails where a sheet is missing or nothing imports it.
pub fn bundle(folder: &Path) -> Result<String> {
    let read = |name: &str| {
        let file = folder.join(name);
        fs::read_to_string(&file).with_context(|| format!("`{}` cannot be read", file.display()))
    };
    let mut bundled = String::new();
    let mut imported = BTreeSet::from([ENTRY.to_owned()]);
    for line in read(ENTRY)?.lines() {
        if let Some(name) = imported_sheet(line)? {
            bundled.push_str(&read(name)?);
            imported.insert(name.to_owned());
        } else {
            bundled.push_str(line);
        }
        bundled.push('\n');
    }
    for entry in fs::read_dir(folder).with_context(|| format!("`{}` cannot be read", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        ensure!(!name.ends_with(".css") || imported.contains(&name), "`style/{ENTRY}` does not import `{name}`");
    }
    Ok(bundled)
}

/// The file name in `@import "name.css";`, the only form that is understood.
fn imported_sheet(line: &str) -> Result<Option<&str>> {
    if !line.trim_start().starts_with("@import") {
        return Ok(None);
    }
    match line.strip_prefix("@import \"").and_then(|rest| rest.strip_suffix("\";")) {
        Some(name) => Ok(Some(name)),
        None => bail!("`style/{ENTRY}`: write `@import \"name.css\";` instead of `{line}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of sheets, removed when dropped.
    struct Sheets(std::path::PathBuf);

    impl Sheets {
        fn new(name: &str, files: &[(&str, &str)]) -> Result<Self> {
            let folder = std::env::temp_dir().join(format!("clawker-xtask-style-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder)?;
            for (file, text) in files {
                fs::write(folder.join(file), text)?;
            }
            Ok(Self(folder))
        }
    }

    impl Drop for Sheets {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn sheets_are_bundled_in_the_order_of_the_imports() -> Result<()> {
        let entry = "@layer base, pages;\n@import \"b.css\";\n@import \"a.css\";\n";
        let sheets = Sheets::new("order", &[("main.css", entry), ("a.css", "a {}\n"), ("b.css", "b {}\n")])?;
        let bundled = bundle(&sheets.0)?;
        assert_eq!(bundled.split_whitespace().collect::<Vec<_>>().join(" "), "@layer base, pages; b {} a {}");
        Ok(())
    }

    #[test]
    fn a_sheet_that_nothing_imports_fails_the_build() -> Result<()> {
        let sheets = Sheets::new("stray", &[("main.css", ""), ("stray.css", "")])?;
        let error = bundle(&sheets.0).expect_err("`stray.css` is not imported");
        assert_eq!(error.to_string(), "`style/main.css` does not import `stray.css`");
        Ok(())
    }

    #[test]
    fn a_missing_sheet_and_another_form_of_import_fail_the_build() -> Result<()> {
        for (name, line) in [("missing", "@import \"gone.css\";"), ("form", "@import url(\"a.css\");")] {
            let sheets = Sheets::new(name, &[("main.css", line), ("a.css", "")])?;
            assert!(bundle(&sheets.0).is_err(), "{line}");
        }
        Ok(())
    }
}
