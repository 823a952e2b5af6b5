//! Reads the key from the headers: `Authorization: Bearer`, or `X-API-Key`, and nothing by guessing.
//!
//! `Authorization: Basic` is left to verify; the key is then in `X-API-Key`. Two keys that differ are
//! refused, since either of them could be the one that was meant.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::AuthenticateError;
use crate::keys::KeySecret;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The key that the headers hold.
///
/// # Errors
/// When there is none, more than one, or something else.
pub fn presented(headers: &HeaderMap) -> Result<KeySecret, AuthenticateError> {
    let bearer = match single(headers, AUTHORIZATION)? {
        Some(value) => bearer(value)?,
        None => None,
    };
    let api_key = match single(headers, API_KEY)? {
        Some(value) => Some(parse(value.to_str().ok())?),
        None => None,
    };
    match (bearer, api_key) {
        (Some(one), Some(other)) if one != other => Err(AuthenticateError::Repeated),
        (Some(key), _) | (None, Some(key)) => Ok(key),
        (None, None) => Err(AuthenticateError::NoCredential),
    }
}

fn single(
    headers: &HeaderMap,
    name: HeaderName,
) -> Result<Option<&HeaderValue>, AuthenticateError> {
    let mut values = headers.get_all(name);
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(AuthenticateError::Repeated),
    }
}

/// The key after `Bearer`; nothing for `Basic`, which has its own use.
fn bearer(value: &HeaderValue) -> Result<Option<KeySecret>, AuthenticateError> {
    let text = value.to_str().map_err(|_| AuthenticateError::Malformed)?;
    let (scheme, rest) = text.split_once(' ').ok_or(AuthenticateError::Malformed)?;
    // RFC 9110: the scheme's case does not matter, and more than one space may follow.
    if scheme.eq_ignore_ascii_case("bearer") {
        return parse(Some(rest.trim_start_matches(' '))).map(Some);
    }
    if scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    Err(AuthenticateError::Malformed)
}

fn parse(text: Option<&str>) -> Result<KeySecret, AuthenticateError> {
    text.and_then(|text| KeySecret::parse(text).ok())
        .ok_or(AuthenticateError::Malformed)
}
