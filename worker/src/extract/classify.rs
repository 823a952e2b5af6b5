//! One text of a field to the canonical value it is, by what the field promises and what the text proves.
//! An address in a field of names is an address, a proper name in a field of addresses a domain, a URL in
//! either a URL. A text that proves nothing is refused with the reason of the type it came closest to.

use std::borrow::Cow;

use super::content::Content;
use super::refang::refang;
use super::tally::{Dropped, Mended};
use super::{account, domain, email, hash, ip, url};
use crate::indicator::{IndicatorType, IpScope};

/// What one text proved to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Classified<'a> {
    pub(crate) indicator_type: IndicatorType,
    pub(crate) value: Cow<'a, str>,
    /// Addresses only.
    pub(crate) scope: Option<IpScope>,
    /// The same value as a mail address too: accounts only.
    pub(crate) email: Option<Cow<'a, str>>,
    pub(crate) mended: [Option<Mended>; 2],
}

impl<'a> Classified<'a> {
    pub(crate) fn new(indicator_type: IndicatorType, value: Cow<'a, str>) -> Self {
        Self {
            indicator_type,
            value,
            scope: None,
            email: None,
            mended: [None; 2],
        }
    }

    fn into_owned(self) -> Classified<'static> {
        Classified {
            indicator_type: self.indicator_type,
            value: Cow::Owned(self.value.into_owned()),
            scope: self.scope,
            email: self.email.map(|email| Cow::Owned(email.into_owned())),
            mended: self.mended,
        }
    }
}

/// The value of trimmed `text`, which is no placeholder.
pub(crate) fn classify(content: Content, text: &str) -> Result<Classified<'_>, Dropped> {
    match content {
        Content::Ip | Content::Address | Content::Domain | Content::Email => {
            if content != Content::Email && text.contains("//") {
                return whole_url(text);
            }
            match refang(text) {
                Cow::Borrowed(text) => host_or_email(content, text),
                Cow::Owned(whole) => {
                    let mut found = host_or_email(content, &whole)?.into_owned();
                    found.mended[0] = Some(Mended::Refanged);
                    Ok(found)
                }
            }
        }
        Content::Url | Content::UrlOrPath => network_url(content, text),
        Content::Md5
        | Content::Sha1
        | Content::Sha256
        | Content::Sha512
        | Content::Digest
        | Content::DigestList => {
            let (algorithm, digest) = hash::parse(text)?;
            Ok(Classified::new(algorithm, digest))
        }
        Content::Account => user(text, true),
        Content::AccountId => user(text, false),
    }
}

fn host_or_email(content: Content, text: &str) -> Result<Classified<'_>, Dropped> {
    if content == Content::Email {
        return Ok(Classified::new(IndicatorType::Email, email::parse(text)?));
    }
    match ip::parse(text) {
        Ok((address, scope)) => {
            let mut found = Classified::new(IndicatorType::Ip, address);
            found.scope = Some(scope);
            return Ok(found);
        }
        Err(Dropped::WrongType) => {}
        Err(reason) => return Err(reason),
    }
    if text.contains('@') {
        return Ok(Classified::new(IndicatorType::Email, email::parse(text)?));
    }
    Ok(Classified::new(IndicatorType::Domain, domain::parse(text)?))
}

fn network_url(content: Content, text: &str) -> Result<Classified<'_>, Dropped> {
    match whole_url(text) {
        Err(Dropped::WrongType) if content == Content::Url && !text.contains(['/', '@']) => {
            classify(Content::Address, text)
        }
        result => result,
    }
}

fn whole_url(text: &str) -> Result<Classified<'_>, Dropped> {
    let url = url::parse(text)?;
    let mut found = Classified::new(IndicatorType::Url, Cow::Owned(url.value));
    found.mended = [
        url.refanged.then_some(Mended::Refanged),
        url.credentials_removed
            .then_some(Mended::CredentialsRemoved),
    ];
    Ok(found)
}

fn user(text: &str, numbers: bool) -> Result<Classified<'_>, Dropped> {
    let name = account::parse(text, numbers)?;
    let mut found = Classified::new(IndicatorType::Account, Cow::Borrowed(name));
    if name.contains('@') && !name.contains(['<', ':', '\\']) {
        found.email = email::parse(name).ok();
    }
    Ok(found)
}
