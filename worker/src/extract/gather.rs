//! Gathers what fields gave, then folds it into indicators: one a type and value, each with every field
//! it came from, sorted. Values are offered in any order and as often as they come; the result is the
//! same. Nothing is quadratic: folding is one sort, and each id is hashed once.

use std::borrow::Cow;

use super::classify::{Classified, classify};
use super::content::Content;
use super::noise::is_placeholder;
use super::sysmon;
use super::tally::{Dropped, Mended, Tally};
use crate::indicator::{Indicator, IndicatorType, IpScope, Role, Source, id_of};

/// A canonical value with the field it was read from.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found<'a> {
    indicator_type: IndicatorType,
    value: Cow<'a, str>,
    /// Follows from the value, so it never decides an order.
    scope: Option<IpScope>,
    origin: Origin,
}

/// A field by its number, and the role its value has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) field: usize,
    pub(super) role: Role,
}

#[derive(Debug, Default)]
pub(super) struct Gather<'a> {
    found: Vec<Found<'a>>,
    pub(super) dropped: Tally<Dropped>,
    pub(super) mended: Tally<Mended>,
}

impl<'a> Gather<'a> {
    /// Takes what `text` of a field holds, or counts why it holds nothing.
    pub(super) fn offer(&mut self, content: Content, text: &'a str, origin: Origin) {
        // Strings of fixed length arrive with NULs after them.
        let text = text.trim_matches(|end: char| end.is_whitespace() || end == '\0');
        if content == Content::DigestList {
            return self.offer_digests(text, origin);
        }
        if content.may_be_list() && text.contains(',') && self.offer_list(content, text, origin) {
            return;
        }
        match read(content, text) {
            Ok(found) => self.keep(content, found, origin),
            Err(reason) => self.dropped.add(reason),
        }
    }

    /// A comma list counts as one only when every part is a value or known noise. Parts are read twice,
    /// to know before the first is kept, rather than held: a body can be one list of a million.
    fn offer_list(&mut self, content: Content, text: &'a str, origin: Origin) -> bool {
        let parts = || text.split(',').map(|part| read(content, part.trim()));
        if parts().any(|part| matches!(part, Err(Dropped::WrongType))) {
            return false;
        }
        self.mended.add(Mended::ListSplit);
        for part in parts() {
            match part {
                Ok(found) => self.keep(content, found, origin),
                Err(reason) => self.dropped.add(reason),
            }
        }
        true
    }

    fn offer_digests(&mut self, text: &'a str, origin: Origin) {
        if is_placeholder(text) {
            return self.dropped.add(Dropped::Placeholder);
        }
        for digest in sysmon::digests(text) {
            match digest {
                Ok((algorithm, value)) => {
                    self.keep(
                        Content::DigestList,
                        Classified::new(algorithm, value),
                        origin,
                    );
                }
                Err(reason) => self.dropped.add(reason),
            }
        }
    }

    fn keep(&mut self, content: Content, found: Classified<'a>, origin: Origin) {
        let Classified {
            indicator_type,
            value,
            scope,
            email,
            mended,
        } = found;
        for mended in mended.into_iter().flatten() {
            self.mended.add(mended);
        }
        if !content.promises(indicator_type) {
            self.mended.add(Mended::Retyped);
        }
        if let Some(value) = email {
            self.push(Found {
                indicator_type: IndicatorType::Email,
                value,
                scope: None,
                origin,
            });
        }
        self.push(Found {
            indicator_type,
            value,
            scope,
            origin,
        });
    }

    /// Repeats in a row are the usual ones, and cost nothing this way.
    fn push(&mut self, found: Found<'a>) {
        if self.found.last() != Some(&found) {
            self.found.push(found);
        }
    }

    /// The indicators; `field` names a field by its number.
    pub(super) fn fold(
        mut self,
        field: impl Fn(usize) -> Cow<'static, str>,
    ) -> (Vec<Indicator>, Tally<Dropped>, Tally<Mended>) {
        self.found.sort_unstable();
        self.found.dedup();
        let mut indicators: Vec<Indicator> = Vec::with_capacity(self.found.len());
        for Found {
            indicator_type,
            value,
            scope,
            origin,
        } in self.found
        {
            let source = Source {
                field: field(origin.field),
                role: origin.role,
            };
            match indicators.last_mut() {
                Some(last) if last.indicator_type == indicator_type && last.value == value => {
                    last.sources.push(source);
                }
                _ => indicators.push(Indicator {
                    id: id_of(indicator_type, &value),
                    scope,
                    indicator_type,
                    value: value.into_owned(),
                    sources: vec![source],
                }),
            }
        }
        (indicators, self.dropped, self.mended)
    }
}

fn read(content: Content, text: &str) -> Result<Classified<'_>, Dropped> {
    if is_placeholder(text) {
        Err(Dropped::Placeholder)
    } else {
        classify(content, text)
    }
}
