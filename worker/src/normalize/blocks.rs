//! Threat blocks as they come: objects, one or many, or flat lists of ids, names and links, which is all the fields API
//! leaves of them. Flat lists of several tactics do not say which technique is whose, so techniques then stand in a
//! block of their own. What cannot be told is left out, never guessed; lists are cut at a length no rule reaches.

use std::collections::{HashMap, HashSet};

use super::notes::Notes;
use super::paths::{BlockPaths, ThreatPaths};
use super::reader::{TechniquePaths, ThreatReader};
use super::sources::MAX_LIST;
use crate::alert::{Note, Tactic, Technique, Threat};
use crate::fields::{PathId, Reading, Scalar};

/// Id, name and link.
type Row = [Option<String>; 3];

/// All blocks of one place.
pub(super) fn blocks(
    reader: &ThreatReader,
    reading: &Reading<'_>,
    paths: &ThreatPaths,
    notes: &mut Notes,
) -> Vec<Threat> {
    let mut blocks = Blocks {
        reader,
        left: MAX_LIST,
        notes,
    };
    let objects = reading.subtrees(paths.blocks);
    if objects.len() < 2 {
        return blocks.block(reading, &paths.flat);
    }
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for text in blocks.within(reading, paths.blocks) {
        let Ok(object) = reader.block.read(text) else {
            continue;
        };
        all.extend(blocks.block(&object, &reader.block_paths));
    }
    // The same block twice is a dotted and a nested copy of one.
    all.retain(|block: &Threat| seen.insert(block.clone()));
    all
}

/// Reads the blocks of one place.
struct Blocks<'r> {
    reader: &'r ThreatReader,
    /// How many more tactics and techniques there may be.
    left: usize,
    notes: &'r mut Notes,
}

impl Blocks<'_> {
    /// One block, or the lists of several in one.
    fn block(&mut self, reading: &Reading<'_>, paths: &BlockPaths) -> Vec<Threat> {
        let frameworks = reading.scalars(paths.framework);
        let framework = |index| {
            frameworks
                .get(index)
                .or_else(|| frameworks.first())
                .and_then(text)
        };
        let tactics = self.rows(
            reading,
            [paths.tactic_id, paths.tactic_name, paths.tactic_reference],
        );
        let grouped = tactics.len() < 2;
        let techniques = self.techniques(reading, paths);
        self.notes
            .add_if(!grouped && !techniques.is_empty(), Note::ThreatUngrouped);
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

    fn techniques(&mut self, reading: &Reading<'_>, paths: &BlockPaths) -> Vec<Technique> {
        let objects = reading.subtrees(paths.techniques);
        if objects.len() < 2 {
            return self.with_below(reading, paths.into());
        }
        let mut techniques = Vec::with_capacity(objects.len().min(MAX_LIST));
        for text in self.within(reading, paths.techniques) {
            let Ok(object) = self.reader.technique.read(text) else {
                continue;
            };
            techniques.extend(self.with_below(&object, self.reader.technique_paths));
        }
        techniques
    }

    /// Techniques with their subtechniques, which name their technique in front of a dot.
    fn with_below(&mut self, reading: &Reading<'_>, paths: TechniquePaths) -> Vec<Technique> {
        let mut techniques: Vec<Technique> = self
            .rows(reading, paths.own)
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

    fn below(&mut self, reading: &Reading<'_>, paths: TechniquePaths) -> Vec<Technique> {
        let objects = reading.subtrees(paths.objects);
        if objects.len() < 2 {
            return self
                .rows(reading, paths.below)
                .into_iter()
                .map(technique)
                .collect();
        }
        let mut below = Vec::with_capacity(objects.len().min(MAX_LIST));
        for text in self.within(reading, paths.objects) {
            let Ok(object) = self.reader.technique.read(text) else {
                continue;
            };
            below.extend(
                self.rows(&object, self.reader.technique_paths.own)
                    .into_iter()
                    .map(technique),
            );
        }
        below
    }

    /// As many objects as there may be more rows.
    fn within<'t>(&mut self, reading: &'t Reading<'t>, path: PathId) -> &'t [&'t str] {
        let objects = reading.subtrees(path);
        let all = objects.len() + reading.beyond(path);
        self.notes.add_if(all > self.left, Note::ListCut);
        objects.get(..self.left).unwrap_or(objects)
    }

    /// Ids, names and links side by side, each row once. A list of another length than the ids' does not say whose its
    /// values are.
    fn rows(&mut self, reading: &Reading<'_>, paths: [PathId; 3]) -> Vec<Row> {
        let whole = |path| reading.scalars(path).len() + reading.beyond(path);
        let length = paths
            .map(whole)
            .into_iter()
            .find(|length| *length > 0)
            .unwrap_or_default();
        let lists = paths.map(|path| (reading.scalars(path), whole(path) == length));
        let aligned = |(list, same): (&[Scalar<'_>], bool), index| {
            let value = list.get(index).filter(|_| same);
            value.and_then(text)
        };
        let rows = (0..length.min(self.left)).map(|index| lists.map(|list| aligned(list, index)));
        let mut rows: Vec<Row> = rows.filter(|row| row.iter().any(Option::is_some)).collect();
        self.notes.add_if(length > self.left, Note::ListCut);
        self.left -= rows.len();
        if rows.len() > 1 {
            let mut seen = HashSet::new();
            rows.retain(|row| seen.insert(row.clone()));
        }
        rows
    }
}

fn text(scalar: &Scalar<'_>) -> Option<String> {
    let text = scalar.as_text();
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn technique([id, name, reference]: Row) -> Technique {
    Technique {
        id,
        name,
        reference,
        subtechniques: Vec::new(),
    }
}
