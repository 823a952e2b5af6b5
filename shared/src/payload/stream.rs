//! Splits a text into the strict JSON values it consists of, whatever stands between them: nothing, white space, commas.
//! A clean body is a stream of one value, so this one pass is also the strict check.
//! Strictness is serde_json's own; numbers of any size pass, and nesting of any depth costs no stack.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::outline::{Member, Outline, outline};

/// The values of a text.
#[derive(Debug)]
pub(super) struct Stream<'t> {
    /// Each value's text, without white space around it.
    pub(super) values: Vec<&'t str>,
    /// The members of the first value, where they were found on the way.
    pub(super) members: Option<Vec<Member<'t>>>,
    /// Whether a comma stood between two values.
    pub(super) commas: bool,
    /// Whether a comma stood before the first or after the last value.
    pub(super) stray_comma: bool,
    /// The first value that could not be read; what follows it was not looked at.
    pub(super) failure: Option<Failure>,
    /// Whether there were more values than asked for; the rest was not looked at.
    pub(super) overflow: bool,
}

impl Stream<'_> {
    /// Whether the text is strict values from end to end.
    pub(super) fn is_complete(&self) -> bool {
        self.failure.is_none() && !self.overflow && !self.values.is_empty()
    }
}

/// Why and where a value could not be read.
#[derive(Debug)]
pub(super) struct Failure {
    /// Byte offset of the value's first byte.
    pub(super) start: usize,
    /// What serde_json says, positions counted from `start`.
    pub(super) error: serde_json::Error,
}

/// Reads values until the text ends, one cannot be read, or there are more than `most`.
pub(super) fn split(text: &str, most: usize) -> Stream<'_> {
    let mut stream = Stream {
        values: Vec::new(),
        members: None,
        commas: false,
        stray_comma: false,
        failure: None,
        overflow: false,
    };
    let mut at = 0;
    loop {
        let (start, comma) = skip_separators(text, at);
        let rest = text.get(start..).unwrap_or_default();
        if comma {
            let between = !rest.is_empty() && !stream.values.is_empty();
            stream.commas |= between;
            stream.stray_comma |= !between;
        }
        if rest.is_empty() {
            return stream;
        }
        if stream.values.len() >= most {
            stream.overflow = true;
            return stream;
        }
        // A clean body is one object, which is then read only once.
        if at == 0
            && let Some(Outline { object, members }) = outline(rest)
        {
            at = start + object.len();
            stream.values.push(object);
            stream.members = Some(members);
            continue;
        }
        match <&RawValue>::deserialize(&mut serde_json::Deserializer::from_str(rest)) {
            Ok(value) => {
                at = start + value.get().len();
                stream.values.push(value.get());
            }
            Err(error) => {
                stream.failure = Some(Failure { start, error });
                return stream;
            }
        }
    }
}

fn skip_separators(text: &str, from: usize) -> (usize, bool) {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let mut comma = false;
    let skipped = rest.iter().take_while(|byte| {
        comma |= **byte == b',';
        matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',')
    });
    let length = skipped.count();
    (from + length, comma)
}
