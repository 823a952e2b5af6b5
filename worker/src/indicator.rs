//! An indicator: a value an analyst can search, block or share, with where it was seen. A value is
//! always canonical for its type, so equal things have equal text and equal ids on every worker.
//! The id is computed from type and value and never looked up. Names of types and roles are stable:
//! they are stored, sent to users and hashed.

use std::borrow::Cow;
use std::str::FromStr;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

/// What kind of thing a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorType {
    /// An IPv4 or IPv6 address.
    Ip,
    /// A DNS name with at least one inner dot.
    Domain,
    /// A network URL with scheme and host.
    Url,
    /// MD5 of a file, 32 hex digits.
    HashMd5,
    /// SHA-1 of a file, 40 hex digits.
    HashSha1,
    /// SHA-256 of a file, 64 hex digits.
    HashSha256,
    /// SHA-512 of a file, 128 hex digits.
    HashSha512,
    /// A mail address.
    Email,
    /// A user account: a name, `DOMAIN\name`, SID, ARN or another id of a user.
    Account,
}

impl IndicatorType {
    /// Every type, in the order indicators are sorted by.
    pub const ALL: [Self; 9] = [
        Self::Ip,
        Self::Domain,
        Self::Url,
        Self::HashMd5,
        Self::HashSha1,
        Self::HashSha256,
        Self::HashSha512,
        Self::Email,
        Self::Account,
    ];

    /// The stable name, as stored, sent and hashed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Domain => "domain",
            Self::Url => "url",
            Self::HashMd5 => "hash_md5",
            Self::HashSha1 => "hash_sha1",
            Self::HashSha256 => "hash_sha256",
            Self::HashSha512 => "hash_sha512",
            Self::Email => "email",
            Self::Account => "account",
        }
    }
}

/// A name that is not one of [`IndicatorType::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "indicator type `{name}` is unknown, use one of ip, domain, url, hash_md5, hash_sha1, \
     hash_sha256, hash_sha512, email, account"
)]
pub struct UnknownIndicatorType {
    /// The name as given.
    pub name: String,
}

impl FromStr for IndicatorType {
    type Err = UnknownIndicatorType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|known| known.as_str() == name);
        found.ok_or_else(|| UnknownIndicatorType {
            name: name.to_owned(),
        })
    }
}

/// What part the value played in the alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The side that opened a connection, ECS `source` and `client`.
    Source,
    /// The side that was connected to, ECS `destination` and `server`.
    Destination,
    /// The monitored host itself.
    Host,
    /// A file, library or attachment.
    File,
    /// A running program.
    Process,
    /// A name asked for, or an answer given.
    Dns,
    /// A requested resource, or a part of its URL.
    Url,
    /// Who acted or was acted upon.
    User,
    /// A party of a mail.
    Email,
    /// Known from threat intelligence, or matched by it.
    ThreatIntel,
    /// Named by a custom field mapping.
    Custom,
}

impl Role {
    /// The stable name, as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Host => "host",
            Self::File => "file",
            Self::Process => "process",
            Self::Dns => "dns",
            Self::Url => "url",
            Self::User => "user",
            Self::Email => "email",
            Self::ThreatIntel => "threat_intel",
            Self::Custom => "custom",
        }
    }
}

/// Which part of the address space an IP is of, so that internal ones can be filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IpScope {
    /// Reachable over the internet.
    Public,
    /// RFC 1918.
    Private,
    /// IPv6 unique local, `fc00::/7`.
    UniqueLocal,
    /// `127.0.0.0/8` and `::1`.
    Loopback,
    /// `169.254.0.0/16` and `fe80::/10`.
    LinkLocal,
    /// Carrier-grade NAT, `100.64.0.0/10`.
    Shared,
    /// Reserved for examples, `192.0.2.0/24`, `198.51.100.0/24`, `203.0.113.0/24`, `2001:db8::/32`, `3fff::/20`.
    Documentation,
    /// Reserved for network tests, `198.18.0.0/15` and `2001:2::/48`.
    Benchmarking,
    /// `224.0.0.0/4` and `ff00::/8`.
    Multicast,
    /// `255.255.255.255`.
    Broadcast,
    /// Any other range that is not routed on the internet.
    Reserved,
}

impl IpScope {
    /// The stable name, as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::UniqueLocal => "unique_local",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link_local",
            Self::Shared => "shared",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Reserved => "reserved",
        }
    }
}

/// One field of the document the value was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The field's path, dotted.
    pub field: Cow<'static, str>,
    /// The part the value plays there.
    pub role: Role,
}

/// A canonical value with every field of one alert it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Indicator {
    /// The type.
    #[serde(rename = "type")]
    pub indicator_type: IndicatorType,
    /// The canonical value.
    pub value: String,
    /// The scope, for addresses only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<IpScope>,
    /// Where it was read, without repeats, in the order of the field table.
    #[serde(rename = "fields")]
    pub sources: Vec<Source>,
    /// [`id_of`] type and value.
    #[serde(serialize_with = "as_text")]
    pub id: Uuid,
}

/// The id of an indicator: the first 16 bytes of the SHA-256 of the type's name, a zero byte and the
/// canonical value.
pub fn id_of(indicator_type: IndicatorType, canonical: &str) -> Uuid {
    let mut hash = Context::new(&SHA256);
    hash.update(indicator_type.as_str().as_bytes());
    hash.update(&[0]);
    hash.update(canonical.as_bytes());
    let digest = hash.finish();
    let mut id = [0; 16];
    id.copy_from_slice(&digest.as_ref()[..16]);
    Uuid::from_bytes(id)
}

fn as_text<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
