//! What a field is expected to hold. The expectation chooses the reading, never the result: a value that
//! proves to be of another type is of that type, and says so.

use crate::indicator::IndicatorType;

/// The kinds of content of the field table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// An address; names and URLs are told by their content.
    Ip,
    /// An address or a name.
    Address,
    /// A name; addresses and URLs are told by their content.
    Domain,
    /// A URL; a bare name or address is told by its content.
    Url,
    /// A URL or only its path, so that a bare name proves nothing.
    UrlOrPath,
    /// An MD5.
    Md5,
    /// A SHA-1.
    Sha1,
    /// A SHA-256.
    Sha256,
    /// A SHA-512.
    Sha512,
    /// A digest of any algorithm.
    Digest,
    /// Several digests with the names of their algorithms in one string.
    DigestList,
    /// A mail address.
    Email,
    /// The name of a user.
    Account,
    /// The id of a user.
    AccountId,
}

impl Content {
    /// The stable name, for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Address => "ip or domain",
            Self::Domain => "domain",
            Self::Url => "url",
            Self::UrlOrPath => "url or path",
            Self::Md5 => "hash_md5",
            Self::Sha1 => "hash_sha1",
            Self::Sha256 => "hash_sha256",
            Self::Sha512 => "hash_sha512",
            Self::Digest => "hash",
            Self::DigestList => "hash list",
            Self::Email => "email",
            Self::Account => "account",
            Self::AccountId => "account id",
        }
    }

    /// Whether a value of this type is what the field promised.
    pub(super) const fn promises(self, indicator_type: IndicatorType) -> bool {
        match self {
            Self::Ip => matches!(indicator_type, IndicatorType::Ip),
            Self::Address => matches!(indicator_type, IndicatorType::Ip | IndicatorType::Domain),
            Self::Domain => matches!(indicator_type, IndicatorType::Domain),
            Self::Url | Self::UrlOrPath => matches!(indicator_type, IndicatorType::Url),
            Self::Md5 => matches!(indicator_type, IndicatorType::HashMd5),
            Self::Sha1 => matches!(indicator_type, IndicatorType::HashSha1),
            Self::Sha256 => matches!(indicator_type, IndicatorType::HashSha256),
            Self::Sha512 => matches!(indicator_type, IndicatorType::HashSha512),
            Self::Digest | Self::DigestList => true,
            Self::Email => matches!(indicator_type, IndicatorType::Email),
            Self::Account | Self::AccountId => {
                matches!(
                    indicator_type,
                    IndicatorType::Account | IndicatorType::Email
                )
            }
        }
    }
}

impl From<IndicatorType> for Content {
    fn from(indicator_type: IndicatorType) -> Self {
        match indicator_type {
            IndicatorType::Ip => Self::Ip,
            IndicatorType::Domain => Self::Domain,
            IndicatorType::Url => Self::Url,
            IndicatorType::HashMd5 => Self::Md5,
            IndicatorType::HashSha1 => Self::Sha1,
            IndicatorType::HashSha256 => Self::Sha256,
            IndicatorType::HashSha512 => Self::Sha512,
            IndicatorType::Email => Self::Email,
            IndicatorType::Account => Self::Account,
        }
    }
}
