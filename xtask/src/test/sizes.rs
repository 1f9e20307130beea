//! Budgets for the sizes of the small build, and whether it is one static file. Timings are measured by
//! `cargo xtask bench` and never asserted.

use std::path::Path;

use anyhow::Result;

use super::{elf, tally::Tally};
use crate::{
    build::Host,
    panel::{Home, Panel, get},
    paths::Paths,
    site,
};

/// The WebAssembly that `/` loads, in bytes after brotli.
const WASM_BROTLI: u64 = 250_000;
/// Each part that another page loads, in bytes after brotli.
const PART_BROTLI: u64 = 101_000;
/// The pages with a part of their own. If one is missing, its code is in the first page's module.
const PARTS: [&str; 5] = ["split_agents.", "split_agent.", "split_settings.", "split_files.", "split_logs."];
/// The page and every file it names, in bytes on the wire.
const FIRST_PAGE: u64 = 300_000;
const BINARY: u64 = 24_000_000;

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
    check_static(tally, paths, binary);
}

/// On GNU/Linux the binary runs on any distribution and in an empty image.
fn check_static(tally: &mut Tally, paths: &Paths, binary: &Path) {
    let name = "the binary is static";
    match Host::find(paths) {
        Ok(host) if !host.is_gnu_linux() => return,
        Ok(host) if !host.links_statically() => return tally.skip(name, "`libc.a` is missing"),
        Ok(_) => {}
        Err(error) => return tally.fail(name, &format!("{error:#}")),
    }
    match std::fs::read(binary).map_err(Into::into).and_then(|program| elf::interpreter(&program)) {
        Ok(None) => tally.pass(name),
        Ok(Some(interpreter)) => tally.fail(name, &format!("it needs `{interpreter}`")),
        Err(error) => tally.fail(name, &format!("{error:#}")),
    }
}

fn judge(tally: &mut Tally, name: &str, budget: u64, measured: Result<u64>) {
    match measured {
        Ok(bytes) if bytes <= budget => tally.pass(&format!("{name}: {bytes} of {budget} bytes")),
        Ok(bytes) => tally.fail(name, &format!("{bytes} bytes, the budget is {budget}")),
        Err(error) => tally.fail(name, &format!("{error:#}")),
    }
}

/// Bytes that a browser with brotli receives for the page and every file of the site that the page names.
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
