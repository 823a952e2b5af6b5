//! Collects what was mended, each thing once, in the order it was noticed.

use crate::alert::Note;

#[derive(Debug, Default)]
pub(super) struct Notes(Vec<Note>);

impl Notes {
    pub(super) fn add(&mut self, note: impl Into<Option<Note>>) {
        if let Some(note) = note.into().filter(|note| !self.0.contains(note)) {
            self.0.push(note);
        }
    }

    pub(super) fn add_if(&mut self, holds: bool, note: Note) {
        if holds {
            self.add(note);
        }
    }

    pub(super) fn into_vec(self) -> Vec<Note> {
        self.0
    }
}
