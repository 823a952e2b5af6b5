//! Reads a time in any of the ways Kibana and its neighbors write one: RFC 3339 with any number of fraction digits and
//! offsets with or without a colon, a date, or epoch seconds or milliseconds as a number or as text. Refuses years
//! before 1970 and after 9999: unset clocks, not events. Without a zone a time is UTC, as for Elasticsearch.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// A time that was read, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) time: OffsetDateTime,
    /// Whether it was written without a zone.
    pub(super) zoneless: bool,
}

/// Why a text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeError {
    /// There is no text.
    Blank,
    /// The text is written in no known way.
    Unreadable,
    /// The text is a time no event has.
    OutOfRange,
}

/// Reads a time.
pub(super) fn parse(text: &str) -> Result<Parsed, TimeError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TimeError::Blank);
    }
    let parsed = if text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && !is_date(text)
    {
        Parsed {
            time: epoch(text)?,
            zoneless: false,
        }
    } else {
        Cursor(text.as_bytes()).date_time()?
    };
    let time = parsed
        .time
        .checked_to_offset(UtcOffset::UTC)
        .ok_or(TimeError::OutOfRange)?;
    if (1970..=9999).contains(&time.year()) {
        Ok(Parsed { time, ..parsed })
    } else {
        Err(TimeError::OutOfRange)
    }
}

/// Whether the text has a dash that is neither a sign nor an exponent's.
fn is_date(text: &str) -> bool {
    text.as_bytes()
        .windows(2)
        .any(|pair| pair[1] == b'-' && pair[0].is_ascii_digit())
}

/// Seconds or milliseconds: the two cannot be taken for each other from March 1973 to the year 5138.
fn epoch(text: &str) -> Result<OffsetDateTime, TimeError> {
    let number: f64 = text.parse().map_err(|_| TimeError::Unreadable)?;
    let micros = match number.abs() {
        1e8..1e11 => number * 1e6,
        1e11..1e14 => number * 1e3,
        _ => return Err(TimeError::OutOfRange),
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below 1e17 by the match above"
    )]
    let micros = micros.round() as i128;
    OffsetDateTime::from_unix_timestamp_nanos(micros * 1000).map_err(|_| TimeError::OutOfRange)
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn date_time(mut self) -> Result<Parsed, TimeError> {
        let date = self.date()?;
        if self.0.is_empty() {
            return Ok(Parsed {
                time: PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_utc(),
                zoneless: true,
            });
        }
        if !self.take(b"Tt ") {
            return Err(TimeError::Unreadable);
        }
        let time = self.time()?;
        let offset = self.offset()?;
        if !self.0.is_empty() {
            return Err(TimeError::Unreadable);
        }
        let time =
            PrimitiveDateTime::new(date, time).assume_offset(offset.unwrap_or(UtcOffset::UTC));
        Ok(Parsed {
            time,
            zoneless: offset.is_none(),
        })
    }

    fn date(&mut self) -> Result<Date, TimeError> {
        let before_zero = self.0.first() == Some(&b'-');
        self.take(b"+-");
        let digits = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if (digits > 4 || before_zero) && self.0.get(digits) == Some(&b'-') {
            return Err(TimeError::OutOfRange);
        }
        let year = i32::from(self.number(4)?);
        self.need(b"-")?;
        let month = self.two()?;
        self.need(b"-")?;
        let month = Month::try_from(month).map_err(|_| TimeError::Unreadable)?;
        Date::from_calendar_date(year, month, self.two()?).map_err(|_| TimeError::Unreadable)
    }

    fn time(&mut self) -> Result<Time, TimeError> {
        let hour = self.two()?;
        self.need(b":")?;
        let minute = self.two()?;
        let (mut second, mut nanosecond) = (0, 0);
        if self.take(b":") {
            second = self.two()?;
            if self.take(b".,") {
                nanosecond = self.fraction()?;
            }
        }
        // A leap second has no place in a count of seconds; its last instant but one does.
        if second == 60 {
            (second, nanosecond) = (59, 999_999_999);
        }
        Time::from_hms_nano(hour, minute, second, nanosecond).map_err(|_| TimeError::Unreadable)
    }

    /// Nanoseconds; digits after the ninth are dropped.
    fn fraction(&mut self) -> Result<u32, TimeError> {
        let digits = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 {
            return Err(TimeError::Unreadable);
        }
        let (fraction, rest) = self.0.split_at(digits);
        self.0 = rest;
        let padded = fraction
            .iter()
            .copied()
            .chain(std::iter::repeat(b'0'))
            .take(9);
        Ok(padded.fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
    }

    fn offset(&mut self) -> Result<Option<UtcOffset>, TimeError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        if self.take(b"Zz") {
            return Ok(Some(UtcOffset::UTC));
        }
        let west = self.0.first() == Some(&b'-');
        self.need(b"+-")?;
        let hours = self.two()?.cast_signed();
        let minutes = if self.take(b":") || !self.0.is_empty() {
            self.two()?.cast_signed()
        } else {
            0
        };
        let (hours, minutes) = if west {
            (-hours, -minutes)
        } else {
            (hours, minutes)
        };
        UtcOffset::from_hms(hours, minutes, 0)
            .map(Some)
            .map_err(|_| TimeError::Unreadable)
    }

    fn two(&mut self) -> Result<u8, TimeError> {
        u8::try_from(self.number(2)?).map_err(|_| TimeError::Unreadable)
    }

    /// A number of exactly so many digits, at most four.
    fn number(&mut self, digits: usize) -> Result<u16, TimeError> {
        let (number, rest) = self
            .0
            .split_at_checked(digits)
            .ok_or(TimeError::Unreadable)?;
        if !number.iter().all(u8::is_ascii_digit) {
            return Err(TimeError::Unreadable);
        }
        self.0 = rest;
        Ok(number
            .iter()
            .fold(0, |value, digit| value * 10 + u16::from(digit - b'0')))
    }

    fn need(&mut self, any_of: &[u8]) -> Result<(), TimeError> {
        if self.take(any_of) {
            Ok(())
        } else {
            Err(TimeError::Unreadable)
        }
    }

    fn take(&mut self, any_of: &[u8]) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if any_of.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }
}
