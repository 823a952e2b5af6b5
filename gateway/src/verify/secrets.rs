//! The secrets that are live at one time, each with a name, prepared for comparing in constant time.
//!
//! Names are for the counter of uses: an operator sees by it when the old one is no longer sent.
//! Secrets are compared by their digests, so that neither length nor content shows in the time it takes.

use std::{fmt, sync::Arc};

use ring::{
    digest::{SHA256, digest},
    hmac,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Below this many bytes a secret is warned about at start.
const WEAK: usize = 16;
/// The name of the one that has no name of its own.
const PRIMARY: &str = "primary";

/// Secrets by name: `"name:secret,name:secret"`, one a line, or an array of `"name:secret"`.
#[derive(Clone, Debug, Default)]
pub struct NamedSecrets(Vec<(String, SecretString)>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Items(Vec<String>),
}

impl<'de> Deserialize<'de> for NamedSecrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = match Written::deserialize(deserializer)? {
            Written::Items(items) => items,
            // A file has one a line: then a comma may be part of a secret.
            Written::Text(text) if text.contains('\n') => text.lines().map(String::from).collect(),
            Written::Text(text) => text.split(',').map(String::from).collect(),
        };
        let mut secrets: Vec<(String, SecretString)> = Vec::new();
        for line in items
            .iter()
            .map(|item| item.trim())
            .filter(|line| !line.is_empty())
        {
            let (name, secret) = line
                .split_once(':')
                .filter(|(name, secret)| !name.is_empty() && !secret.is_empty())
                .ok_or_else(|| D::Error::custom("each secret must be written name:secret"))?;
            if name == PRIMARY || secrets.iter().any(|(other, _)| other == name) {
                let problem = format!("two secrets have the name {name:?}");
                return Err(D::Error::custom(problem));
            }
            secrets.push((name.to_owned(), secret.into()));
        }
        Ok(Self(secrets))
    }
}

impl Serialize for NamedSecrets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(name, _)| format!("{name}:<set>")))
    }
}

/// One secret, prepared.
pub(super) struct Secret {
    name: Arc<str>,
    digest: [u8; 32],
    key: hmac::Key,
    length: usize,
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({})", self.name)
    }
}

impl Secret {
    fn new(name: &str, secret: &SecretString) -> Self {
        let bytes = secret.expose_secret().as_bytes();
        Self {
            name: name.into(),
            digest: hash(bytes),
            key: hmac::Key::new(hmac::HMAC_SHA256, bytes),
            length: bytes.len(),
        }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn is_weak(&self) -> bool {
        self.length < WEAK
    }

    /// Whether `sent` is the secret itself.
    pub(super) fn is(&self, sent: &[u8]) -> bool {
        is_equal(&self.digest, &hash(sent))
    }

    /// Whether `tag` is the HMAC of the parts, one after the other.
    pub(super) fn signed(&self, parts: &[&[u8]], tag: &[u8; 32]) -> bool {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(part);
        }
        let expected: Result<[u8; 32], _> = context.sign().as_ref().try_into();
        expected.is_ok_and(|expected| is_equal(&expected, tag))
    }
}

/// Every secret that is configured.
pub(super) fn live(primary: &SecretString, named: &NamedSecrets) -> Vec<Secret> {
    let set = !primary.expose_secret().is_empty();
    let primary = set.then(|| Secret::new(PRIMARY, primary));
    let named = named
        .0
        .iter()
        .map(|(name, secret)| Secret::new(name, secret));
    primary.into_iter().chain(named).collect()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// Whether two digests are equal, in a time that does not depend on where they differ.
pub fn is_equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let mut difference = 0;
    for (one, other) in one.iter().zip(other) {
        // Hidden from the optimizer, which could otherwise stop at the first difference.
        difference = std::hint::black_box(difference | (one ^ other));
    }
    difference == 0
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn named_secrets_are_read_from_lines_and_lists_and_never_rendered() {
        let read = |text: &str| serde_json::from_value::<NamedSecrets>(text.into());
        let rendered = serde_json::to_string(&read("a:one:1\nb:two, three").unwrap()).unwrap();
        assert_eq!(rendered, r#"["a:<set>","b:<set>"]"#);
        for wrong in ["one", ":one", "a:", "a:1,a:2", "primary:1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
