//! Entries of the allow-list against certificates, and files and settings that do not fit together.

#![expect(clippy::unwrap_used, reason = "tests")]

use calseta_shared::config::{Environment, Validate};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};

use super::*;
use crate::config::Settings;

fn certificate() -> Names {
    let mut params = CertificateParams::new(vec!["kibana.example".to_owned()]).unwrap();
    let uri = "spiffe://example/soc/kibana".try_into().unwrap();
    params.subject_alt_names.push(SanType::URI(uri));
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, "FI");
    subject.push(DnType::OrganizationName, "Example, Inc.");
    subject.push(DnType::CommonName, "kibana");
    params.distinguished_name = subject;
    let key = KeyPair::generate().unwrap();
    Names::read(params.self_signed(&key).unwrap().der()).unwrap()
}

#[test]
fn an_entry_means_a_name_a_uri_or_a_whole_subject_and_nothing_near_it() {
    let names = certificate();
    let means = |entry: &str| {
        let subject = Subject::try_from(entry.to_owned()).unwrap();
        subject.is_one_of(&names)
    };
    for right in [
        "kibana",
        " kibana ",
        "kibana.example",
        "KIBANA.example",
        "spiffe://example/soc/kibana",
        r"C=FI,O=Example\, Inc.,CN=kibana",
        r"CN=kibana, O=Example\, Inc., C=FI",
        r"cn = kibana, 2.5.4.10 = Example\, Inc. ,c=FI",
    ] {
        assert!(means(right), "{right}");
    }
    for wrong in [
        "Kibana",
        "kiban",
        "kibana.example.",
        "*.example",
        "example",
        "FI",
        "spiffe://example/soc/Kibana",
        "spiffe://example/soc",
        "CN=kibana",
        r"C=FI,O=Example\, Inc.",
        r"O=Example\, Inc.,C=FI,CN=kibana",
        r"C=FI+O=Example\, Inc.,CN=kibana",
        r"C=FI,O=Example\, Inc.,CN=kibana,CN=kibana",
        r"C=FI,O=Example\, Inc.,OU=kibana",
    ] {
        assert!(!means(wrong), "{wrong}");
    }
}

#[test]
fn an_entry_that_can_mean_nobody_is_refused() {
    for wrong in [
        "",
        "  ",
        "CN=",
        "=kibana",
        "CN=kibana,",
        "CN=a,O",
        "CNN=kibana",
    ] {
        assert!(Subject::try_from(wrong.to_owned()).is_err(), "{wrong:?}");
    }
}

#[test]
fn settings_that_only_look_like_protection_are_refused_by_name() {
    let pair = "certificate = \"c\"\nkey = \"k\"\n";
    let asked = format!("{pair}client_auth = \"required\"\nclient_ca = \"a\"\n");
    let optional = asked.replace("required", "optional");
    let proven = "[verify]\nmethods = [\"client_certificate\"]\n";
    let check = |tls: &str, rest: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("[tls]\n{tls}\n{rest}")).unwrap();
        let settings = Settings::load(Some(file.path()), &Environment::of(&[], []))?;
        settings.tls.validate()
    };
    for right in [
        (pair, ""),
        (&asked, ""),
        (&asked, proven),
        (&optional, proven),
    ] {
        check(right.0, right.1).unwrap();
    }
    for (tls, rest, key) in [
        ("certificate = \"c\"", "", "tls.key"),
        ("key = \"k\"", "", "tls.key"),
        (
            "client_auth = \"required\"\nclient_ca = \"a\"",
            "",
            "tls.client_auth",
        ),
        (
            &format!("{pair}client_auth = \"required\""),
            "",
            "tls.client_ca",
        ),
        (&format!("{pair}client_ca = \"a\""), "", "tls.client_ca"),
        (
            &format!("{pair}client_subjects = \"a\""),
            "",
            "tls.client_subjects",
        ),
        (&optional, "", "tls.client_auth"),
        (pair, proven, "tls.client_auth"),
        (&format!("{pair}min_version = \"1.1\""), "", "min_version"),
        (&format!("{pair}handshakes = 0"), "", "tls.handshakes"),
    ] {
        let error = check(tls, rest).unwrap_err().to_string();
        assert!(error.contains(key), "{tls} {error}");
    }
}
