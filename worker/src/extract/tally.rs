//! Counts by reason: what was dropped and what was mended on the way from a field to an indicator.
//! Reasons are closed enums with stable names, because they become metric labels and API fields.
//! A count never holds a value of the document.

use std::marker::PhantomData;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A closed enum of reasons. At most as many as a [`Tally`] has room for.
pub trait Reason: Copy + 'static {
    /// Every reason, in the order of its discriminants.
    const ALL: &'static [Self];
    /// The stable name.
    fn as_str(self) -> &'static str;
    /// The position in [`Self::ALL`].
    fn index(self) -> usize;
}

/// How many reasons a tally has room for.
const MOST_REASONS: usize = 16;

macro_rules! reasons {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl Reason for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];
            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
            fn index(self) -> usize {
                self as usize
            }
        }
        const _: () = assert!($name::ALL.len() <= MOST_REASONS, "a tally has no room");
    };
}

reasons! {
    /// Why a value of an indicator field became no indicator.
    Dropped {
        /// Stands for nothing: `-`, `unknown`, `N/A`, an unfilled template variable.
        Placeholder => "placeholder",
        /// Not of the field's type, nor of another that its content proves.
        WrongType => "wrong_type",
        /// `0.0.0.0` or `::`.
        UnspecifiedIp => "unspecified_ip",
        /// A network, not an address.
        Cidr => "cidr",
        /// A digest of the empty file, or all zeros.
        NoiseHash => "noise_hash",
        /// An account of the operating system or of a machine.
        SystemAccount => "system_account",
        /// A bare uid, which says nothing outside its host.
        NumericAccount => "numeric_account",
        /// A name without a dot, such as a NetBIOS name.
        SingleLabel => "single_label",
        /// `localhost` in one of its forms.
        LocalName => "local_name",
        /// A reverse lookup, `….in-addr.arpa`.
        ReverseName => "reverse_name",
        /// A service record, `_ldap._tcp.…`.
        ServiceName => "service_name",
        /// Longer than any value of its type can usefully be; a cut value would be a wrong one.
        TooLong => "too_long",
        /// A list of values that cannot be matched to its list of field names.
        Unpaired => "unpaired",
        /// More values of one field, or of all, than any real alert has; the first ones were kept.
        TooMany => "too_many",
    }
}

reasons! {
    /// What was changed, beyond letter case and blanks, to make a value canonical.
    Mended {
        /// The content is of another type than the field says.
        Retyped => "retyped",
        /// Defanged text such as `hxxp://evil[.]com` was made whole.
        Refanged => "refanged",
        /// One string held a comma list.
        ListSplit => "list_split",
        /// User and password were cut from a URL.
        CredentialsRemoved => "credentials_removed",
    }
}

/// How often each reason applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally<R> {
    counts: [u32; MOST_REASONS],
    reasons: PhantomData<R>,
}

impl<R> Default for Tally<R> {
    fn default() -> Self {
        Self {
            counts: [0; MOST_REASONS],
            reasons: PhantomData,
        }
    }
}

impl<R: Reason> Tally<R> {
    /// Counts one more.
    pub fn add(&mut self, reason: R) {
        self.add_many(reason, 1);
    }

    /// Counts so many more.
    pub fn add_many(&mut self, reason: R, more: usize) {
        let count = &mut self.counts[reason.index()];
        *count = count.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
    }

    /// The count of one reason.
    pub fn get(&self, reason: R) -> u32 {
        self.counts[reason.index()]
    }

    /// The reasons that applied, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (R, u32)> + '_ {
        R::ALL
            .iter()
            .map(|reason| (*reason, self.get(*reason)))
            .filter(|(_, count)| *count > 0)
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl<R: Reason> Serialize for Tally<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (reason, count) in self.iter() {
            map.serialize_entry(reason.as_str(), &count)?;
        }
        map.end()
    }
}
