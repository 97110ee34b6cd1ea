//! Content codings (RFC 9110 section 8.4.1).

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::HttpResponse;

/// The reason why a body that has a content coding, such as gzip, can't be decoded.
#[derive(Debug)]
pub(super) enum CodingError {
    /// The data does not have the coding that the header names.
    Broken,
    /// The decoded body is larger than the limit on bodies.
    TooLarge,
}

/// Decodes gzip and deflate bodies. A body with another coding stays encoded, and `Content-Encoding` still names the
/// coding.
pub(super) fn remove_codings(
    response: &HttpResponse,
    body: Bytes,
    limit: usize,
) -> Result<Bytes, CodingError> {
    // The header lists the codings in the order in which they were applied, so decode from the end.
    response
        .list("content-encoding")
        .rev()
        .try_fold(body, |body, coding| {
            match coding.to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => read_bounded(MultiGzDecoder::new(body.as_ref()), limit),
                // `deflate` means the zlib format, but some servers send raw deflate data.
                "deflate" => match read_bounded(ZlibDecoder::new(body.as_ref()), limit) {
                    Err(CodingError::Broken) => {
                        read_bounded(DeflateDecoder::new(body.as_ref()), limit)
                    }
                    decoded => decoded,
                },
                _ => Ok(body),
            }
        })
}

fn read_bounded(decoder: impl Read, limit: usize) -> Result<Bytes, CodingError> {
    let mut decoded = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder
        .take(most)
        .read_to_end(&mut decoded)
        .map_err(|_: io::Error| CodingError::Broken)?;
    if decoded.len() > limit {
        return Err(CodingError::TooLarge);
    }
    Ok(decoded.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn response(coding: &str) -> HttpResponse {
        HttpResponse {
            status: 200,
            headers: vec![("content-encoding".to_owned(), coding.to_owned())],
            body: Bytes::new(),
        }
    }

    #[test]
    fn known_codings_are_removed_and_unknown_ones_stay() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"hi").unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(b"hi").unwrap();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(b"hi").unwrap();
        for (coding, body) in [
            ("gzip", gzip.finish().unwrap()),
            ("deflate", zlib.finish().unwrap()),
            ("Deflate", bare.finish().unwrap()),
            ("br", b"hi".to_vec()),
        ] {
            let body = remove_codings(&response(coding), body.into(), 10);
            assert_eq!(body.unwrap(), "hi", "{coding}");
        }
    }

    #[test]
    fn a_small_body_that_inflates_beyond_the_limit_is_refused() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&vec![0; 1 << 20]).unwrap();
        let body = Bytes::from(gzip.finish().unwrap());
        assert!(matches!(
            remove_codings(&response("gzip"), body, 1000),
            Err(CodingError::TooLarge)
        ));
    }
}
