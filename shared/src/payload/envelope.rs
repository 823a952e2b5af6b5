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
    for segment in key.split('.') {
        match segment {
            "recovered" => kind = Kind::Recovered,
            "alerts" | "hits" | "signals" if kind != Kind::Recovered => kind = Kind::List,
            "context" if kind == Kind::Wrapper => kind = Kind::Context,
            "alerts" | "hits" | "signals" | "context" | "alert" | "new" | "ongoing" | "all"
            | "data" | "asJSON" | "body" | "payload" | "json" | "docs" | "documents" | "items"
            | "records" | "results" => {}
            _ if key.contains('.')
                && !segment.is_empty()
                && segment.bytes().all(|byte| byte.is_ascii_digit()) => {}
            _ => return None,
        }
    }
    Some(kind)
}
