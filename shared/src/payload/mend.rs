//! Repairs what templates break inside JSON, in one pass: commas with nothing after them, members without a value,
//! raw control characters and wrong escapes in strings. The caller decides whether the result is JSON.
//! The result is at most about twice as long. Refuses to guess: quotes are taken as they stand, and nothing a reader could take two ways is changed.

use super::mended::Mended;

/// A text after the pass, and what was done to it, in the order first met.
pub(super) struct Repaired {
    pub(super) text: String,
    pub(super) mends: Vec<Mended>,
}

/// Repairs a text. `mends` is empty when nothing was found to repair.
pub(super) fn repair(text: &str) -> Repaired {
    let mut pass = Pass {
        text,
        out: String::with_capacity(text.len()),
        last: None,
        comma: false,
        mends: Vec::new(),
    };
    let mut at = 0;
    while let Some(&byte) = text.as_bytes().get(at) {
        at = pass.step(byte, at);
    }
    if pass.comma {
        pass.note(Mended::TrailingComma);
    }
    Repaired {
        text: pass.out,
        mends: pass.mends,
    }
}

struct Pass<'t> {
    text: &'t str,
    out: String,
    /// The last byte written that is no white space.
    last: Option<u8>,
    /// Whether a comma was read that is not yet known to stand before something.
    comma: bool,
    mends: Vec<Mended>,
}

impl Pass<'_> {
    fn note(&mut self, mend: Mended) {
        if !self.mends.contains(&mend) {
            self.mends.push(mend);
        }
    }

    /// Handles the token at `at` and returns where the next one begins.
    fn step(&mut self, byte: u8, at: usize) -> usize {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => {
                self.out.push(char::from(byte));
                at + 1
            }
            b',' => {
                self.fill_missing_value();
                if self.comma || matches!(self.last, None | Some(b'[' | b'{')) {
                    self.note(Mended::TrailingComma);
                } else {
                    self.comma = true;
                }
                at + 1
            }
            b']' | b'}' => {
                self.fill_missing_value();
                if std::mem::take(&mut self.comma) {
                    self.note(Mended::TrailingComma);
                }
                self.write(byte);
                at + 1
            }
            b'"' => {
                self.flush_comma();
                self.string(at)
            }
            _ => {
                self.flush_comma();
                self.plain(at)
            }
        }
    }

    fn fill_missing_value(&mut self) {
        if self.last == Some(b':') {
            self.note(Mended::MissingValue);
            self.out.push_str("null");
            self.last = Some(b'l');
        }
    }

    fn flush_comma(&mut self) {
        if std::mem::take(&mut self.comma) {
            self.write(b',');
        }
    }

    fn write(&mut self, byte: u8) {
        self.out.push(char::from(byte));
        self.last = Some(byte);
    }

    /// Copies everything up to the next byte that means something.
    fn plain(&mut self, start: usize) -> usize {
        let rest = self.text.as_bytes().get(start + 1..).unwrap_or_default();
        let special = |byte: &u8| {
            matches!(
                byte,
                b' ' | b'\n' | b'\r' | b'\t' | b',' | b'[' | b']' | b'{' | b'}' | b'"'
            )
        };
        let end = start + 1 + rest.iter().position(special).unwrap_or(rest.len());
        self.copy(start, end);
        end
    }

    fn copy(&mut self, start: usize, end: usize) {
        if let Some(piece) = self.text.get(start..end).filter(|piece| !piece.is_empty()) {
            self.out.push_str(piece);
            self.last = piece.as_bytes().last().copied();
        }
    }

    /// Copies the string that opens at `start`, escaping what a string must not hold bare.
    fn string(&mut self, start: usize) -> usize {
        let text = self.text;
        let bytes = text.as_bytes();
        let (mut kept, mut at) = (start, start + 1);
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'"' => break,
                b'\\' if is_escape(bytes.get(at + 1..).unwrap_or_default()) => at += 2,
                b'\\' => {
                    self.note(Mended::InvalidEscape);
                    self.copy(kept, at);
                    self.out.push('\\');
                    kept = at;
                    at += 1;
                }
                0..=0x1f if self.out.len() <= 2 * text.len() => {
                    self.note(Mended::ControlCharacter);
                    self.copy(kept, at);
                    self.out.push_str("\\u00");
                    self.out
                        .extend([hex_digit(byte >> 4), hex_digit(byte & 0xf)]);
                    at += 1;
                    kept = at;
                }
                _ => at += 1,
            }
        }
        let end = bytes.len().min(at + 1);
        self.copy(kept, end);
        end
    }
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0')
}

fn is_escape(after: &[u8]) -> bool {
    match after {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => true,
        [b'u', digits @ ..] => {
            digits.len() >= 4 && digits.iter().take(4).all(u8::is_ascii_hexdigit)
        }
        _ => false,
    }
}
