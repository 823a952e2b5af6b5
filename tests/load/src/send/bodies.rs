//! Where bodies come from: the generator, or the files of a folder, in the order of their names.
//!
//! Files are read once, before the first request; they repeat when there are more requests than files,
//! which the pipeline stores as occurrences of the first.

use std::path::Path;

use anyhow::{Context, ensure};
use bytes::Bytes;

use crate::generate::Generator;

/// A source of bodies.
#[derive(Clone, Debug)]
pub enum Bodies {
    /// Made as they are sent.
    Generated(Generator),
    /// Read from files.
    Files(Vec<Bytes>),
}

impl Bodies {
    /// Every file of a folder, not of those below it.
    ///
    /// # Errors
    /// When the folder cannot be read, or holds no file.
    pub fn of_folder(folder: &Path) -> anyhow::Result<Self> {
        let context = || format!("cannot read the folder {}", folder.display());
        let mut paths = Vec::new();
        for entry in folder.read_dir().with_context(context)? {
            let path = entry.with_context(context)?.path();
            if path.is_file() {
                paths.push(path);
            }
        }
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let body =
                std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.push(body.into());
        }
        ensure!(
            !files.is_empty(),
            "no file in the folder {}",
            folder.display()
        );
        Ok(Self::Files(files))
    }

    /// The body of request `n`.
    pub fn body(&self, n: u64) -> Bytes {
        match self {
            Self::Generated(generator) => generator.body(n),
            Self::Files(files) => {
                let count = u64::try_from(files.len()).unwrap_or(u64::MAX);
                files[usize::try_from(n % count).unwrap_or_default()].clone()
            }
        }
    }
}
