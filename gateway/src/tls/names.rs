//! What a certificate calls its holder, and when it ends. Read after its chain is verified, or of one's own.

use std::collections::BTreeSet;

use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer, X509Certificate, X509Name},
};

/// One part of a subject: OIDs and values.
pub(super) type Rdn = BTreeSet<(String, String)>;

/// The names in a certificate.
#[derive(Debug)]
pub struct Names {
    pub(super) common: Vec<String>,
    pub(super) dns: Vec<String>,
    pub(super) uris: Vec<String>,
    pub(super) subject: Vec<Rdn>,
    /// Seconds since the epoch at which it ends.
    pub(super) not_after: i64,
}

impl Names {
    /// Reads a certificate; nothing when it is none.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let mut names = Self {
            common: Vec::new(),
            dns: Vec::new(),
            uris: Vec::new(),
            subject: subject(certificate.subject()),
            not_after: certificate.validity().not_after.timestamp(),
        };
        let common = certificate.subject().iter_common_name();
        let common = common.filter_map(|attribute| attribute.as_str().ok());
        names.common.extend(common.map(String::from));
        // Named twice or not readable: then no other name counts.
        if let Some(alternative) = certificate.subject_alternative_name().ok()? {
            for name in &alternative.value.general_names {
                match name {
                    GeneralName::DNSName(name) => names.dns.push((*name).into()),
                    GeneralName::URI(name) => names.uris.push((*name).into()),
                    _ => {}
                }
            }
        }
        Some(names)
    }
}

/// The whole subject; empty, which is like no entry, when a value of it is no text.
fn subject(name: &X509Name<'_>) -> Vec<Rdn> {
    let parts = name.iter_rdn().map(|part| {
        let attributes = part.iter().map(|attribute| {
            let value = attribute.as_str().ok()?.to_owned();
            Some((attribute.attr_type().to_id_string(), value))
        });
        attributes.collect::<Option<Rdn>>()
    });
    parts.collect::<Option<_>>().unwrap_or_default()
}
