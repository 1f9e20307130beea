//! The site: everything a browser loads, under hashed names and already compressed, in `target/site` or, for the quick
//! build, `target/site-quick`. The server's build script embeds the folder as it finds it.
//!
//! **Invariant:** if no input changed, no file is touched, so that cargo finds nothing to rebuild.

mod compression;
mod names;
pub mod style;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

use crate::{
    build::Build,
    paths::Paths,
    step::say,
    wasm::{self, Scripts},
};

use compression::Format;
pub use names::hex;

/// Raised whenever this module makes something different from the same inputs.
const PIPELINE: &str = "5";
const MANIFEST: &str = "manifest.json";
const MODULE: &str = "clawker-monitor.wasm";
const SCRIPTS: Scripts = Scripts { main: "clawker-monitor.js", loader: "clawker-monitor-parts.js" };

/// Path in the site (`pkg/clawker-monitor.0123456789abcdef.js`) and contents.
type Files = BTreeMap<String, Vec<u8>>;

/// Brings the site of that build up to date. `raw` is the path of the compiled module.
pub fn build(paths: &Paths, build: Build, raw: &Path) -> Result<()> {
    let optimizer = match build {
        Build::Quick => None,
        Build::Small => Some(wasm::optimizer(paths)),
    };
    let styles = style::bundle(&paths.root.join("style"))?.into_bytes();
    let public = public_files(&paths.root.join("public"))?;

    let mut inputs = Sha256::new();
    inputs.update(PIPELINE);
    inputs.update([u8::from(optimizer.as_ref().is_some_and(Option::is_some))]);
    inputs.update(fs::read(raw).with_context(|| format!("`{}` cannot be read", raw.display()))?);
    inputs.update(&styles);
    for (path, contents) in &public {
        inputs.update(path);
        inputs.update(contents);
    }
    let inputs = hex(&inputs.finalize());
    let site = build.site(paths);
    if is_current(&site, &inputs) {
        return Ok(());
    }

    say("   splitting the WebAssembly into pages, and binding it to JavaScript");
    let mut bundle = wasm::bind(paths, raw, &SCRIPTS)?;
    match &optimizer {
        Some(Some(optimizer)) => {
            say(&format!("   optimizing {} modules with wasm-opt", bundle.parts.len() + 1));
            for module in bundle.parts.values_mut().chain([&mut bundle.wasm]) {
                *module = wasm::optimize(optimizer, module, &paths.target.join("wasm-opt"))?;
            }
        }
        Some(None) => {
            say("   `wasm-opt` was not found, so the WebAssembly stays larger; `npm ci` in `end2end` brings it")
        }
        None => {}
    }
    let mut files = public;
    names::add(&mut files, "clawker-monitor.css", styles);
    names::add_bundle(&mut files, bundle, MODULE, &SCRIPTS)?;
    say(&format!("   compressing {} files", files.len()));
    write(&site, &files, &inputs, compression::formats(build))
}

/// Size in bytes of the small build's WebAssembly for the first page, compressed with brotli.
pub fn wasm_brotli_bytes(paths: &Paths) -> Result<u64> {
    let main = wasm_sizes(paths)?.into_iter().find(|(name, _)| name.starts_with("clawker-monitor."));
    main.map(|(_, bytes)| bytes).context("`target/site/pkg` holds no compressed WebAssembly")
}

/// File name and size in bytes, compressed with brotli, of each part that other pages load.
pub fn part_sizes(paths: &Paths) -> Result<Vec<(String, u64)>> {
    let all = wasm_sizes(paths)?;
    Ok(all.into_iter().filter(|(name, _)| !name.starts_with("clawker-monitor.")).collect())
}

fn wasm_sizes(paths: &Paths) -> Result<Vec<(String, u64)>> {
    let mut sizes = Vec::new();
    for entry in fs::read_dir(Build::Small.site(paths).join("pkg"))? {
        let entry = entry?;
        if let Some(name) = entry.file_name().to_string_lossy().strip_suffix(".br")
            && name.ends_with(".wasm")
        {
            sizes.push((name.to_owned(), entry.metadata()?.len()));
        }
    }
    sizes.sort();
    Ok(sizes)
}

/// The manifest was written last, so what it lists is whole.
fn is_current(site: &Path, inputs: &str) -> bool {
    let Ok(text) = fs::read_to_string(site.join(MANIFEST)) else { return false };
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(&text) else { return false };
    let files = manifest["files"].as_array().map(Vec::as_slice).unwrap_or_default();
    manifest["inputs"] == inputs && files.iter().filter_map(|file| file.as_str()).all(|file| site.join(file).is_file())
}

fn write(site: &Path, files: &Files, inputs: &str, formats: &[Format]) -> Result<()> {
    let mut listed = BTreeSet::new();
    for (path, contents) in files {
        let file = site.join(path);
        let changed = write_if_different(&file, contents)?;
        listed.insert(path.clone());
        for format in formats {
            let compressed = PathBuf::from(format!("{}.{}", file.display(), format.ending));
            if changed || !compressed.is_file() {
                write_if_different(&compressed, &(format.compress)(contents)?)?;
            }
            listed.insert(format!("{path}.{}", format.ending));
        }
    }
    remove_unlisted(site, site, &listed)?;
    let manifest = serde_json::json!({ "inputs": inputs, "files": listed });
    write_if_different(&site.join(MANIFEST), format!("{manifest:#}\n").as_bytes())?;
    Ok(())
}

fn remove_unlisted(site: &Path, folder: &Path, listed: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_unlisted(site, &path, listed)?;
            continue;
        }
        let name = path.strip_prefix(site)?.to_string_lossy().into_owned();
        if !listed.contains(&name) && name != MANIFEST {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn write_if_different(file: &Path, contents: &[u8]) -> Result<bool> {
    if fs::read(file).is_ok_and(|present| present == contents) {
        return Ok(false);
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, contents).with_context(|| format!("`{}` cannot be written", file.display()))?;
    Ok(true)
}

fn public_files(folder: &Path) -> Result<Files> {
    files_below(folder, folder)
}

fn files_below(root: &Path, folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    // An absent folder is an empty one: git keeps no empty folders.
    let Ok(entries) = fs::read_dir(folder) else { return Ok(files) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(root, &path)?);
        } else {
            files.insert(path.strip_prefix(root)?.to_string_lossy().replace('\\', "/"), fs::read(&path)?);
        }
    }
    Ok(files)
}
