//! Proofs that must not pass, proofs that must, and every flipped bit.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod client;

use actix_web::http::header::{HeaderName, HeaderValue};
use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use ring::hmac;

use super::*;
use crate::error::{Cause, Code, Refusal};

const BODY: &[u8] = br#"{"kibana.alert.uuid":"1"}"#;
const SECRET: &str = "first secret: with spaces";
const NOW: Duration = Duration::from_secs(1_700_000_000);

fn verifier(methods: &str) -> Verifier {
    let config = serde_json::json!({
        "secret": SECRET,
        "secrets": ["old:the old secret of 2025"],
        "methods": methods,
        "timestamp_window": "5m",
    });
    Verifier::new(&serde_json::from_value(config).unwrap())
}

fn all() -> Verifier {
    verifier("signature,signature_with_timestamp,secret_header,basic")
}

fn sign(secret: &str, parts: &[&[u8]]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, &parts.concat());
    let bytes: [u8; 32] = tag.as_ref().try_into().unwrap();
    let (high, low) = bytes.split_at(16);
    let number = |half: &[u8]| u128::from_be_bytes(half.try_into().unwrap());
    let hex = format!("{:032x}{:032x}", number(high), number(low));
    format!("sha256={hex}")
}

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

fn attempt(
    verifier: &Verifier,
    pairs: &[(&str, String)],
    body: &[u8],
) -> Result<VerifiedPayload, VerifyError> {
    present(verifier, None, pairs, body)
}

fn present(
    verifier: &Verifier,
    client: Option<&str>,
    pairs: &[(&str, String)],
    body: &[u8],
) -> Result<VerifiedPayload, VerifyError> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let client = client.map(Arc::from);
    verifier.verify(&headers, Bytes::copy_from_slice(body), client.as_ref(), NOW)
}

fn stamped(seconds: &str) -> Vec<(&'static str, String)> {
    let signature = sign(SECRET, &[seconds.as_bytes(), b".", BODY]);
    vec![
        ("x-elastic-signature", signature),
        ("x-elastic-timestamp", seconds.into()),
    ]
}

/// What the case is, its headers, and why it is refused.
type Case = (&'static str, Vec<(&'static str, String)>, Cause);

#[rustfmt::skip]
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn no_wrong_proof_passes() {
    use Cause as C;
    let signature = |text: String| vec![("x-elastic-signature", text)];
    let header = |text: &str| vec![("x-elastic-webhook-secret", text.to_owned())];
    let auth = |text: String| vec![("authorization", text)];
    let right = sign(SECRET, &[BODY]);
    let twice = |name, value: &str| vec![(name, value.to_owned()), (name, value.to_owned())];
    let with = |mut pairs: Vec<(&'static str, String)>, name, value: &str| {
        pairs.push((name, value.to_owned()));
        pairs
    };
    let cases: Vec<Case> = vec![
        ("nothing", vec![], C::Unverified),
        ("a timestamp alone", vec![("x-elastic-timestamp", "1700000000".into())], C::Unverified),
        ("a key as bearer", auth("Bearer cai_x".into()), C::Unverified),
        ("basic of no base64", auth("Basic %%%".into()), C::Unverified),
        ("basic without padding", auth(basic("x:yz").trim_end_matches('=').into()), C::Unverified),
        ("basic without a colon", auth(basic(&SECRET.replace(':', ""))), C::Unverified),
        ("basic without credentials", auth("Basic".into()), C::Unverified),
        ("basic with an empty password", auth(basic("x:")), C::WrongSecret),
        ("basic with the secret as user", auth(basic("the old secret of 2025:x")), C::WrongSecret),
        ("basic with a part of the secret", auth(basic("x:first secret")), C::WrongSecret),
        ("basic with a line break after the secret", auth(basic(&format!("x:{SECRET}\n"))), C::WrongSecret),
        ("an empty signature", signature(String::new()), C::MalformedSignature),
        ("no prefix", signature(right.replace("sha256=", "")), C::MalformedSignature),
        ("another prefix", signature(right.replace("sha256=", "sha1=")), C::MalformedSignature),
        ("an upper-case prefix", signature(right.replace("sha256", "SHA256")), C::MalformedSignature),
        ("upper-case hex", signature(right.to_uppercase().replace("SHA256", "sha256")), C::MalformedSignature),
        ("a digit less", signature(right[..70].into()), C::MalformedSignature),
        ("a byte less", signature(right[..69].into()), C::MalformedSignature),
        ("a digit more", signature(format!("{right}0")), C::MalformedSignature),
        ("a byte more", signature(format!("{right}00")), C::MalformedSignature),
        ("no hex", signature(right .replace(|c: char| c.is_ascii_digit(), "g") .replace("shaggg", "sha256")), C::MalformedSignature),
        ("a space inside", signature(right.replace('=', "= ")), C::MalformedSignature),
        ("two in one header", signature(format!("{right},{right}")), C::MalformedSignature),
        ("base64 instead of hex", signature(format!("sha256={}", STANDARD.encode([7; 32]))), C::MalformedSignature),
        ("all zeros", signature(format!("sha256={}", "0".repeat(64))), C::WrongSignature),
        ("of another body", signature(sign(SECRET, &[b"{}"])), C::WrongSignature),
        ("of an empty body", signature(sign(SECRET, &[])), C::WrongSignature),
        ("of the body with a line break", signature(sign(SECRET, &[BODY, b"\n"])), C::WrongSignature),
        ("with another secret", signature(sign("another", &[BODY])), C::WrongSignature),
        ("with no secret", signature(sign("", &[BODY])), C::WrongSignature),
        ("two signatures", twice("x-elastic-signature", &right), C::RepeatedProof),
        ("a wrong signature beside the right secret", with(signature(sign("x", &[BODY])), "x-elastic-webhook-secret", SECRET), C::WrongSignature),
        ("of the body alone, with a timestamp", with(signature(right.clone()), "x-elastic-timestamp", "1700000000"), C::WrongSignature),
        ("of timestamp and body, without the timestamp", signature(sign(SECRET, &[b"1700000000.", BODY])), C::WrongSignature),
        ("another timestamp than was signed", with(signature(sign(SECRET, &[b"1699999999.", BODY])), "x-elastic-timestamp", "1700000000"), C::WrongSignature),
        ("a timestamp too old", stamped("1699999699"), C::StaleTimestamp),
        ("a timestamp from the future", stamped("1700000301"), C::StaleTimestamp),
        ("a timestamp of the epoch", stamped("0"), C::StaleTimestamp),
        ("a timestamp in milliseconds", stamped("1700000000000"), C::StaleTimestamp),
        ("a timestamp that is no number", stamped("now"), C::MalformedTimestamp),
        ("an empty timestamp", stamped(""), C::MalformedTimestamp),
        ("a negative timestamp", stamped("-1700000000"), C::MalformedTimestamp),
        ("a timestamp with a plus", stamped("+1700000000"), C::MalformedTimestamp),
        ("a fraction of a second", stamped("1700000000.5"), C::MalformedTimestamp),
        ("a timestamp as a date", stamped("2023-11-14T22:13:20Z"), C::MalformedTimestamp),
        ("a timestamp over 64 bits", stamped("99999999999999999999"), C::MalformedTimestamp),
        ("two timestamps", with(stamped("1700000000"), "x-elastic-timestamp", "1700000000"), C::RepeatedProof),
        ("an empty secret", header(""), C::WrongSecret),
        ("a wrong secret", header("wrong"), C::WrongSecret),
        ("the secret without its spaces", header(&SECRET.replace(' ', "")), C::WrongSecret),
        ("the secret in upper case", header(&SECRET.to_uppercase()), C::WrongSecret),
        ("the secret and more", header(&format!("{SECRET}x")), C::WrongSecret),
        ("the beginning of the secret", header(&SECRET[..10]), C::WrongSecret),
        ("both secrets with a comma", header(&format!("{SECRET},the old secret of 2025")), C::WrongSecret),
        ("the name of a secret with it", header("old:the old secret of 2025"), C::WrongSecret),
        ("the signature as the secret", header(&right), C::WrongSecret),
        ("two secrets", twice("x-elastic-webhook-secret", SECRET), C::RepeatedProof),
        ("a wrong secret beside a right password", with(header("wrong"), "authorization", &basic(&format!("x:{SECRET}"))), C::WrongSecret),
    ];
    assert!(cases.len() >= 55);
    for (description, pairs, cause) in &cases {
        let refusal = Refusal::from(attempt(&all(), pairs, BODY).expect_err(description));
        assert_eq!(refusal.cause, *cause, "{description}");
        assert_eq!(refusal.code(), Code::InvalidSignature, "{description}");
    }
}

#[test]
fn each_method_passes_with_each_live_secret_and_names_it() {
    for (name, secret) in [("primary", SECRET), ("old", "the old secret of 2025")] {
        let at = |seconds: &str| {
            let signature = sign(secret, &[seconds.as_bytes(), b".", BODY]);
            vec![
                ("x-elastic-signature", signature),
                ("x-elastic-timestamp", seconds.to_owned()),
            ]
        };
        let proofs = [
            (
                Method::Signature,
                vec![("x-elastic-signature", sign(secret, &[BODY]))],
            ),
            (Method::SignatureWithTimestamp, at("1700000300")),
            (Method::SignatureWithTimestamp, at("1699999700")),
            (
                Method::SecretHeader,
                vec![("x-elastic-webhook-secret", secret.to_owned())],
            ),
            (
                Method::Basic,
                vec![("authorization", basic(&format!("kibana:{secret}")))],
            ),
            (
                Method::Basic,
                vec![(
                    "authorization",
                    basic(&format!(":{secret}")).replace("Basic", "basic"),
                )],
            ),
        ];
        for (method, pairs) in proofs {
            let payload = attempt(&all(), &pairs, BODY).unwrap();
            assert_eq!((payload.method(), &**payload.secret()), (method, name));
            assert_eq!(payload.body(), BODY);
        }
    }
}

#[test]
fn a_method_that_is_not_allowed_proves_nothing() {
    let signature = vec![("x-elastic-signature", sign(SECRET, &[BODY]))];
    let header = vec![("x-elastic-webhook-secret", SECRET.to_owned())];
    let basic = vec![("authorization", basic(&format!("x:{SECRET}")))];
    for (allowed, pairs) in [
        ("secret_header,basic", &signature),
        ("signature_with_timestamp", &signature),
        ("signature", &stamped("1700000000")),
        ("signature,basic", &header),
        ("signature,secret_header", &basic),
    ] {
        let error = attempt(&verifier(allowed), pairs, BODY).expect_err(allowed);
        assert_eq!(error, VerifyError::Missing, "{allowed}");
    }
}

proptest! {
    #[test]
    fn any_flipped_bit_of_body_or_signature_is_refused(
        body in proptest::collection::vec(any::<u8>(), 1..300),
        place in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let signature = sign(SECRET, &[&body]);
        let pairs = [("x-elastic-signature", signature.clone())];
        prop_assert!(attempt(&all(), &pairs, &body).is_ok());
        let mut flipped = body.clone();
        flipped[place.index(body.len())] ^= 1 << bit;
        prop_assert!(attempt(&all(), &pairs, &flipped).is_err());

        let mut flipped = signature.into_bytes();
        let place = place.index(flipped.len());
        flipped[place] ^= 1 << bit;
        if let Ok(value) = HeaderValue::from_bytes(&flipped) {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static("x-elastic-signature"), value);
            prop_assert!(all().verify(&headers, body.into(), None, NOW).is_err());
        }
    }
}
