//! The key itself, `cai_` and 32 random bytes in base64url, which exists only with its holder.
//!
//! It has a form of its own, so that anything else is refused without a look-up, and it is never
//! printed by accident. A plain SHA-256 keeps it: 256 random bits need no slow hash.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
};

const MARK: &str = "cai_";
const RANDOM_BYTES: usize = 32;
const LENGTH: usize = 47;
const PREFIX: usize = 12;

/// A whole key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

/// The text has not the form of a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a key: expected cai_ and 43 characters of base64url")]
pub struct NotAKey;

impl KeySecret {
    /// A new key.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut bytes = [0; RANDOM_BYTES];
        SystemRandom::new().fill(&mut bytes)?;
        Ok(Self(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Reads a key from what a caller sent.
    ///
    /// # Errors
    /// When it has another form; nothing is trimmed or mended.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let random = text.strip_prefix(MARK).ok_or(NotAKey)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.len() == LENGTH && random.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(NotAKey)
        }
    }

    /// The first 12 characters, by which it is found.
    pub fn prefix(&self) -> &str {
        self.0.get(..PREFIX).unwrap_or(&self.0)
    }

    /// SHA-256 of the whole key.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        hash
    }

    /// The key, to be shown to its holder once.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeySecret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_key_has_the_form_it_is_read_by_and_is_like_no_other() -> Result<(), Unspecified> {
        let (key, other) = (KeySecret::generate()?, KeySecret::generate()?);
        assert_eq!(KeySecret::parse(key.expose()), Ok(key.clone()));
        assert_eq!(key.prefix().len(), PREFIX);
        assert_ne!(key.hash(), other.hash());
        assert!(!format!("{key:?}").contains(key.expose()));
        Ok(())
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic_and_what_it_takes_is_the_text(text in ".{0,60}") {
            if let Ok(key) = KeySecret::parse(&text) {
                prop_assert_eq!(key.expose(), text);
            }
        }
    }
}
