//! File names that contain a hash of the contents, and the references between these files.

use anyhow::{Result, ensure};
use sha2::{Digest as _, Sha256};

use super::Files;
use crate::wasm::{Bundle, Scripts};

/// The folder of the hashed files in the site.
const FOLDER: &str = "pkg";

/// `clawker-monitor.js` becomes `clawker-monitor.<16 hex digits>.js`.
pub fn hashed(path: &str, contents: &[u8]) -> String {
    with_hash(path, &hex(&Sha256::digest(contents)))
}

/// Adds the file under its hashed name, and returns that name.
pub fn add(files: &mut Files, path: &str, contents: Vec<u8>) -> String {
    let name = hashed(path, &contents);
    files.insert(format!("{FOLDER}/{name}"), contents);
    name
}

/// Adds everything that a browser runs. `module` is the name of the first page's WebAssembly.
pub fn add_bundle(files: &mut Files, bundle: Bundle, module: &str, scripts: &Scripts) -> Result<()> {
    let Bundle { wasm, mut javascript, parts, mut loader, snippets } = bundle;
    add(files, module, wasm);
    for (path, source) in snippets {
        let name = add(files, &path, source.into_bytes());
        javascript = javascript.replace(&format!("./{path}"), &format!("./{name}"));
    }
    for (path, part) in parts {
        let name = add(files, &path, part);
        replace_reference(&mut loader, &format!("\"./{path}\""), &format!("\"./{name}\""))?;
    }
    // The two scripts import each other, so neither can contain a hash of the other's final text. Both names contain one
    // hash of both scripts.
    let hash = hex(&Sha256::new().chain_update(&javascript).chain_update(&loader).finalize());
    let (main_name, loader_name) = (with_hash(scripts.main, &hash), with_hash(scripts.loader, &hash));
    // Only in import statements: inside the WebAssembly, the loader keeps the name without a hash.
    replace_reference(
        &mut javascript,
        &format!("from \"./{}\"", scripts.loader),
        &format!("from \"./{loader_name}\""),
    )?;
    replace_reference(&mut loader, &format!("from \"./{}\"", scripts.main), &format!("from \"./{main_name}\""))?;
    files.insert(format!("{FOLDER}/{main_name}"), javascript.into_bytes());
    files.insert(format!("{FOLDER}/{loader_name}"), loader.into_bytes());
    Ok(())
}

/// Fails if the reference is missing, because the browser would then request a file that does not exist.
fn replace_reference(script: &mut String, from: &str, to: &str) -> Result<()> {
    ensure!(script.contains(from), "the generated JavaScript does not contain `{from}`");
    *script = script.replace(from, to);
    Ok(())
}

fn with_hash(path: &str, hash: &str) -> String {
    let hash = &hash[..16];
    match path.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{hash}.{ending}"),
        None => format!("{path}.{hash}"),
    }
}

/// Lowercase hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const SCRIPTS: Scripts = Scripts { main: "main.js", loader: "loader.js" };

    fn bundle(part: &[u8]) -> Bundle {
        Bundle {
            wasm: b"module".to_vec(),
            javascript: "import * as one from \"./loader.js\"\nconst imports = { \"./loader.js\": one };".to_owned(),
            parts: BTreeMap::from([("split_files.wasm".to_owned(), part.to_vec())]),
            loader: "import { initSync } from \"./main.js\";\nfetch(\"./split_files.wasm\")".to_owned(),
            snippets: BTreeMap::new(),
        }
    }

    fn added(bundle: Bundle) -> Result<Files> {
        let mut files = Files::new();
        add_bundle(&mut files, bundle, "module.wasm", &SCRIPTS)?;
        Ok(files)
    }

    #[test]
    fn a_hashed_name_keeps_its_extension_and_depends_on_the_contents() {
        let name = hashed("snippets/a/inline0.js", b"one");
        assert!(name.starts_with("snippets/a/inline0.") && name.ends_with(".js"), "{name}");
        assert_ne!(name, hashed("snippets/a/inline0.js", b"two"));
    }

    #[test]
    fn scripts_import_each_other_and_their_parts_by_existing_names() -> Result<()> {
        let files = added(bundle(b"part"))?;
        let script = |start: &str| {
            let (path, text) = files.iter().find(|(path, _)| path.starts_with(start)).expect("the script is there");
            (path.trim_start_matches("pkg/").to_owned(), String::from_utf8_lossy(text).into_owned())
        };
        let ((main, main_text), (loader, loader_text)) = (script("pkg/main."), script("pkg/loader."));
        assert!(main_text.contains(&format!("from \"./{loader}\"")), "{main_text}");
        assert!(main_text.contains("{ \"./loader.js\": one }"), "the WebAssembly's own name for it stays: {main_text}");
        assert!(loader_text.contains(&format!("from \"./{main}\"")), "{loader_text}");
        let part = hashed("split_files.wasm", b"part");
        assert!(loader_text.contains(&format!("\"./{part}\"")) && files.contains_key(&format!("pkg/{part}")));
        Ok(())
    }

    #[test]
    fn a_changed_part_renames_the_scripts_that_load_it() -> Result<()> {
        let names = |files: Files| files.into_keys().filter(|path| path.ends_with(".js")).collect::<Vec<_>>();
        let (one, two) = (names(added(bundle(b"one"))?), names(added(bundle(b"two"))?));
        assert_eq!(one.len(), 2);
        assert!(one.iter().all(|name| !two.contains(name)), "{one:?} {two:?}");
        Ok(())
    }

    #[test]
    fn a_part_that_no_script_loads_fails_the_build() {
        let mut odd = bundle(b"part");
        odd.loader = odd.loader.replace("split_files", "split_logs");
        assert!(added(odd).is_err());
    }
}
