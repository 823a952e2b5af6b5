//! The file that a new key's entry goes to, and entries that cannot be used.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::keys::Scope;

fn draft() -> Draft {
    Draft {
        name: "kibana \"dmz\"".into(),
        scopes: vec![Scope::AlertsWrite],
        allowed_sources: Some(vec![Source::Elastic]),
        rate: Some(Rate {
            per_second: 100,
            burst: 1_000,
        }),
        expires_at: Some(OffsetDateTime::UNIX_EPOCH),
    }
}

#[test]
fn the_entry_of_a_new_key_lets_it_in_and_does_not_hold_it() {
    let (secret, entry) = generate(&draft()).unwrap();
    assert!(!entry.contains(secret.expose()));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &entry).unwrap();
    let keys = read(file.path()).unwrap();
    let held = KeySet::new(keys, None).find(&secret).unwrap();
    assert_eq!(held.key.name, draft().name);
    assert_eq!(held.key.rate, draft().rate);
    assert_eq!(held.key.expires_at, draft().expires_at);
    assert!(held.key.allows(Source::Elastic));
}

#[test]
fn an_entry_that_cannot_be_used_is_named() {
    let (_, entry) = generate(&draft()).unwrap();
    for (wrong, problem) in [
        (
            entry.replace("alerts:write", "alerts:rite"),
            "unknown scope",
        ),
        (
            entry.replace("sha256 = \"", "sha256 = \"f"),
            "64 lower-case hex",
        ),
        (entry.replace("1970", "soon"), "expires_at"),
        (format!("{entry}color = 1\n"), "color"),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), wrong).unwrap();
        let error = read(file.path()).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    assert!(read(Path::new("/nowhere/keys.toml")).is_err());
}
