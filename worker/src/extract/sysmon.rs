//! Sysmon's one string of several digests, `SHA1=..,MD5=..,SHA256=..,IMPHASH=..`. An import hash digests
//! a list of names, not a file, and looks like an MD5: parts of algorithms that are no indicator type
//! are passed over without a count. A string without any `=` is one digest.

use std::borrow::Cow;

use super::hash;
use super::tally::Dropped;
use crate::indicator::IndicatorType;

/// Every digest of a file in the string, or why one of them was refused.
pub(crate) fn digests(
    text: &str,
) -> impl Iterator<Item = Result<(IndicatorType, Cow<'_, str>), Dropped>> {
    text.split([',', ';'])
        .map(str::trim)
        .filter(|part| {
            part.split_once('=')
                .is_none_or(|(name, _)| hash::algorithm(name).is_some())
        })
        .map(hash::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_hash_is_never_an_md5() {
        let md5 = "debf08c09d49337fbe7acde4d3749242";
        let text = format!("MD5={},IMPHASH={md5}, SHA1=short", md5.to_uppercase());
        let found: Vec<_> = digests(&text).collect();
        let kept = Ok((IndicatorType::HashMd5, Cow::Borrowed(md5)));
        assert_eq!(found, [kept, Err(Dropped::WrongType)]);
    }
}
