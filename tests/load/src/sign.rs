//! What proves that a body comes from Elastic, as the gateway's `verify` expects it.
//!
//! A signature is over the exact bytes of the body; the secret header is what Kibana itself can send.

use std::fmt::Write;

use ring::hmac;

/// The header of a signature.
pub const SIGNATURE: &str = "x-elastic-signature";
/// The header of a shared secret.
pub const SECRET: &str = "x-elastic-webhook-secret";

/// How a body is proven.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Not at all.
    None,
    /// HMAC-SHA256 of the body, with a key made once.
    Signature(hmac::Key),
    /// The secret as it is.
    SecretHeader(String),
}

impl Proof {
    /// Signs with this secret.
    pub fn signature(secret: &str) -> Self {
        Self::Signature(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }

    /// Name and value of the header that proves `body`.
    pub fn header(&self, body: &[u8]) -> Option<(&'static str, String)> {
        match self {
            Self::None => None,
            Self::Signature(key) => Some((SIGNATURE, signed(key, body))),
            Self::SecretHeader(secret) => Some((SECRET, secret.clone())),
        }
    }
}

fn signed(key: &hmac::Key, body: &[u8]) -> String {
    let mut text = String::with_capacity(71);
    text.push_str("sha256=");
    for byte in hmac::sign(key, body).as_ref() {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_hmac_of_rfc_4231_in_lower_case_hex() {
        // RFC 4231, test case 2.
        let header = Proof::signature("Jefe").header(b"what do ya want for nothing?");
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(header, Some((SIGNATURE, expected.into())));
    }

    #[test]
    fn no_proof_sends_no_header() {
        assert_eq!(Proof::None.header(b"{}"), None);
    }
}
