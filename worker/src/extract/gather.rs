//! Gathers what fields gave, then folds it into indicators: one a type and value, each with every field
//! it came from, sorted. Values are offered in any order and as often as they come; the result is the
//! same. Nothing is quadratic: folding is one sort, and each id is hashed once. Nor is anything unbounded: after
//! [`MAX_VALUES`] values of one alert the others are counted and not looked at.

use std::borrow::Cow;

use super::classify::{Classified, classify};
use super::content::Content;
use super::list::{self, Parts, Rule};
use super::noise::is_placeholder;
use super::sysmon;
use super::tally::{Dropped, Mended, Tally};
use crate::indicator::{Indicator, IndicatorType, IpScope, Role, Source, id_of};

/// Values of one alert that are looked at, the parts of a list each counted; the largest real alerts have some hundred.
/// Fields come in the order of their table, so which values these are does not depend on the order of keys.
pub(super) const MAX_VALUES: usize = 4096;
/// Parts of one string that are looked at; as many as a field may have values.
const MAX_PARTS: usize = crate::fields::MAX_VALUES;

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

#[derive(Debug)]
pub(super) struct Gather<'a> {
    found: Vec<Found<'a>>,
    /// How many more values are looked at.
    left: usize,
    pub(super) dropped: Tally<Dropped>,
    pub(super) mended: Tally<Mended>,
}

impl<'a> Gather<'a> {
    pub(super) fn new() -> Self {
        Self {
            found: Vec::new(),
            left: MAX_VALUES,
            dropped: Tally::default(),
            mended: Tally::default(),
        }
    }

    /// Takes what `text` of a field holds, or counts why it holds nothing.
    pub(super) fn offer(&mut self, content: Content, text: &'a str, origin: Origin) {
        // Strings of fixed length arrive with NULs after them.
        let text = text.trim_matches(|end: char| end.is_whitespace() || end == '\0');
        if content == Content::DigestList {
            return self.offer_digests(text, origin);
        }
        if text.contains([',', ';']) && self.offer_list(content, text, origin) {
            return;
        }
        if self.admit() {
            self.take(content, read(content, text), origin);
        }
    }

    /// Whether one more value is looked at; it is counted in either case.
    fn admit(&mut self) -> bool {
        if self.left == 0 {
            self.dropped.add(Dropped::TooMany);
            return false;
        }
        self.left -= 1;
        true
    }

    fn take(&mut self, content: Content, value: Result<Classified<'a>, Dropped>, origin: Origin) {
        match value {
            Ok(found) => self.keep(content, found, origin),
            Err(reason) => self.dropped.add(reason),
        }
    }

    /// A list counts as one only when every part is a value or known noise. Parts are read twice, to know
    /// before the first is kept, rather than held.
    fn offer_list(&mut self, content: Content, text: &'a str, origin: Origin) -> bool {
        let looked_at = MAX_PARTS.min(self.left);
        for rule in list::rules(content, text) {
            let parts = Parts::of(text, *rule);
            let mut first = parts.clone().take(looked_at);
            if first.any(|part| matches!(read(content, part), Err(Dropped::WrongType))) {
                continue;
            }
            if parts.clone().nth(1).is_none() {
                return false;
            }
            self.mended.add(Mended::ListSplit);
            self.offer_parts(content, parts, origin, |part| Some(read(content, part)));
            return true;
        }
        false
    }

    fn offer_digests(&mut self, text: &'a str, origin: Origin) {
        if is_placeholder(text) {
            return self.dropped.add(Dropped::Placeholder);
        }
        let parts = Parts::of(text, Rule::Every);
        self.offer_parts(Content::DigestList, parts, origin, sysmon::digest);
    }

    fn offer_parts(
        &mut self,
        content: Content,
        mut parts: Parts<'a>,
        origin: Origin,
        read: impl Fn(&'a str) -> Option<Result<Classified<'a>, Dropped>>,
    ) {
        for part in parts.by_ref().take(MAX_PARTS) {
            if self.admit()
                && let Some(value) = read(part)
            {
                self.take(content, value, origin);
            }
        }
        self.dropped.add_many(Dropped::TooMany, parts.count());
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
