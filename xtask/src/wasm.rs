//! Builds the WebAssembly and JavaScript that a browser loads from the crate `monitor-frontend`. The file names in the
//! site are up to the caller.

mod split;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    build::Build,
    paths::Paths,
    step::{cargo, on_path, run, run_quietly, say},
};

const TARGET: &str = "wasm32-unknown-unknown";

/// File names of the two scripts, without a folder.
pub struct Scripts {
    /// Instantiates the WebAssembly.
    pub main: &'static str,
    /// Loads the parts.
    pub loader: &'static str,
}

/// What a browser runs.
pub struct Bundle {
    /// The module that every page loads.
    pub wasm: Vec<u8>,
    /// Instantiates it; imports the loader.
    pub javascript: String,
    /// The modules that single pages load, by file name.
    pub parts: BTreeMap<String, Vec<u8>>,
    /// Loads the parts; imports the JavaScript.
    pub loader: String,
    /// Other modules that the JavaScript imports, by their path after `./`.
    pub snippets: BTreeMap<String, String>,
}

/// Compiles the frontend; cargo decides whether there is anything to do. Returns the path of the raw module.
pub fn compile(paths: &Paths, build: Build) -> Result<PathBuf> {
    ensure_target(paths)?;
    let profile = build.wasm_profile();
    let mut command = cargo(paths, "rustc");
    command.args(["--package", "monitor-frontend", "--target", TARGET, "--profile", profile]);
    // The module is split by which function needs which, and that is what relocations tell.
    run(command.args(["--", "-Clink-arg=--emit-relocs"]))?;
    Ok(paths.target.join(TARGET).join(profile).join("monitor_frontend.wasm"))
}

/// Adds the target if it is missing: `rust-toolchain.toml` lists it, but an override (`RUSTUP_TOOLCHAIN`) ignores that
/// file. Without rustup the error says what to install.
pub fn ensure_target(paths: &Paths) -> Result<()> {
    let libraries = run_quietly(Command::new("rustc").current_dir(&paths.root).args([
        "--print",
        "target-libdir",
        "--target",
        TARGET,
    ]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    if on_path("rustup").is_none() {
        bail!("the Rust target `{TARGET}` is missing; install it with the package manager that rustc came from");
    }
    say(&format!("adding the Rust target `{TARGET}` (rustup target add)"));
    run(Command::new("rustup").current_dir(&paths.root).args(["target", "add", TARGET]))
}

/// Splits the raw module into parts and generates its JavaScript. wasm-bindgen is used as a library, so that its version
/// in the lock file can be kept equal to the crate's.
pub fn bind(paths: &Paths, raw: &Path, scripts: &Scripts) -> Result<Bundle> {
    ensure_versions_agree(paths)?;
    let split = split::split(raw, scripts, &paths.target.join("wasm-split"))?;
    let mut output = wasm_bindgen_cli_support::Bindgen::new()
        .input_bytes("main", split.main)
        // These are the table and the memory, which the parts import.
        .keep_lld_exports(true)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .context("wasm-bindgen could not read the module")?;
    let mut snippets = BTreeMap::new();
    for (name, sources) in output.snippets() {
        for (index, source) in sources.iter().enumerate() {
            snippets.insert(format!("snippets/{name}/inline{index}.js"), source.clone());
        }
    }
    for (path, source) in output.local_modules() {
        snippets.insert(format!("snippets/{path}"), source.clone());
    }
    let javascript = output.js().to_owned();
    let wasm = output.wasm_mut().emit_wasm();
    Ok(Bundle { wasm, javascript, parts: split.parts, loader: split.loader, snippets })
}

fn ensure_versions_agree(paths: &Paths) -> Result<()> {
    let lock = std::fs::read_to_string(paths.root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    let version_of = |name: &str| {
        let (_, after) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        after.split('"').next().map(str::to_owned)
    };
    let (library, tool) = (version_of("wasm-bindgen"), version_of("wasm-bindgen-cli-support"));
    ensure!(
        library.is_some() && library == tool,
        "Cargo.lock has wasm-bindgen {library:?} and wasm-bindgen-cli-support {tool:?}; \
         run `cargo update -p wasm-bindgen-cli-support --precise` with the version of wasm-bindgen"
    );
    Ok(())
}

/// wasm-opt: on PATH, or from the browser tests' npm packages.
pub fn optimizer(paths: &Paths) -> Option<PathBuf> {
    let from_npm = paths.end2end().join("node_modules/.bin/wasm-opt");
    on_path("wasm-opt").or_else(|| from_npm.is_file().then_some(from_npm))
}

/// Shrinks a module: the first page's or a part. The features are those that rustc enables by default for wasm32.
///
/// `-O2` without inlining, because what counts is the size after brotli. Measured on this module: `-Oz` is 7% larger than
/// no optimization at all, because it removes repetition that brotli would use; `-O1` 272 kB, this 267 kB.
pub fn optimize(optimizer: &Path, wasm: &[u8], scratch: &Path) -> Result<Vec<u8>> {
    std::fs::create_dir_all(scratch)?;
    let (before, after) = (scratch.join("before.wasm"), scratch.join("after.wasm"));
    std::fs::write(&before, wasm)?;
    run_quietly(
        Command::new(optimizer)
            .args([
                "-O2",
                "--skip-pass=inlining-optimizing",
                "--enable-bulk-memory",
                "--enable-multivalue",
                "--enable-mutable-globals",
                "--enable-nontrapping-float-to-int",
                "--enable-reference-types",
                "--enable-sign-ext",
                "--strip-debug",
                "--strip-producers",
                "--strip-target-features",
            ])
            .arg(&before)
            .arg("-o")
            .arg(&after),
    )?;
    let optimized = std::fs::read(&after)?;
    // wasm-opt sometimes makes a module larger.
    Ok(if optimized.len() < wasm.len() { optimized } else { wasm.to_vec() })
}
