//! Documents made to hurt: each is one shape repeated until it fills the bytes asked for.

use std::fmt::Write as _;

/// The bytes asked for, and the document.
type Make = fn(usize) -> String;

pub(crate) const SHAPES: &[(&str, Make)] = &[
    ("empty strings of one path", |size| {
        list("source.ip", size, |_| r#""""#.into())
    }),
    ("numbers of one path", |size| {
        list("user.name", size, |n| n.to_string())
    }),
    ("times that are none", |size| {
        list("@timestamp", size, |_| r#""junk""#.into())
    }),
    ("addresses of one path", |size| {
        list("source.ip", size, address)
    }),
    ("addresses of many paths", |size| {
        members(size, |n| {
            format!(
                "{:?}:[{},{},{}]",
                IP_PATHS[n % 8],
                address(3 * n),
                address(3 * n + 1),
                address(3 * n + 2)
            )
        })
    }),
    ("users of one path", |size| {
        list("user.name", size, |n| format!(r#""LAB\\user{n}""#))
    }),
    ("urls of one path", |size| {
        list("url.full", size, |n| {
            format!(r#""hxxp://u:p@h{n}[.]example/""#)
        })
    }),
    ("mail addresses of one path", |size| {
        list("user.email", size, |n| format!(r#""u{n}@lab.example""#))
    }),
    ("a comma list", |size| {
        text("source.ip", size, |n| {
            format!("{},", address(n).trim_matches('"'))
        })
    }),
    ("commas", |size| text("source.ip", size, |_| ",".into())),
    ("commas of digests", |size| {
        text("winlog.event_data.Hashes", size, |n| {
            format!("MD5={n:032x},")
        })
    }),
    ("brackets", |size| {
        text("source.domain", size, |_| "[.]".into())
    }),
    ("at signs", |size| text("user.name", size, |_| "@".into())),
    ("escapes", |size| {
        text("user.name", size, |_| r"\u0041\n".into())
    }),
    ("one long string", |size| {
        text("message", size, |_| "abcdefgh".into())
    }),
    ("threat enrichments", |size| {
        list("threat.enrichments", size, |n| {
            format!(
                r#"{{"matched":{{"field":"source.ip","atomic":{}}}}}"#,
                address(n)
            )
        })
    }),
    ("matches of two fields", |size| {
        list("threat.enrichments", size, |n| {
            format!(
                r#"{{"matched":{{"field":{:?},"atomic":{}}}}}"#,
                IP_PATHS[n % 2],
                address(n)
            )
        })
    }),
    ("threat indicators", |size| {
        list("threat.indicator", size, |n| {
            format!(r#"{{"ip":{}}}"#, address(n))
        })
    }),
    ("threshold terms", |size| {
        list("kibana.alert.threshold_result.terms", size, |n| {
            format!(r#"{{"field":{:?},"value":{n}}}"#, IP_PATHS[n % 3])
        })
    }),
    ("new terms", |size| {
        list("kibana.alert.new_terms", size, address)
    }),
    ("threat blocks", |size| {
        list("kibana.alert.rule.threat", size, |n| {
            format!(
                r#"{{"tactic":{{"id":"TA{n}"}},"technique":[{{"id":"T{n}"}},{{"id":"U{n}"}}]}}"#
            )
        })
    }),
    ("subtechniques", |size| {
        list("threat.technique", size, |n| {
            format!(r#"{{"id":"T{n}","subtechnique":[{{"id":"T{n}.1"}},{{"id":"T{n}.2"}}]}}"#)
        })
    }),
    ("tags", |size| {
        list("kibana.alert.rule.tags", size, |n| format!(r#""tag{n}""#))
    }),
    ("one key again and again", |size| {
        members(size, |n| format!(r#""source.ip":{}"#, address(n)))
    }),
    ("two keys in turns", |size| {
        members(size, |n| format!("{:?}:{n}", IP_PATHS[n % 2]))
    }),
    ("keys below a wildcard", |size| {
        list("process", size, |n| {
            format!(r#"{{"Ext":{{"api":{{"k{n}":{{"hash":{{"md5":1}}}}}}}}}}"#)
        })
    }),
    ("many keys of one wildcard", |size| {
        format!(
            r#"{{"process.Ext.api":{}}}"#,
            members(size, |n| format!(r#""k{n}":{{"hash":{{"md5":1}}}}"#))
        )
    }),
    ("unknown keys", |size| {
        members(size, |n| format!(r#""k{n}":{{"b":[1,"x"]}}"#))
    }),
    ("keys that are nearly known", |size| {
        members(size, |n| format!(r#""source.i{n}":1"#))
    }),
    ("a key of dots", |size| {
        format!(r#"{{"{}":1}}"#, "a.".repeat(size / 2))
    }),
    ("deep lists", |size| {
        list("source", size, |_| {
            format!("{}1{}", "[".repeat(100), "]".repeat(100))
        })
    }),
    ("deep objects", |size| {
        list("a", size, |_| {
            format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100))
        })
    }),
    ("parameters as text", |size| {
        format!(
            r#"{{"kibana.alert.rule.parameters":"{{\"threat\":[{}1]}}"}}"#,
            r#"{\"tactic\":{\"id\":\"TA1\"}},"#.repeat(size / 29)
        )
    }),
    ("zeros", |size| {
        format!(r#"{{"source.ip":[{}1]}}"#, "0,".repeat(size / 2))
    }),
];

const IP_PATHS: [&str; 8] = [
    "source.ip",
    "destination.ip",
    "client.ip",
    "server.ip",
    "host.ip",
    "dns.resolved_ip",
    "source.nat.ip",
    "okta.client.ip",
];

fn address(n: usize) -> String {
    format!(r#""11.{}.{}.{}""#, n >> 16 & 255, n >> 8 & 255, n & 255)
}

fn repeated(size: usize, separator: &str, item: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(size + 256);
    for n in 0.. {
        if text.len() >= size {
            break;
        }
        let separator = if n > 0 { separator } else { "" };
        // Writing to a string cannot fail.
        write!(text, "{separator}{}", item(n)).ok();
    }
    text
}

fn list(path: &str, size: usize, item: impl Fn(usize) -> String) -> String {
    format!("{{{path:?}:[{}]}}", repeated(size, ",", item))
}

fn members(size: usize, member: impl Fn(usize) -> String) -> String {
    format!("{{{}}}", repeated(size, ",", member))
}

fn text(path: &str, size: usize, piece: impl Fn(usize) -> String) -> String {
    format!(r#"{{{path:?}:"{}"}}"#, repeated(size, "", piece))
}
