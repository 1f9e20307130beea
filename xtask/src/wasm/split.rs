//! Splits the module at its split points (`#[wasm_split]` in `app`): one module for the first page, and the parts that the
//! browser loads for other pages.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, anyhow, ensure};
use wasm_split_cli_support::{Options, transform};

use super::Scripts;

pub struct SplitModule {
    /// The module of the first page, for wasm-bindgen.
    pub main: Vec<u8>,
    /// The parts by file name: `split_files.wasm`, or `chunk_3.wasm` for what several of them share.
    pub parts: BTreeMap<String, Vec<u8>>,
    /// The JavaScript that loads the parts. It names them as `"./split_files.wasm"`.
    pub loader: String,
}

/// Splits `raw`, which must have been linked with its relocations. The scripts import each other: the WebAssembly loads
/// parts through the loader, and the loader gets the shared exports from the main script.
pub fn split(raw: &Path, scripts: &Scripts, scratch: &Path) -> Result<SplitModule> {
    // Remove the parts of an earlier run.
    if scratch.exists() {
        fs::remove_dir_all(scratch)?;
    }
    fs::create_dir_all(scratch)?;
    let input = fs::read(raw).with_context(|| format!("`{}` cannot be read", raw.display()))?;
    let (main, main_script, loader) =
        (scratch.join("main.wasm"), format!("./{}", scripts.main), format!("./{}", scripts.loader));
    let mut options = Options::new(&input);
    options.output_dir = scratch;
    options.main_out_path = &main;
    options.main_module = &main_script;
    options.link_name = &loader;
    let output = transform(options).map_err(|error| anyhow!("the WebAssembly could not be split: {error:#}"))?;
    ensure!(!output.split_modules.is_empty(), "the WebAssembly has no parts: was it linked with `--emit-relocs`?");
    let mut parts = BTreeMap::new();
    for path in output.split_modules {
        let name = path.file_name().context("a part has a name")?.to_string_lossy().into_owned();
        parts.insert(name, fs::read(&path)?);
    }
    Ok(SplitModule { main: fs::read(&main)?, parts, loader: fs::read_to_string(scratch.join(scripts.loader))? })
}
