//! Digests of files. Canonical is bare lower-case hex. The number of digits alone says the algorithm: no
//! MD5 has 64 digits, whatever the field is called, so a digest in the field of another algorithm is
//! kept as what its length proves. A prefix (`sha256:`, `MD5=`, `0x`) must agree with the length.
//! Everything that is not exactly 32, 40, 64 or 128 hex digits is refused, digests of nothing too.

use std::borrow::Cow;

use super::noise::{after, is_noise_hash};
use super::tally::Dropped;
use crate::indicator::IndicatorType;

/// Algorithms with the names a prefix may have.
const NAMES: &[(&str, IndicatorType)] = &[
    ("md5", IndicatorType::HashMd5),
    ("sha1", IndicatorType::HashSha1),
    ("sha-1", IndicatorType::HashSha1),
    ("sha256", IndicatorType::HashSha256),
    ("sha-256", IndicatorType::HashSha256),
    ("sha512", IndicatorType::HashSha512),
    ("sha-512", IndicatorType::HashSha512),
];

/// The algorithm and canonical digest in trimmed `text`.
pub(crate) fn parse(text: &str) -> Result<(IndicatorType, Cow<'_, str>), Dropped> {
    let (named, digits) = match text.split_once([':', '=']) {
        Some((name, digits)) => (
            Some(algorithm(name).ok_or(Dropped::WrongType)?),
            digits.trim(),
        ),
        None => (None, after(text, "0x").unwrap_or(text)),
    };
    let by_length = match digits.len() {
        32 => IndicatorType::HashMd5,
        40 => IndicatorType::HashSha1,
        64 => IndicatorType::HashSha256,
        128 => IndicatorType::HashSha512,
        _ => return Err(Dropped::WrongType),
    };
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex || named.is_some_and(|named| named != by_length) {
        return Err(Dropped::WrongType);
    }
    let digest = if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(digits.to_ascii_lowercase())
    } else {
        Cow::Borrowed(digits)
    };
    if is_noise_hash(&digest) {
        Err(Dropped::NoiseHash)
    } else {
        Ok((by_length, digest))
    }
}

/// The algorithm of a prefix; `imphash` and others that digest no whole file are none.
pub(super) fn algorithm(name: &str) -> Option<IndicatorType> {
    let found = NAMES
        .iter()
        .find(|(known, _)| name.trim().eq_ignore_ascii_case(known));
    found.map(|(_, algorithm)| *algorithm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_digests_are_kept() {
        let sha256 = "a1b2c3d4e5f6789012345678901234567890abcdef1234567890abcdef123456";
        let md5 = "debf08c09d49337fbe7acde4d3749242";
        let kept = [
            (sha256.to_owned(), IndicatorType::HashSha256, sha256),
            (md5.to_uppercase(), IndicatorType::HashMd5, md5),
            (format!("0x{md5}"), IndicatorType::HashMd5, md5),
            (format!("MD5={md5}"), IndicatorType::HashMd5, md5),
            (
                format!("sha-256: {sha256}"),
                IndicatorType::HashSha256,
                sha256,
            ),
        ];
        for (text, algorithm, digest) in &kept {
            let parsed = parse(text);
            assert_eq!(parsed, Ok((*algorithm, Cow::Borrowed(*digest))), "{text}");
        }
        let dropped = [
            ("fake md5".to_owned(), Dropped::WrongType),
            (sha256[1..].to_owned(), Dropped::WrongType),
            (format!("md5:{sha256}"), Dropped::WrongType),
            (format!("IMPHASH={md5}"), Dropped::WrongType),
            (
                "1633d595-a115-5bf5-870b-a471b494".to_owned(),
                Dropped::WrongType,
            ),
            ("0".repeat(64), Dropped::NoiseHash),
            (
                "D41D8CD98F00B204E9800998ECF8427E".to_owned(),
                Dropped::NoiseHash,
            ),
            (
                "da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned(),
                Dropped::NoiseHash,
            ),
        ];
        for (text, reason) in &dropped {
            assert_eq!(parse(text), Err(*reason), "{text}");
        }
    }
}
