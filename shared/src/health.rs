//! What `/readyz` knows: each part of the program says for itself whether it is ready.
//!
//! A part that is degraded is named but does not take the program out of rotation; a part that is
//! not ready does. Details name operations and addresses' roles, never a secret or a host.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use serde::Serialize;

/// How one part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "detail", rename_all = "snake_case")]
pub enum State {
    /// Works.
    Ready,
    /// Works with a restriction, which the text names.
    Degraded(String),
    /// Does not work; the text says what is missing.
    NotReady(String),
}

/// The parts of one program, shared by all that report and the admin server that tells.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<RwLock<Parts>>);

#[derive(Debug, Default)]
struct Parts {
    states: BTreeMap<&'static str, State>,
    /// Of each pair one is enough.
    pairs: Vec<[&'static str; 2]>,
}

impl Parts {
    fn is_missing(&self, name: &str) -> bool {
        matches!(self.states.get(name), Some(State::NotReady(_)))
    }

    /// The states, those softened that another part stands in for.
    fn report(&self) -> BTreeMap<&'static str, State> {
        let mut states = self.states.clone();
        for [one, other] in &self.pairs {
            for (part, stand_in) in [(one, other), (other, one)] {
                if self.is_missing(stand_in) {
                    continue;
                }
                if let Some(state) = states.get_mut(part)
                    && let State::NotReady(detail) = state
                {
                    *state = State::Degraded(format!("{detail}; {stand_in} stands in"));
                }
            }
        }
        states
    }
}

impl Health {
    /// No part yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part that is not ready until it says so.
    pub fn part(&self, name: &'static str) -> Part {
        let part = Part {
            name,
            health: self.clone(),
        };
        part.set(State::NotReady("starting".into()));
        part
    }

    /// From now on one of the two parts is enough: the other, when it is not ready, is only degraded.
    pub fn either(&self, one: &'static str, other: &'static str) {
        let mut parts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        parts.pairs.push([one, other]);
    }

    /// Every part by name, and whether all of them let the program take work.
    pub fn report(&self) -> (bool, BTreeMap<&'static str, State>) {
        let parts = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .report();
        let ready = !parts
            .values()
            .any(|state| matches!(state, State::NotReady(_)));
        (ready, parts)
    }
}

/// The voice of one part.
#[derive(Clone, Debug)]
pub struct Part {
    name: &'static str,
    health: Health,
}

impl Part {
    /// Says how the part is from now on.
    pub fn set(&self, state: State) {
        self.health
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .states
            .insert(self.name, state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_ready_only_when_no_part_is_missing() {
        let health = Health::new();
        let broker = health.part("broker");
        let database = health.part("database");
        assert!(!health.report().0);
        broker.set(State::Ready);
        assert!(!health.report().0);
        database.set(State::Degraded("keys are from memory".into()));
        assert!(health.report().0);
        broker.set(State::NotReady("blocked".into()));
        assert!(!health.report().0);
    }

    #[test]
    fn of_two_parts_that_stand_in_for_each_other_one_is_enough() {
        let health = Health::new();
        let (broker, spool) = (health.part("broker"), health.part("spool"));
        health.either("broker", "spool");
        assert!(!health.report().0);
        spool.set(State::Degraded("holds 3 payloads".into()));
        broker.set(State::NotReady("away".into()));
        let (ready, parts) = health.report();
        let softened = State::Degraded("away; spool stands in".into());
        assert_eq!((ready, &parts["broker"]), (true, &softened));
        spool.set(State::NotReady("no room".into()));
        assert!(!health.report().0);
        broker.set(State::Ready);
        assert!(health.report().0);
    }
}
