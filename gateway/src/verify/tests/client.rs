//! A client certificate as the proof: what it proves, what it does not mend, and what needs no proof at all.

use super::*;

#[rustfmt::skip]
#[test]
fn a_client_certificate_proves_the_body_where_it_is_allowed_and_mends_no_signature() {
    use Cause as C;
    let all = "signature,secret_header,basic,client_certificate";
    let wrong = vec![("x-elastic-signature", sign("x", &[BODY]))];
    let right = vec![("x-elastic-signature", sign(SECRET, &[BODY]))];
    let header = |text: &str| vec![("x-elastic-webhook-secret", text.to_owned())];
    let cases = [
        ("a certificate alone", all, Some("kibana"), vec![], Ok((Method::ClientCertificate, "kibana"))),
        ("a certificate of any name", all, Some(""), vec![], Ok((Method::ClientCertificate, ""))),
        ("beside an old secret", all, Some("kibana"), header("gone"), Ok((Method::ClientCertificate, "kibana"))),
        ("beside a right signature", all, Some("kibana"), right, Ok((Method::Signature, "primary"))),
        ("the secret instead", all, None, header(SECRET), Ok((Method::SecretHeader, "primary"))),
        ("a wrong signature beside it", all, Some("kibana"), wrong, Err(C::WrongSignature)),
        ("neither", all, None, vec![], Err(C::Unverified)),
        ("a wrong secret instead", all, None, header("kibana"), Err(C::WrongSecret)),
        ("a certificate where it is no method", "secret_header", Some("kibana"), vec![], Err(C::Unverified)),
        ("the same with a wrong secret", "secret_header", Some("kibana"), header("x"), Err(C::WrongSecret)),
        ("the same with the secret", "secret_header", Some("kibana"), header(SECRET), Ok((Method::SecretHeader, "primary"))),
    ];
    for (description, methods, client, pairs, expected) in cases {
        let proven = present(&verifier(methods), client, &pairs, BODY);
        match (&proven, expected) {
            (Ok(payload), Ok(by)) => assert_eq!((payload.method(), &**payload.secret()), by, "{description}"),
            (Err(error), Err(cause)) => assert_eq!(Refusal::from(error.clone()).cause, cause, "{description}"),
            _ => panic!("{description}: {proven:?}"),
        }
    }
}

#[test]
fn without_any_secret_a_certificate_is_still_needed_where_it_is_a_method() {
    let config = serde_json::json!({
        "secret": "", "secrets": "", "methods": "secret_header,client_certificate", "timestamp_window": "5m"
    });
    let verifier = Verifier::new(&serde_json::from_value(config).unwrap());
    assert!(!verifier.is_open());
    assert!(present(&verifier, Some(""), &[], BODY).is_ok());
    let empty = [("x-elastic-webhook-secret", String::new())];
    for pairs in [&[][..], &empty] {
        assert!(attempt(&verifier, pairs, BODY).is_err());
    }
}

#[test]
fn without_a_secret_everything_passes_as_unproven() {
    let config = serde_json::json!({
        "secret": "", "secrets": "", "methods": "signature", "timestamp_window": "5m"
    });
    let verifier = Verifier::new(&serde_json::from_value(config).unwrap());
    assert!(verifier.is_open());
    assert_eq!(
        attempt(&verifier, &[], BODY).unwrap().method(),
        Method::None
    );
}
