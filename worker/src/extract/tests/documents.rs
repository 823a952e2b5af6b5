//! Documents of each kind of place an indicator can be in, with what must come of them.

use super::{drops, extract, extract_with, summary};
use crate::extract::{FieldMapping, Mended};
use crate::indicator::IndicatorType;

#[test]
fn one_value_in_several_fields_is_one_indicator_with_all_of_them() -> anyhow::Result<()> {
    let found = extract(
        r#"{"source.ip": "203.0.113.42", "client": {"ip": ["203.0.113.42"]}, "host.ip": ["203.0.113.42", "::1"]}"#,
    )?;
    assert_eq!(
        summary(&found),
        ["ip 203.0.113.42 source,source,host", "ip ::1 host"]
    );
    let json = serde_json::to_value(&found.indicators[0])?;
    assert_eq!(
        json,
        serde_json::json!({
            "type": "ip", "value": "203.0.113.42", "scope": "documentation",
            "fields": [
                {"field": "source.ip", "role": "source"},
                {"field": "client.ip", "role": "source"},
                {"field": "host.ip", "role": "host"}
            ],
            "id": "1b757788-c3e6-ed38-9a29-d39e8b629874"
        })
    );
    Ok(())
}

#[test]
fn content_decides_the_type_and_says_so() -> anyhow::Result<()> {
    let found = extract(
        r#"{"threat": {"indicator": [{"domain": "159.89.119.67"}, {"url": {"full": "evil.example"}}]},
            "source.address": "Host.LAN", "destination.ip": "c2.evil.example",
            "url.domain": "hxxps://evil[.]example/a[.]b", "dns.answers": [{"data": "mail[.]evil.example"}],
            "file.hash.md5": "90143dfb2e3210f18e1bcc50eb6c3961d11071e3ec024215b8835e468fa63e53"}"#,
    )?;
    assert_eq!(
        summary(&found),
        [
            "ip 159.89.119.67 threat_intel",
            "domain c2.evil.example destination",
            "domain evil.example threat_intel",
            "domain host.lan source",
            "domain mail.evil.example dns",
            "url https://evil.example/a[.]b url",
            "hash_sha256 90143dfb2e3210f18e1bcc50eb6c3961d11071e3ec024215b8835e468fa63e53 file",
        ]
    );
    assert_eq!(found.mended.get(Mended::Retyped), 5);
    assert_eq!(found.mended.get(Mended::Refanged), 2);
    Ok(())
}

#[test]
fn a_comma_list_is_split_only_when_every_part_is_a_value() -> anyhow::Result<()> {
    let found = extract(
        r#"{"source.ip": "1.1.1.1, 8.8.8.8,0.0.0.0", "destination.ip": "1.1.1.1,nonsense here",
            "user.name": "Doe, John", "url.full": "https://evil.example/a,b",
            "email.from.address": "a@evil.example, Bob <b@evil.example>"}"#,
    )?;
    assert_eq!(
        summary(&found),
        [
            "ip 1.1.1.1 source",
            "ip 8.8.8.8 source",
            "url https://evil.example/a,b url",
            "email a@evil.example email",
            "email b@evil.example email",
            "account Doe, John user",
        ]
    );
    assert_eq!(drops(&found), ["wrong_type 1", "unspecified_ip 1"]);
    Ok(())
}

#[test]
fn a_list_of_urls_accounts_or_addresses_with_names_is_each_of_them() -> anyhow::Result<()> {
    let found = extract(
        r#"{"url.full": "http://a.example/1,2,hxxps://b[.]example/", "url.original": "/path,https://c.example/,",
            "url.domain": "http://f.example/x,y", "threat.indicator.url.full": ["g[.]example", "http://d.example,e.example"],
            "user.name": "alice,bob", "user.target.name": "LAB\\carol,-,SYSTEM", "user.effective.name": "Doe, John,Roe, Jane",
            "user.id": "arn:aws:sts::1:assumed-role/r/a,b,arn:aws:iam::1:user/u", "process.user.name": "CN=Eve,OU=Lab",
            "email.from.address": "\"Doe, J\" <j@evil.example>,Roe, J <r@evil.example>"}"#,
    )?;
    assert_eq!(
        summary(&found),
        [
            "domain e.example threat_intel",
            "domain g.example threat_intel",
            "url http://a.example/1,2 url",
            "url http://d.example threat_intel",
            "url http://f.example/x,y url",
            "url https://b.example/ url",
            "email j@evil.example email",
            "email r@evil.example email",
            "account CN=Eve,OU=Lab user",
            "account Doe, John user",
            "account LAB\\carol user",
            "account Roe, Jane user",
            "account alice user",
            "account arn:aws:iam::1:user/u user",
            "account arn:aws:sts::1:assumed-role/r/a,b user",
            "account bob user",
        ]
    );
    Ok(())
}

#[test]
fn an_endpoint_alert_gives_its_files_and_none_of_its_certificates_and_artifacts()
-> anyhow::Result<()> {
    let digest = |letter: &str| letter.repeat(64);
    let document = serde_json::json!({
        "Endpoint": {"policy": {"applied": {"artifacts": {"global": {"identifiers": [{"sha256": digest("a")}]}}}}},
        "process": {
            "Ext": {"code_signature": [{"thumbprint_sha256": digest("b")}], "dll": [{"hash": {"sha256": digest("c")}}],
                    "api": {"behaviors": {"hash": {"sha256": digest("d")}}}},
            "thread": {"Ext": {"call_stack_final_user_module": {"hash": {"sha256": digest("e")}}}},
            "hash": {"md5": "fake md5", "sha256": "0".repeat(64)}, "pe": {"imphash": "f".repeat(32)}
        },
        "Target": {"process": {"hash": {"sha1": "1".repeat(40)}}},
        "Events": [{"file": {"hash": {"sha512": "2".repeat(128)}}}],
        "tls": {"client": {"ja3": "3".repeat(32)}, "server": {"hash": {"sha256": digest("4")}}},
        "user": {"name": "SYSTEM", "id": "S-1-5-18"}
    });
    let found = extract(&document.to_string())?;
    let expected = [
        format!("hash_sha1 {} process", "1".repeat(40)),
        format!("hash_sha256 {} file", digest("c")),
        format!("hash_sha256 {} file", digest("d")),
        format!("hash_sha512 {} file", "2".repeat(128)),
    ];
    assert_eq!(summary(&found), expected);
    assert_eq!(
        drops(&found),
        ["wrong_type 1", "noise_hash 1", "system_account 2"]
    );
    Ok(())
}

#[test]
fn a_mail_shaped_user_is_an_account_and_an_email() -> anyhow::Result<()> {
    let found = extract(
        r#"{"user": {"name": "Bob@Corp.example", "id": 501}, "winlog.event_data": {"TargetUserName": "DC01$", "Hashes": "MD5=debf08c09d49337fbe7acde4d3749242,IMPHASH=debf08c09d49337fbe7acde4d3749242"}}"#,
    )?;
    assert_eq!(
        summary(&found),
        [
            "hash_md5 debf08c09d49337fbe7acde4d3749242 file",
            "email bob@corp.example user",
            "account Bob@Corp.example user",
        ]
    );
    assert_eq!(drops(&found), ["system_account 1", "numeric_account 1"]);
    Ok(())
}

#[test]
fn custom_mappings_add_fields_while_they_are_active() -> anyhow::Result<()> {
    let mut mapping = FieldMapping {
        path: "vendor.*.c2".to_owned(),
        indicator_type: IndicatorType::Domain,
        active: true,
    };
    let document = r#"{"vendor": {"x": {"c2": "evil.example"}, "y.c2": "9.9.9.9"}}"#;
    let found = extract_with(document, std::slice::from_ref(&mapping))?;
    assert_eq!(
        summary(&found),
        ["ip 9.9.9.9 custom", "domain evil.example custom"]
    );
    assert_eq!(found.indicators[0].sources[0].field, "vendor.*.c2");
    mapping.active = false;
    assert!(
        extract_with(document, std::slice::from_ref(&mapping))?
            .indicators
            .is_empty()
    );
    mapping.active = true;
    mapping.path = "vendor..c2".to_owned();
    assert!(extract_with(document, &[mapping]).is_err());
    Ok(())
}
