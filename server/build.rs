//! Embeds the site that `cargo xtask build` made, as a table for `src/site.rs`. Without a site the table is empty and
//! the panel serves its pages without WebAssembly, so that a plain `cargo check` needs nothing.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

fn main() {
    let site = site_folder();
    // Cargo reruns a script whose watched folder is absent on every build; an empty folder is cheaper.
    let _ = fs::create_dir_all(&site);
    println!("cargo:rerun-if-env-changed=CLAWKER_SITE_DIR");
    println!("cargo:rerun-if-changed={}", site.display());

    let mut files = Vec::new();
    collect(&site, &site, &mut files);
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
            match compressed.is_file() {
                true => format!("Some(include_bytes!({compressed:?}))"),
                false => "None".to_owned(),
            }
        };
        table.push_str(&format!(
            "    Asset {{ path: {:?}, content_type: {:?}, identity: {}, brotli: {}, gzip: {}, \
             immutable: {}, etag: \"{:016x}\" }},\n",
            format!("/{path}"),
            content_type(path),
            // Only what is not there in gzip: the binary is to be small.
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

/// `CLAWKER_SITE_DIR`, or `site` in cargo's target folder, which lies above OUT_DIR.
fn site_folder() -> PathBuf {
    if let Some(folder) = env::var_os("CLAWKER_SITE_DIR") {
        return folder.into();
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let target = out.ancestors().filter(|folder| folder.join("CACHEDIR.TAG").is_file()).last();
    // Without that mark, as in a copied folder, cargo's usual place; absolute, because `include_bytes!` reads a relative
    // path from the folder of the generated file.
    let usual =
        || Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR")).join("../target");
    target.map_or_else(usual, Path::to_path_buf).join("site")
}

/// Every file below the folder but the manifest and the compressed forms, which belong to another file.
fn collect(site: &Path, folder: &Path, files: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(site, &path, files);
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

/// `pkg/clawker-monitor.0123456789abcdef.js`: sixteen hexadecimal digits before the ending. Such a file never changes.
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
