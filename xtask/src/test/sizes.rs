//! Budgets of size. Timings are measured by `cargo xtask bench` and never asserted.

use std::path::Path;

use anyhow::Result;

use super::tally::Tally;
use crate::{
    panel::{Home, Panel, get},
    paths::Paths,
    site,
};

/// What `/` needs.
const WASM_BROTLI: u64 = 250_000;
/// Each part that another page brings along.
const PART_BROTLI: u64 = 100_000;
/// The pages that have a part of their own. One that is missing weighs on the first page instead.
const PARTS: [&str; 4] = ["split_agents.", "split_settings.", "split_files.", "split_logs."];
const FIRST_PAGE: u64 = 300_000;
const BINARY: u64 = 20_000_000;

pub fn check_all(tally: &mut Tally, paths: &Paths, binary: &Path) {
    judge(tally, "the first page's WebAssembly, brotli", WASM_BROTLI, site::wasm_brotli_bytes(paths));
    match site::part_sizes(paths) {
        Ok(parts) => {
            for part in PARTS.into_iter().filter(|part| !parts.iter().any(|(name, _)| name.starts_with(part))) {
                tally.fail("the parts of the WebAssembly", &format!("there is no `{part}…wasm`"));
            }
            for (name, bytes) in parts {
                judge(tally, &format!("a part of the WebAssembly, brotli: {name}"), PART_BROTLI, Ok(bytes));
            }
        }
        Err(error) => tally.fail("the parts of the WebAssembly", &format!("{error:#}")),
    }
    judge(tally, "the binary", BINARY, std::fs::metadata(binary).map(|file| file.len()).map_err(Into::into));
    judge(tally, "the first page over the wire", FIRST_PAGE, first_page_bytes(binary));
}

fn judge(tally: &mut Tally, name: &str, budget: u64, measured: Result<u64>) {
    match measured {
        Ok(bytes) if bytes <= budget => tally.pass(&format!("{name}: {bytes} bytes of {budget}")),
        Ok(bytes) => tally.fail(name, &format!("{bytes} bytes, the budget is {budget}")),
        Err(error) => tally.fail(name, &format!("{error:#}")),
    }
}

/// The page and everything of the site that it names, as a browser that takes brotli gets them.
pub fn first_page_bytes(binary: &Path) -> Result<u64> {
    let home = Home::new("sizes", "")?;
    let panel = Panel::start(home.command(binary))?;
    let page = get(&panel.address, "/", "identity")?;
    let mut bytes = get(&panel.address, "/", "br")?.wire_bytes;
    for path in paths_in(&String::from_utf8_lossy(&page.body)) {
        bytes += get(&panel.address, &path, "br")?.wire_bytes;
    }
    Ok(bytes)
}

/// Every quoted path of the site's own files, once.
fn paths_in(page: &str) -> std::collections::BTreeSet<String> {
    page.split(['"', '\''])
        .filter(|word| word.starts_with("/pkg/") || (word.starts_with("/favicon") && word.contains('.')))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_attributes_and_scripts_alike() {
        let page = r#"<link href="/pkg/a.css"><script>import('/pkg/a.js')</script><a href="/files">x</a>"#;
        assert_eq!(paths_in(page).into_iter().collect::<Vec<_>>(), ["/pkg/a.css", "/pkg/a.js"]);
    }
}
