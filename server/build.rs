//! Embeds the site that `cargo xtask build` creates, as a table for `src/site.rs`. Without a site the table is empty and
//! pages are served without WebAssembly, so that a plain `cargo check` needs nothing.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

fn main() {
    let site = site_folder();
    // Cargo reruns a build script on every build if a watched folder is missing, so an empty one is created.
    let _ = fs::create_dir_all(&site);
    println!("cargo:rerun-if-env-changed=CLAWKER_SITE_DIR");
    println!("cargo:rerun-if-changed={}", site.display());

    let mut files = Vec::new();
    collect_files(&site, &site, &mut files);
    files.sort();
    let mut build = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut build);
    let mut table = String::from("&[\n");
    for path in &files {
        let file = site.join(path);
        let contents = fs::read(&file).unwrap_or_else(|error| panic!("`{}`: {error}", file.display()));
        let mut hash = DefaultHasher::new();
        contents.hash(&mut hash);
        (path, hash.finish()).hash(&mut build);
        let include = |ending: &str| {
            let compressed = PathBuf::from(format!("{}.{ending}", file.display()));
            if compressed.is_file() { format!("Some(include_bytes!({compressed:?}))") } else { "None".to_owned() }
        };
        table.push_str(&format!(
            "    Asset {{ path: {:?}, content_type: {:?}, identity: {}, brotli: {}, gzip: {}, \
             immutable: {}, etag: \"{:016x}\" }},\n",
            format!("/{path}"),
            content_type(path),
            // Only if there is no gzip version, to keep the binary small.
            if include("gz") == "None" { format!("Some(include_bytes!({file:?}))") } else { "None".to_owned() },
            include("br"),
            include("gz"),
            has_hashed_name(path),
            hash.finish(),
        ));
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("assets.rs"), table).expect("OUT_DIR is writable");
    println!("cargo:rustc-env=CLAWKER_BUILD_ID={:016x}", build.finish());
}

/// `CLAWKER_SITE_DIR`, or `site` in cargo's target folder, which is a parent of OUT_DIR.
fn site_folder() -> PathBuf {
    if let Some(folder) = env::var_os("CLAWKER_SITE_DIR") {
        return folder.into();
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let target = out.ancestors().filter(|folder| folder.join("CACHEDIR.TAG").is_file()).last();
    // A copied target folder may lack that file. The default folder is made absolute, because `include_bytes!` resolves
    // relative paths from the generated file.
    let usual =
        || Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR")).join("../target");
    target.map_or_else(usual, Path::to_path_buf).join("site")
}

/// Adds every file in the folder, except for the manifest and compressed versions of other files.
fn collect_files(site: &Path, folder: &Path, files: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect_files(site, &path, files);
            continue;
        }
        let Ok(name) = path.strip_prefix(site) else { continue };
        let name = name.to_string_lossy().replace('\\', "/");
        let is_compressed = [".br", ".gz"]
            .iter()
            .any(|ending| name.strip_suffix(ending).is_some_and(|original| site.join(original).is_file()));
        if name != "manifest.json" && !is_compressed {
            files.push(name);
        }
    }
}

/// Whether the name contains a hash, as in `pkg/clawker-monitor.0123456789abcdef.js`. Such a file never changes.
fn has_hashed_name(path: &str) -> bool {
    path.rsplit('.').nth(1).is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("webmanifest" | "json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
