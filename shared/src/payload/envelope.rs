//! Names the members in which known tools and templates wrap alerts.
//! A closed list: a member of any other name is never opened, however much its content looks like an alert.
//! `recovered` is known in order to be left shut: a recovered alert is not a new one.

/// What a member of an envelope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Kibana's list of alerts: where it stands, alerts are meant, and none inside is an answer too.
    List,
    /// Kibana's frame around such a list.
    Context,
    /// Any tool's: opened, but proves nothing by itself.
    Wrapper,
    /// Alerts that are over.
    Recovered,
}

/// What the member is, for a name such as `alerts`, `context.alerts` or `alerts.new.data`; `None` for other names.
pub(super) fn kind(key: &str) -> Option<Kind> {
    let mut kind = Kind::Wrapper;
    // Bytes: keys are short, and this is asked of every member of every alert.
    for segment in key.as_bytes().split(|byte| *byte == b'.') {
        match segment {
            b"recovered" => kind = Kind::Recovered,
            b"alerts" | b"hits" | b"signals" if kind != Kind::Recovered => kind = Kind::List,
            b"context" if kind == Kind::Wrapper => kind = Kind::Context,
            b"alerts" | b"hits" | b"signals" | b"context" | b"alert" | b"new" | b"ongoing"
            | b"all" | b"data" | b"asJSON" | b"body" | b"payload" | b"json" | b"docs"
            | b"documents" | b"items" | b"records" | b"results" => {}
            _ if key.contains('.')
                && !segment.is_empty()
                && segment.iter().all(u8::is_ascii_digit) => {}
            _ => return None,
        }
    }
    Some(kind)
}
