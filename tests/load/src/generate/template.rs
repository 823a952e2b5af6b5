//! A document with holes, cut once and filled for every alert by copying.
//!
//! A hole is written `{{name}}` in the template's text; an unknown name stays text, so a mistake shows
//! in the document. Values go in as they are and must need no JSON escapes.

/// What differs from alert to alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hole {
    Id,
    Time,
    SourceIp,
    DestinationIp,
    Host,
    HostIp,
    User,
    Email,
    Sha256,
    Domain,
    Url,
}

const HOLES: [(&str, Hole); 11] = [
    ("id", Hole::Id),
    ("time", Hole::Time),
    ("source_ip", Hole::SourceIp),
    ("destination_ip", Hole::DestinationIp),
    ("host", Hole::Host),
    ("host_ip", Hole::HostIp),
    ("user", Hole::User),
    ("email", Hole::Email),
    ("sha256", Hole::Sha256),
    ("domain", Hole::Domain),
    ("url", Hole::Url),
];

/// The values of one alert, by [`Hole`].
pub(super) struct Values(pub(super) [String; HOLES.len()]);

/// Text, a hole, text, a hole, …, text.
#[derive(Clone, Debug)]
pub(super) struct Template {
    parts: Vec<(String, Hole)>,
    tail: String,
    bytes: usize,
}

impl Template {
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            literal.push_str(before);
            let found = after.split_once("}}").and_then(|(name, after)| {
                let hole = HOLES.iter().find(|(known, _)| *known == name)?.1;
                Some((hole, after))
            });
            if let Some((hole, after)) = found {
                parts.push((std::mem::take(&mut literal), hole));
                rest = after;
            } else {
                literal.push_str("{{");
                rest = after;
            }
        }
        literal.push_str(rest);
        Self {
            parts,
            tail: literal,
            bytes: text.len() * 2,
        }
    }

    pub(super) fn render(&self, values: &Values) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.bytes);
        for (text, hole) in &self.parts {
            body.extend_from_slice(text.as_bytes());
            body.extend_from_slice(values.0[*hole as usize].as_bytes());
        }
        body.extend_from_slice(self.tail.as_bytes());
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hole_is_filled_with_its_own_value_and_unknown_ones_stay_text() {
        let values = Values(HOLES.map(|(name, _)| name.to_uppercase()));
        for (name, _) in HOLES {
            let body = Template::parse(&format!("<{{{{{name}}}}}>")).render(&values);
            assert_eq!(body, format!("<{}>", name.to_uppercase()).into_bytes());
        }
        let body = Template::parse("a{{none}}b{{").render(&values);
        assert_eq!(body, b"a{{none}}b{{");
    }
}
