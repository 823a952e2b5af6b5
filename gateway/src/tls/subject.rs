//! One entry of the allow-list of client certificates, as an operator writes it.
//!
//! `kibana.example` is a common name or a DNS name, `spiffe://example/kibana` (anything with `://`) a
//! URI, and `CN=kibana,O=Example` (anything else with `=`) the whole subject, in the certificate's order
//! or in the reverse one, as tools print both. Nothing is a pattern.

use serde::{Deserialize, Serialize};

use super::names::{Names, Rdn};

/// Attribute types by the names that tools print; any other is written as its OID.
const TYPES: [(&str, &str); 12] = [
    ("CN", "2.5.4.3"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("E", "1.2.840.113549.1.9.1"),
];

/// An allowed client.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subject {
    written: String,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Name,
    Uri,
    Whole(Vec<Rdn>),
}

/// An entry that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// Nothing is written.
    #[error("a client subject is empty")]
    Empty,
    /// A part of a whole subject has no type or no value.
    #[error(
        "{0:?} is no part of a subject: write CN=name, with a backslash before a comma or plus"
    )]
    NoPart(String),
    /// The type of a part is not known.
    #[error("{0:?} is no type of attribute that is known: write it as its OID")]
    UnknownType(String),
}

impl Subject {
    /// As it was written: the name that it has in metrics.
    pub fn name(&self) -> &str {
        &self.written
    }

    /// Whether a certificate of these names is meant.
    pub fn is_one_of(&self, names: &Names) -> bool {
        let written = &self.written;
        match &self.form {
            Form::Name => {
                let mut dns = names.dns.iter();
                names.common.contains(written) || dns.any(|name| name.eq_ignore_ascii_case(written))
            }
            Form::Uri => names.uris.contains(written),
            Form::Whole(parts) => {
                let subject = names.subject.iter();
                parts.len() == names.subject.len()
                    && (parts.iter().eq(subject.clone()) || parts.iter().eq(subject.rev()))
            }
        }
    }
}

impl TryFrom<String> for Subject {
    type Error = SubjectError;

    fn try_from(written: String) -> Result<Self, SubjectError> {
        let form = if written.trim().is_empty() {
            return Err(SubjectError::Empty);
        } else if written.contains("://") {
            Form::Uri
        } else if written.contains('=') {
            let parts = split(&written, ',').into_iter().map(rdn);
            Form::Whole(parts.collect::<Result<_, _>>()?)
        } else {
            Form::Name
        };
        let written = written.trim().to_owned();
        Ok(Self { written, form })
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.written
    }
}

/// One part of a subject: mostly one attribute, more with a plus between, in whatever order.
fn rdn(text: &str) -> Result<Rdn, SubjectError> {
    split(text, '+').into_iter().map(attribute).collect()
}

fn attribute(text: &str) -> Result<(String, String), SubjectError> {
    let malformed = || SubjectError::NoPart(text.to_owned());
    let (kind, value) = text.split_once('=').ok_or_else(malformed)?;
    let kind = kind.trim();
    let known = TYPES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(kind));
    let dotted = kind.bytes().all(|b| b.is_ascii_digit() || b == b'.') && kind.contains('.');
    let kind = match known {
        Some((_, oid)) => *oid,
        None if dotted => kind,
        None => return Err(SubjectError::UnknownType(kind.to_owned())),
    };
    let value = unescaped(value.trim());
    if value.is_empty() {
        return Err(malformed());
    }
    Ok((kind.to_owned(), value))
}

/// Splits where no backslash stands before.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut is_escaped = false;
    text.split(|character| {
        let splits = character == separator && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        splits
    })
    .collect()
}

fn unescaped(value: &str) -> String {
    let mut characters = value.chars();
    let mut plain = String::with_capacity(value.len());
    while let Some(character) = characters.next() {
        let kept = if character == '\\' {
            characters.next()
        } else {
            Some(character)
        };
        plain.extend(kept);
    }
    plain
}
