//! No bytes make the payload reader panic, and every document it hands on is a strict JSON object.
//! Refuses nothing: a body that is refused is a good answer.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use payload::{Limits, read};
use serde_json::value::RawValue;

#[path = "../../src/payload/mod.rs"]
pub mod payload;

fuzz_target!(|body: &[u8]| {
    let Ok(payload) = read(body, Limits::default()) else {
        return;
    };
    for document in &payload.documents {
        let alert = serde_json::from_str::<BTreeMap<String, &RawValue>>(document.alert_text());
        assert!(alert.is_ok(), "{alert:?}");
        assert!(serde_json::from_str::<&RawValue>(&document.text).is_ok());
    }
});
