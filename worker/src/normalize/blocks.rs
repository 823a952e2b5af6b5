//! Threat blocks as they come: objects, one or many, or flat lists of ids, names and links, which is all the fields API
//! leaves of them. Flat lists of several tactics do not say which technique is whose, so techniques then stand in a
//! block of their own. What cannot be told is left out, never guessed; time is linear in the text.

use std::collections::{HashMap, HashSet};

use super::notes::Notes;
use super::paths::{BlockPaths, ThreatPaths};
use crate::alert::{Note, Tactic, Technique, Threat};
use crate::fields::{Catalog, CatalogBuilder, PathError, PathId, Reading, Scalar, Want};

/// Reads one block, or one technique, that stands alone.
#[derive(Debug)]
pub(super) struct ThreatReader {
    block: Catalog,
    block_paths: BlockPaths,
    technique: Catalog,
    technique_paths: TechniquePaths,
}

/// Paths of techniques: their three texts, and the objects below them.
#[derive(Debug, Clone, Copy)]
struct TechniquePaths {
    own: [PathId; 3],
    objects: PathId,
    below: [PathId; 3],
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

    /// All blocks of one place.
    pub(super) fn blocks(
        &self,
        reading: &Reading<'_>,
        paths: &ThreatPaths,
        notes: &mut Notes,
    ) -> Vec<Threat> {
        let objects = reading.subtrees(paths.blocks);
        if objects.len() < 2 {
            return self.block(reading, &paths.flat, notes);
        }
        let mut seen = HashSet::new();
        let mut blocks = Vec::with_capacity(objects.len());
        for object in objects.iter().filter_map(|text| self.block.read(text).ok()) {
            blocks.extend(self.block(&object, &self.block_paths, notes));
        }
        // The same block twice is a dotted and a nested copy of one.
        blocks.retain(|block| seen.insert(block.clone()));
        blocks
    }

    /// One block, or the lists of several in one.
    fn block(&self, reading: &Reading<'_>, paths: &BlockPaths, notes: &mut Notes) -> Vec<Threat> {
        let frameworks = reading.scalars(paths.framework);
        let framework = |index| {
            frameworks
                .get(index)
                .or_else(|| frameworks.first())
                .and_then(text)
        };
        let tactics = named(
            reading,
            [paths.tactic_id, paths.tactic_name, paths.tactic_reference],
        );
        let grouped = tactics.len() < 2;
        let techniques = self.techniques(reading, paths);
        notes.add_if(!grouped && !techniques.is_empty(), Note::ThreatUngrouped);
        let mut blocks: Vec<Threat> = Vec::with_capacity(tactics.len() + 1);
        for (index, [id, name, reference]) in tactics.into_iter().enumerate() {
            let tactic = Some(Tactic {
                id,
                name,
                reference,
            });
            blocks.push(Threat {
                framework: framework(index),
                tactic,
                techniques: Vec::new(),
            });
        }
        match blocks.first_mut() {
            Some(only) if grouped => only.techniques = techniques,
            _ => blocks.push(Threat {
                framework: framework(0),
                tactic: None,
                techniques,
            }),
        }
        blocks.retain(|block| !block.is_empty());
        blocks
    }

    fn techniques(&self, reading: &Reading<'_>, paths: &BlockPaths) -> Vec<Technique> {
        let objects = reading.subtrees(paths.techniques);
        if objects.len() < 2 {
            return self.with_below(reading, paths.into());
        }
        let read = objects
            .iter()
            .filter_map(|text| self.technique.read(text).ok());
        read.flat_map(|object| self.with_below(&object, self.technique_paths))
            .collect()
    }

    /// Techniques with their subtechniques, which name their technique in front of a dot.
    fn with_below(&self, reading: &Reading<'_>, paths: TechniquePaths) -> Vec<Technique> {
        let mut techniques: Vec<Technique> = named(reading, paths.own)
            .into_iter()
            .map(technique)
            .collect();
        let below = self.below(reading, paths);
        if let [only] = techniques.as_mut_slice() {
            only.subtechniques = below;
            return techniques;
        }
        let own_ids = techniques
            .iter()
            .enumerate()
            .filter_map(|(at, own)| Some((own.id.clone()?, at)));
        let places: HashMap<String, usize> = own_ids.collect();
        for sub in below {
            let parent = sub
                .id
                .as_deref()
                .and_then(|id| id.split('.').next())
                .and_then(|id| places.get(id));
            match parent.and_then(|at| techniques.get_mut(*at)) {
                Some(parent) => parent.subtechniques.push(sub),
                None => techniques.push(sub),
            }
        }
        techniques
    }

    fn below(&self, reading: &Reading<'_>, paths: TechniquePaths) -> Vec<Technique> {
        let objects = reading.subtrees(paths.objects);
        if objects.len() < 2 {
            return named(reading, paths.below)
                .into_iter()
                .map(technique)
                .collect();
        }
        let read = objects
            .iter()
            .filter_map(|text| self.technique.read(text).ok());
        read.flat_map(|object| named(&object, self.technique_paths.own))
            .map(technique)
            .collect()
    }
}

/// Ids, names and links side by side. Lists of other lengths than the ids' cannot be told to whom they belong.
fn named(reading: &Reading<'_>, paths: [PathId; 3]) -> Vec<[Option<String>; 3]> {
    let lists = paths.map(|path| reading.scalars(path));
    let length = lists
        .iter()
        .map(|list| list.len())
        .find(|length| *length > 0)
        .unwrap_or_default();
    let at = |list: &[Scalar<'_>], index| {
        if list.len() == length {
            list.get(index).and_then(text)
        } else {
            None
        }
    };
    let rows = (0..length).map(|index| lists.map(|list| at(list, index)));
    rows.filter(|row| row.iter().any(Option::is_some)).collect()
}

fn text(scalar: &Scalar<'_>) -> Option<String> {
    let text = scalar.as_text();
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn technique([id, name, reference]: [Option<String>; 3]) -> Technique {
    Technique {
        id,
        name,
        reference,
        subtechniques: Vec::new(),
    }
}
