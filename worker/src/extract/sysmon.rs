//! Sysmon's one string of several digests, `SHA1=..,MD5=..,SHA256=..,IMPHASH=..`. An import hash digests
//! a list of names, not a file, and looks like an MD5: parts of algorithms that are no indicator type
//! are passed over without a count. A string without any `=` is one digest.

use super::classify::Classified;
use super::hash;
use super::tally::Dropped;

/// The digest of a file in one part of the string, or why it was refused; None for another algorithm's.
pub(crate) fn digest(part: &str) -> Option<Result<Classified<'_>, Dropped>> {
    if let Some((name, _)) = part.split_once('=')
        && hash::algorithm(name).is_none()
    {
        return None;
    }
    Some(hash::parse(part).map(|(algorithm, value)| Classified::new(algorithm, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_hash_is_never_an_md5() {
        let md5 = "debf08c09d49337fbe7acde4d3749242";
        assert_eq!(digest(&format!("IMPHASH={md5}")), None);
        let found = digest(md5).and_then(Result::ok).map(|found| found.value);
        assert_eq!(found.as_deref(), Some(md5));
        assert_eq!(digest("SHA1=short"), Some(Err(Dropped::WrongType)));
    }
}
