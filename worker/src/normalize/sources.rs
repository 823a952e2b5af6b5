//! The places a value may come from, in reach by one name each. A value of white space alone is no value anywhere.

use std::collections::HashSet;

use super::notes::Notes;
use super::paths::{Paths, RulePaths, RuleSource};
use crate::alert::Note;
use crate::fields::{MAX_VALUES, PathId, Reading, Scalar};

/// Longer lists of tags, tactics or techniques are cut, and said to be: no rule has as many, and a row must stay a row.
pub(super) const MAX_LIST: usize = MAX_VALUES;
/// How many values of a path are looked at for one that is not blank.
const MAX_BLANKS: usize = 64;

/// A document with the rule objects found in it and beside it.
#[derive(Debug)]
pub(super) struct Sources<'s> {
    pub(super) document: &'s Reading<'s>,
    /// The rule's parameters when they came as text inside the document.
    pub(super) parameters: Option<Reading<'s>>,
    /// The rule sent beside thin alerts.
    pub(super) context: Option<Reading<'s>>,
    pub(super) paths: &'s Paths,
    /// The paths of the two above.
    pub(super) rule_paths: &'s RuleSource,
}

/// A place that holds a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Kibana,
    Signal,
    Parameters,
    Context,
}

impl Origin {
    /// The usual order of precedence.
    pub(super) const ALL: [Self; 4] = [Self::Kibana, Self::Signal, Self::Parameters, Self::Context];
}

impl<'s> Sources<'s> {
    /// The first value of a path of the document.
    pub(super) fn first(&self, path: PathId) -> Option<&Scalar<'s>> {
        first(self.document, path)
    }

    /// The text of the first path of the document that has one.
    pub(super) fn text(&self, paths: &[PathId]) -> Option<String> {
        paths.iter().find_map(|path| self.first(*path)).map(owned)
    }

    /// The places an origin stands for, in order.
    pub(super) fn places(
        &self,
        origin: Origin,
    ) -> impl Iterator<Item = (&Reading<'s>, &'s RuleSource)> {
        let (near, far) = match origin {
            Origin::Kibana => (Some(&self.paths.kibana), None),
            Origin::Signal => (Some(&self.paths.signal), None),
            Origin::Parameters => (Some(&self.paths.parameters), self.parameters.as_ref()),
            Origin::Context => (None, self.context.as_ref()),
        };
        let near = near.map(|source| (self.document, source));
        near.into_iter()
            .chain(far.map(|reading| (reading, self.rule_paths)))
    }

    /// The first value of a rule's field at one origin.
    pub(super) fn rule(
        &self,
        origin: Origin,
        field: fn(&RulePaths) -> PathId,
    ) -> Option<&Scalar<'s>> {
        self.places(origin)
            .find_map(|(reading, source)| first(reading, field(&source.rule)))
    }

    /// The text of a rule's field at the first of the origins that has one.
    pub(super) fn rule_text(
        &self,
        origins: &[Origin],
        field: fn(&RulePaths) -> PathId,
    ) -> Option<String> {
        origins
            .iter()
            .find_map(|origin| self.rule(*origin, field))
            .map(owned)
    }
}

fn first<'r, 'a>(reading: &'r Reading<'a>, path: PathId) -> Option<&'r Scalar<'a>> {
    reading
        .scalars(path)
        .iter()
        .take(MAX_BLANKS)
        .find(|scalar| !is_blank(scalar))
}

fn is_blank(scalar: &Scalar<'_>) -> bool {
    scalar.as_text().trim().is_empty()
}

/// A value's text.
pub(super) fn owned(scalar: &Scalar<'_>) -> String {
    scalar.as_text().to_owned()
}

/// The values of a path as text, in order, each once, without blank ones and those in front of which `unwanted` stands.
pub(super) fn unique(
    (reading, path): (&Reading<'_>, PathId),
    unwanted: Option<&str>,
    notes: &mut Notes,
) -> Vec<String> {
    let wanted = |text: &str| !unwanted.is_some_and(|unwanted| text.starts_with(unwanted));
    let mut seen = HashSet::new();
    let fresh = |value: &&Scalar<'_>| !is_blank(value) && wanted(value.as_text());
    let all = reading
        .scalars(path)
        .iter()
        .filter(fresh)
        .filter(|value| seen.insert(value.as_text()));
    let kept: Vec<String> = all.take(MAX_LIST).map(owned).collect();
    notes.add_if(reading.beyond(path) > 0, Note::ListCut);
    kept
}
