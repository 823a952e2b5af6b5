//! Collects what a body holds while it is unwrapped, and counts every candidate, so that no body makes more than allowed.
//! The state of one reading is separate from what was found: what was found may borrow from text that only lives for a
//! while and is then made to own its texts.

use std::borrow::Cow;
use std::collections::HashSet;

use super::document::{Document, Rejected, RejectedReason};
use super::error::PayloadError;
use super::mended::Mended;
use super::read::Limits;
use super::unwrap::Place;

/// The state of one reading.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) limits: Limits,
    pub(super) mended: Vec<Mended>,
    candidates: usize,
}

impl Reading {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            mended: Vec::new(),
            candidates: 0,
        }
    }

    pub(super) fn note(&mut self, mend: Mended) {
        if !self.mended.contains(&mend) {
            self.mended.push(mend);
        }
    }

    /// A reading of a part, which counts on from here and is taken over or forgotten.
    pub(super) fn attempt(&self) -> Self {
        Self {
            limits: self.limits,
            mended: self.mended.clone(),
            candidates: self.candidates,
        }
    }

    /// Counts a candidate and returns its position in the body.
    fn candidate(&mut self) -> Result<usize, PayloadError> {
        let position = self.candidates;
        if position >= self.limits.documents {
            return Err(PayloadError::TooManyDocuments {
                limit: self.limits.documents,
            });
        }
        self.candidates += 1;
        Ok(position)
    }
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Gathered<'t> {
    pub(super) documents: Vec<Document<'t>>,
    pub(super) rejected: Vec<Rejected<'t>>,
    /// Whether a list for alerts was met with nothing in it.
    pub(super) empty_list: bool,
}

impl<'t> Gathered<'t> {
    pub(super) fn accept(
        &mut self,
        document: Document<'t>,
        reading: &mut Reading,
    ) -> Result<(), PayloadError> {
        reading.candidate()?;
        self.documents.push(document);
        Ok(())
    }

    pub(super) fn reject(
        &mut self,
        text: &'t str,
        reason: RejectedReason,
        place: &Place<'_>,
        reading: &mut Reading,
    ) -> Result<(), PayloadError> {
        let position = reading.candidate()?;
        self.rejected.push(Rejected {
            position,
            reason,
            text: Cow::Borrowed(text),
            beside: place.beside(),
        });
        Ok(())
    }

    pub(super) fn absorb(&mut self, other: Gathered<'t>) {
        self.documents.extend(other.documents);
        self.rejected.extend(other.rejected);
        self.empty_list |= other.empty_list;
    }

    pub(super) fn into_owned(self) -> Gathered<'static> {
        Gathered {
            documents: self
                .documents
                .into_iter()
                .map(Document::into_owned)
                .collect(),
            rejected: self
                .rejected
                .into_iter()
                .map(Rejected::into_owned)
                .collect(),
            empty_list: self.empty_list,
        }
    }

    /// Drops documents that repeat an earlier one.
    pub(super) fn drop_repeated(&mut self) {
        if self.documents.len() < 2 {
            return;
        }
        let mut seen = HashSet::with_capacity(self.documents.len());
        let is_new: Vec<bool> = self
            .documents
            .iter()
            .map(|document| {
                let id = document.elastic_id();
                let text = if id.is_none() {
                    document.alert_text()
                } else {
                    ""
                };
                seen.insert((id, text))
            })
            .collect();
        drop(seen);
        let mut is_new = is_new.into_iter();
        self.documents.retain(|_| is_new.next().unwrap_or(true));
    }
}
