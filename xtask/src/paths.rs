//! Where things are: the repository, the build output, and what xtask keeps there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The places xtask reads and writes.
pub struct Paths {
    /// The repository.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
}

impl Paths {
    /// The repository is where this crate was compiled; the target folder is cargo's.
    pub fn find() -> Result<Paths> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the repository")?.to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Ok(Paths { root, target })
    }

    /// The cargo that runs this.
    pub fn cargo(&self) -> PathBuf {
        std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
    }

    /// Programs that xtask fetched for itself.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The browser tests.
    pub fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// The small binary, which people keep.
    pub fn binary(&self) -> PathBuf {
        self.target.join("release").join("clawker-monitor")
    }
}
