//! A body whose origin is proven: the only thing that can be inspected, published or dead-lettered.
//!
//! Its fields are private to this module, so that there is no way around verify. Decompression comes
//! after the proof, stops at a limit, and leaves bytes alone that only pretend to be compressed.

use std::{io::Read, sync::Arc};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::Method;

/// Proven bytes, and how they were proven.
#[derive(Clone, Debug)]
pub struct VerifiedPayload {
    body: Bytes,
    method: Method,
    secret: Arc<str>,
}

/// The body cannot be decompressed.
#[derive(Debug, thiserror::Error)]
pub enum EncodingError {
    /// Not one of those that are known.
    #[error("content-encoding {name:?} is not known: send gzip, zstd or none")]
    Unknown {
        /// As sent, shortened.
        name: String,
    },
    /// The bytes are no such stream, or a part of one.
    #[error("the body is no complete {name} stream")]
    Broken {
        /// What it should be.
        name: &'static str,
        /// What the decoder said.
        #[source]
        source: std::io::Error,
    },
    /// It becomes more than the limit.
    #[error("the body is over {limit} bytes when it is decompressed")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

impl VerifiedPayload {
    /// The same payload without the encoding that `Content-Encoding` names.
    ///
    /// A body that is not what its header says was decompressed on its way, and passes as it is.
    ///
    /// # Errors
    /// When the encoding is not known, the stream is broken, or it becomes too large.
    pub fn decompressed(&self, encoding: Option<&str>, limit: u64) -> Result<Self, EncodingError> {
        let name = encoding.unwrap_or_default().trim().to_ascii_lowercase();
        let body = self.body.as_ref();
        let decompressed = match name.as_str() {
            "" | "identity" => return Ok(self.clone()),
            "gzip" | "x-gzip" if !body.starts_with(GZIP) => return Ok(self.clone()),
            "zstd" if !body.starts_with(ZSTD) => return Ok(self.clone()),
            "gzip" | "x-gzip" => read_up_to(MultiGzDecoder::new(body), "gzip", limit)?,
            "zstd" => {
                let decoder = zstd::Decoder::new(body);
                let broken = |source| EncodingError::Broken {
                    name: "zstd",
                    source,
                };
                read_up_to(decoder.map_err(broken)?, "zstd", limit)?
            }
            _ => {
                let name = name.chars().take(40).collect();
                return Err(EncodingError::Unknown { name });
            }
        };
        Ok(Self {
            body: decompressed.into(),
            ..self.clone()
        })
    }

    pub(super) fn new(body: Bytes, method: Method, secret: Arc<str>) -> Self {
        Self {
            body,
            method,
            secret,
        }
    }

    /// The bytes.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// How they were proven.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The name of the secret that proved them; empty when none is configured.
    pub fn secret(&self) -> &Arc<str> {
        &self.secret
    }
}

fn read_up_to(
    decoder: impl Read,
    name: &'static str,
    limit: u64,
) -> Result<Vec<u8>, EncodingError> {
    let mut body = Vec::new();
    let mut decoder = decoder.take(limit.saturating_add(1));
    let read = decoder.read_to_end(&mut body);
    let length = read.map_err(|source| EncodingError::Broken { name, source })?;
    if u64::try_from(length).unwrap_or(u64::MAX) > limit {
        return Err(EncodingError::TooLarge { limit });
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn decompress(body: Vec<u8>, encoding: &str, limit: u64) -> Result<Bytes, EncodingError> {
        let payload = VerifiedPayload::new(body.into(), Method::Signature, "primary".into());
        let payload = payload.decompressed(Some(encoding), limit)?;
        assert_eq!(
            (payload.method(), &**payload.secret()),
            (Method::Signature, "primary")
        );
        Ok(payload.body)
    }

    proptest! {
        #[test]
        fn what_was_compressed_comes_back_byte_for_byte(
            body in proptest::collection::vec(any::<u8>(), 0..2_000)
        ) {
            prop_assert_eq!(&decompress(gzip(&body), "gzip", 2_000).unwrap(), &body);
            let zstd = zstd::encode_all(body.as_slice(), 1).unwrap();
            prop_assert_eq!(&decompress(zstd, "ZSTD ", 2_000).unwrap(), &body);
            prop_assert_eq!(&decompress(body.clone(), "identity", 2_000).unwrap(), &body);
        }

        #[test]
        fn no_bytes_make_it_panic_or_pass_the_limit(
            mut body in proptest::collection::vec(any::<u8>(), 0..200), zstd in any::<bool>(),
        ) {
            let (magic, name) = if zstd { (ZSTD, "zstd") } else { (GZIP, "gzip") };
            body.splice(0..0, magic.iter().copied());
            if let Ok(body) = decompress(body, name, 1_000) {
                prop_assert!(body.len() <= 1_000);
            }
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0; 10_000_000];
        for (body, name) in [
            (gzip(&zeros), "gzip"),
            (zstd::encode_all(zeros.as_slice(), 1).unwrap(), "zstd"),
        ] {
            assert!(body.len() < 100_000);
            let refused = decompress(body, name, 1_000_000);
            assert!(matches!(
                refused,
                Err(EncodingError::TooLarge { limit: 1_000_000 })
            ));
        }
    }

    #[test]
    fn a_cut_off_or_unknown_encoding_is_refused_and_a_false_one_is_ignored() {
        let mut cut = gzip(b"{}");
        cut.truncate(cut.len() - 3);
        assert!(matches!(
            decompress(cut, "gzip", 100),
            Err(EncodingError::Broken { name: "gzip", .. })
        ));
        assert!(matches!(
            decompress(b"{}".to_vec(), "br", 100),
            Err(EncodingError::Unknown { .. })
        ));
        assert_eq!(decompress(b"{}".to_vec(), "gzip", 100).unwrap(), "{}");
        assert_eq!(decompress(b"{}".to_vec(), "zstd", 100).unwrap(), "{}");
    }
}
