//! What becomes of URLs as alerts have them: each case is the text sent and the value kept, if any.

use super::*;

#[test]
fn a_url_is_kept_whole_but_for_case_port_and_credentials() {
    let cases = [
        (
            "https://Evil.Example.com/Payload?Q=A#f",
            "https://evil.example.com/Payload?Q=A#f",
        ),
        ("HTTP://evil.com:80/a", "http://evil.com/a"),
        ("https://evil.com:0443", "https://evil.com"),
        ("https://evil.com:8443/", "https://evil.com:8443/"),
        ("http://evil.com:/x", "http://evil.com/x"),
        ("http://1.2.3.4/a b", "http://1.2.3.4/a b"),
        ("http://[2001:DB8::1]:80/x", "http://[2001:db8::1]/x"),
        ("hxxp://evil[.]com/a[.]b", "http://evil.com/a[.]b"),
        ("hXXps[:]//evil(.)com", "https://evil.com"),
        ("hxtp{:}//evil{dot}com/a", "http://evil.com/a"),
        ("htxps(://)evil[dot]com", "https://evil.com"),
        ("http:[//]evil.com", "http://evil.com"),
        ("fxp[:][/][/]files(dot)evil [.] com", "ftp://files.evil.com"),
        (
            "ftp://bob:secret@files.example.com/x@y",
            "ftp://files.example.com/x@y",
        ),
        ("http://intranet/wpad.dat", "http://intranet/wpad.dat"),
        ("http://evil.com./x", "http://evil.com/x"),
        ("ldap://evil.com:1389/a", "ldap://evil.com:1389/a"),
        ("http://evil.com?x", "http://evil.com?x"),
    ];
    for (text, expected) in cases {
        assert_eq!(
            parse(text).map(|url| url.value).as_deref(),
            Ok(expected),
            "{text}"
        );
    }
}

#[test]
fn what_names_no_place_on_a_network_is_no_url() {
    let cases = [
        "/index.html",
        "evil.com/x",
        "http://",
        "http:///x",
        "http://a b/",
        "http://evil.com:99999/",
        "http://evil.com:x/",
        "http://[fe80::1%eth0]/",
        "http://evil.com/a\tb",
        "javascript:alert(1)",
        "javascript://evil.com/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "chrome-extension://abcdef/x.js",
        "C:\\Windows\\x",
    ];
    for text in cases {
        assert_eq!(parse(text), Err(Dropped::WrongType), "{text}");
    }
    let long = format!("https://evil.com/{}", "a".repeat(LONGEST));
    assert_eq!(parse(&long), Err(Dropped::TooLong));
}

#[test]
fn what_was_done_is_said() {
    let plain = parse("https://evil.com/").map(|url| (url.refanged, url.credentials_removed));
    let mended = parse("hxxp://u@evil.com/").map(|url| (url.refanged, url.credentials_removed));
    assert_eq!((plain, mended), (Ok((false, false)), Ok((true, true))));
}
