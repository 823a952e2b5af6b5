//! Credentials that must not get in, each with the cause the log has and the code the caller sees.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use time::Duration;
use uuid::Uuid;

use super::*;
use crate::{
    error::Code,
    keys::{Key, KeySet, Rate},
};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn secret(character: char) -> String {
    format!("cai_{}", character.to_string().repeat(43))
}

fn key(character: char) -> Key {
    let secret = KeySecret::parse(&secret(character)).unwrap();
    Key {
        id: Uuid::now_v7(),
        name: character.to_string(),
        prefix: secret.prefix().into(),
        hash: secret.hash(),
        scopes: vec![Scope::AlertsWrite],
        allowed_sources: None,
        rate: None,
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        replaced_by: None,
    }
}

/// g is good, r revoked, e expired, l not expired yet, n without the scope, s for no source, t limited.
fn keys() -> Keys {
    let ended = NOW - Duration::seconds(1);
    let mut all: Vec<Key> = "grelnsta".chars().map(key).collect();
    all[1].revoked_at = Some(ended);
    all[2].expires_at = Some(NOW);
    all[3].expires_at = Some(NOW + Duration::seconds(1));
    all[4].scopes = vec![Scope::AlertsRead];
    all[5].allowed_sources = Some(vec![]);
    all[6].rate = Some(Rate {
        per_second: 1,
        burst: 1,
    });
    all[7].scopes = vec![Scope::Admin];
    let keys = Keys::new();
    keys.replace(KeySet::new(all, None));
    keys
}

fn headers(pairs: &[(&str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value).unwrap());
    }
    headers
}

async fn attempt(keys: &Keys, pairs: &[(&str, &[u8])]) -> Result<Caller, AuthenticateError> {
    let caller = authenticate(keys, &headers(pairs), NOW, || false).await?;
    caller.needs(Scope::AlertsWrite)?;
    caller.sends_for(Source::Elastic)?;
    Ok(caller)
}

/// What the case is, its headers, and why it is refused.
type Case = (&'static str, Vec<(&'static str, String)>, Cause);

#[rustfmt::skip]
#[actix_web::test]
async fn no_wrong_credential_gets_in() {
    let keys = keys();
    let good = secret('g');
    let bearer = |text: &str| format!("Bearer {text}");
    let one_off = format!("{}h", &good[..46]);
    let revoked_then_good = bearer(&secret('r'));
    let cases: &[Case] = &[
        ("nothing", vec![], Cause::NoCredential),
        ("basic without a key", vec![("authorization", "Basic eDp5".into())], Cause::NoCredential),
        ("an empty bearer", vec![("authorization", bearer(""))], Cause::MalformedCredential),
        ("a scheme alone", vec![("authorization", "Bearer".into())], Cause::MalformedCredential),
        ("a wrong scheme", vec![("authorization", format!("Token {good}"))], Cause::MalformedCredential),
        ("kibana's own scheme", vec![("authorization", format!("ApiKey {good}"))], Cause::MalformedCredential),
        ("no scheme", vec![("authorization", good.clone())], Cause::MalformedCredential),
        ("a tab after the scheme", vec![("authorization", format!("Bearer\t{good}"))], Cause::MalformedCredential),
        ("a space after the key", vec![("authorization", format!("Bearer {good} "))], Cause::MalformedCredential),
        ("two keys in one header", vec![("authorization", format!("Bearer {good}, {good}"))], Cause::MalformedCredential),
        ("a key in quotes", vec![("x-api-key", format!("\"{good}\""))], Cause::MalformedCredential),
        ("bearer in the key's header", vec![("x-api-key", bearer(&good))], Cause::MalformedCredential),
        ("an empty key", vec![("x-api-key", String::new())], Cause::MalformedCredential),
        ("the prefix alone", vec![("x-api-key", good[..12].into())], Cause::MalformedCredential),
        ("one character less", vec![("x-api-key", good[..46].into())], Cause::MalformedCredential),
        ("one character more", vec![("x-api-key", format!("{good}g"))], Cause::MalformedCredential),
        ("an upper-case mark", vec![("x-api-key", good.replace("cai_", "CAI_"))], Cause::MalformedCredential),
        ("another mark", vec![("x-api-key", good.replace("cai_", "sk-_"))], Cause::MalformedCredential),
        ("base64 of the other alphabet", vec![("x-api-key", format!("{}+", &good[..46]))], Cause::MalformedCredential),
        ("padding", vec![("x-api-key", format!("{}=", &good[..46]))], Cause::MalformedCredential),
        ("a statement of SQL", vec![("x-api-key", "cai_' OR 1=1 --".into())], Cause::MalformedCredential),
        ("the right prefix and a wrong rest", vec![("x-api-key", one_off)], Cause::UnknownKey),
        ("a key in upper case", vec![("x-api-key", format!("cai_{}", "G".repeat(43)))], Cause::UnknownKey),
        ("a key nobody made", vec![("x-api-key", secret('x'))], Cause::UnknownKey),
        ("a revoked key", vec![("x-api-key", secret('r'))], Cause::KeyRevoked),
        ("an expired key, at its very second", vec![("x-api-key", secret('e'))], Cause::KeyExpired),
        ("a key without the scope", vec![("x-api-key", secret('n'))], Cause::MissingScope),
        ("a key for no source", vec![("x-api-key", secret('s'))], Cause::SourceNotAllowed),
        ("one header twice", vec![("x-api-key", good.clone()), ("x-api-key", good.clone())], Cause::RepeatedCredential),
        ("two authorizations", vec![("authorization", bearer(&good)), ("authorization", "Basic eDp5".into())], Cause::RepeatedCredential),
        ("two keys that differ", vec![("authorization", revoked_then_good), ("x-api-key", good.clone())], Cause::RepeatedCredential),
        ("a good key beside a broken header", vec![("authorization", "Bearer x".into()), ("x-api-key", good.clone())], Cause::MalformedCredential),
    ];
    assert!(cases.len() >= 30);
    for (description, pairs, cause) in cases {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let error = attempt(&keys, &pairs).await.expect_err(description);
        assert_eq!(error.cause(), *cause, "{description}");
        let expected = match cause {
            Cause::KeyExpired => Code::KeyExpired,
            Cause::MissingScope => Code::Forbidden,
            Cause::SourceNotAllowed => Code::SourceNotAllowed,
            _ => Code::Unauthorized,
        };
        assert_eq!(Refusal::from(error).code(), expected, "{description}");
    }
    let binary: &[(&str, &[u8])] = &[("x-api-key", b"cai_\xff\xfe")];
    assert_eq!(
        attempt(&keys, binary).await.unwrap_err().cause(),
        Cause::MalformedCredential
    );
}

#[actix_web::test]
async fn a_right_key_gets_in_by_either_header_whatever_the_case_of_the_scheme() {
    let keys = keys();
    for character in ['g', 'l', 'a', 't'] {
        let key = secret(character);
        for (name, value) in [
            ("authorization", format!("Bearer {key}")),
            ("authorization", format!("bearer   {key}")),
            ("x-api-key", key.clone()),
        ] {
            let caller = attempt(&keys, &[(name, value.as_bytes())]).await.unwrap();
            assert_eq!(caller.prefix(), &key[..12]);
        }
    }
    let both = format!("Bearer {}", secret('g'));
    let pairs: &[(&str, &[u8])] = &[
        ("authorization", both.as_bytes()),
        ("x-api-key", &both.as_bytes()[7..]),
    ];
    assert!(
        attempt(&keys, pairs).await.is_ok(),
        "the same key twice means one key"
    );
    let basic: &[(&str, &[u8])] = &[
        ("authorization", b"Basic eDp5"),
        ("x-api-key", &both.as_bytes()[7..]),
    ];
    assert!(attempt(&keys, basic).await.is_ok());
}

#[actix_web::test]
async fn a_gateway_that_never_saw_its_keys_asks_to_come_again() {
    let value = secret('g');
    let error = attempt(&Keys::new(), &[("x-api-key", value.as_bytes())])
        .await
        .unwrap_err();
    assert_eq!(Refusal::from(error).code(), Code::Overloaded);
}

#[actix_web::test]
async fn a_limited_key_is_told_when_the_next_request_is_free_and_a_new_set_forgives_nothing() {
    let keys = keys();
    let value = secret('t');
    let now = std::time::Duration::from_secs(9);
    let caller = attempt(&keys, &[("x-api-key", value.as_bytes())])
        .await
        .unwrap();
    assert!(caller.spends(now).is_ok());
    let refusal = Refusal::from(caller.spends(now).unwrap_err());
    assert_eq!(
        (refusal.code(), refusal.retry_after_s),
        (Code::RateLimited, 1)
    );

    let before = keys.current().unwrap();
    let same = before.iter().map(|held| held.key.clone()).collect();
    keys.replace(KeySet::new(same, Some(&before)));
    let caller = attempt(&keys, &[("x-api-key", value.as_bytes())])
        .await
        .unwrap();
    assert!(caller.spends(now).is_err());
}

#[actix_web::test]
async fn the_last_use_of_a_key_is_handed_out_once() {
    let keys = keys();
    let value = secret('g');
    let now = NOW + Duration::hours(1);
    let headers = headers(&[("x-api-key", value.as_bytes())]);
    authenticate(&keys, &headers, now, || false).await.unwrap();
    let set = keys.current().unwrap();
    let used = set.take_used();
    assert_eq!(used.len(), 1);
    assert_eq!(used[0].1, 3_600);
    assert!(set.take_used().is_empty());
}
