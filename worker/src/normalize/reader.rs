//! The catalogs that read one threat block, or one technique, that stands alone, compiled once.

use super::paths::BlockPaths;
use crate::fields::{Catalog, CatalogBuilder, PathError, PathId, Want};

/// Reads one block, or one technique, that stands alone.
#[derive(Debug)]
pub(super) struct ThreatReader {
    pub(super) block: Catalog,
    pub(super) block_paths: BlockPaths,
    pub(super) technique: Catalog,
    pub(super) technique_paths: TechniquePaths,
}

/// Paths of techniques: their three texts, and the objects below them.
#[derive(Debug, Clone, Copy)]
pub(super) struct TechniquePaths {
    pub(super) own: [PathId; 3],
    pub(super) objects: PathId,
    pub(super) below: [PathId; 3],
}

impl From<&BlockPaths> for TechniquePaths {
    fn from(block: &BlockPaths) -> Self {
        Self {
            own: [
                block.technique_id,
                block.technique_name,
                block.technique_reference,
            ],
            objects: block.subtechniques,
            below: [
                block.subtechnique_id,
                block.subtechnique_name,
                block.subtechnique_reference,
            ],
        }
    }
}

impl ThreatReader {
    pub(super) fn new() -> Result<Self, PathError> {
        let mut block = CatalogBuilder::new();
        let block_paths = BlockPaths::register(&mut block, "")?;
        let mut technique = CatalogBuilder::new();
        let mut want = |path| technique.want(path, Want::Scalars);
        let own = [want("id")?, want("name")?, want("reference")?];
        let below = [
            want("subtechnique.id")?,
            want("subtechnique.name")?,
            want("subtechnique.reference")?,
        ];
        let objects = technique.want("subtechnique", Want::Objects)?;
        let technique_paths = TechniquePaths {
            own,
            objects,
            below,
        };
        Ok(Self {
            block: block.build(),
            block_paths,
            technique: technique.build(),
            technique_paths,
        })
    }
}
