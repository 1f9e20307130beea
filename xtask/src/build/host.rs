//! The machine that builds: its target triple, and whether a static binary can be linked on it.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{
    paths::Paths,
    step::{output, run_quietly, say},
};

pub struct Host {
    /// As `x86_64-unknown-linux-gnu`.
    pub triple: String,
}

impl Host {
    pub fn find(paths: &Paths) -> Result<Host> {
        let printed = run_quietly(Command::new("rustc").current_dir(&paths.root).args(["--print", "host-tuple"]))?;
        Ok(Host { triple: printed.trim().to_owned() })
    }

    /// GNU/Linux with the static C library. Rust's musl targets are static anyway, and macOS has no static binaries.
    pub fn links_statically(&self) -> bool {
        if !self.is_gnu_linux() {
            return false;
        }
        // A C compiler answers with the bare name if it does not find the file.
        let library = output(Command::new("cc").arg("-print-file-name=libc.a"));
        let is_there = library.is_ok_and(|output| {
            let path = String::from_utf8_lossy(&output.stdout);
            Path::new(path.trim()).is_absolute() && Path::new(path.trim()).is_file()
        });
        if !is_there {
            say(
                "`libc.a` was not found (Fedora has it in `glibc-static`), so the binary needs this machine's C library",
            );
        }
        is_there
    }

    /// A host whose C library is linked dynamically unless a flag says otherwise.
    pub fn is_gnu_linux(&self) -> bool {
        self.triple.ends_with("-linux-gnu")
    }

    /// A `--config` argument for cargo. Flags for a target replace those of `[build]`, so the latter are repeated.
    pub fn rustflags(&self, is_static: bool) -> String {
        let flags = if is_static {
            r#"["--cfg=erase_components", "-Ctarget-feature=+crt-static"]"#
        } else {
            r#"["--cfg=erase_components"]"#
        };
        format!("target.{}.rustflags={flags}", self.triple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gnu_linux_needs_a_flag_to_link_statically() {
        let host = |triple: &str| Host { triple: triple.to_owned() };
        assert!(host("aarch64-unknown-linux-gnu").is_gnu_linux());
        for other in ["x86_64-unknown-linux-musl", "aarch64-apple-darwin", "x86_64-pc-windows-gnu"] {
            assert!(!host(other).is_gnu_linux(), "{other}");
            assert!(!host(other).links_statically(), "{other}");
        }
    }

    #[test]
    fn the_flags_of_every_build_are_kept_for_the_target() -> Result<()> {
        let config = std::fs::read_to_string(Paths::find()?.root.join(".cargo/config.toml"))?;
        let line = config.lines().find(|line| line.starts_with("rustflags = ")).unwrap_or_default();
        let host = Host { triple: "a-b-c".to_owned() };
        assert_eq!(host.rustflags(false), format!("target.a-b-c.{}", line.replace(" = ", "=")));
        assert!(host.rustflags(true).contains("crt-static") && host.rustflags(true).contains("erase_components"));
        Ok(())
    }
}
