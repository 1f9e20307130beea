//! The paths that xtask uses: the repository, the build output, and its own files there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub struct Paths {
    /// The repository.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
}

impl Paths {
    /// Finds the repository that this crate was compiled in, and cargo's target folder.
    pub fn find() -> Result<Paths> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask is in the repository")?.to_owned();
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

    /// Programs that xtask downloaded.
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
