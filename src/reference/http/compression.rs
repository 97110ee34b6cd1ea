//! Compression of HTTP answers (RFC 9110 sections 8.4.1 and 12.5.3).

use std::io::Write as _;

use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use hyper::{HeaderMap, header::ACCEPT_ENCODING};

/// The size, in bytes, from which on an answer is compressed, as in the JavaScript server.
const WORTH_COMPRESSING: usize = 1024;

/// A content coding that this server can apply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Coding {
    /// `deflate`, in the zlib format.
    Deflate,
    /// `gzip`.
    Gzip,
}

impl Coding {
    /// Returns the coding with the highest weight in the request's Accept-Encoding; gzip if both
    /// have the same weight. Returns `None` if the request accepts neither coding.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let items = || {
            headers
                .get_all(ACCEPT_ENCODING)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .filter_map(parse_item)
        };
        let weight = |coding: Self| {
            let named = items().find(|(name, _)| name.eq_ignore_ascii_case(coding.name()));
            named
                .or_else(|| items().find(|(name, _)| *name == "*"))
                .map_or(0.0, |(_, weight)| weight)
        };
        [Self::Deflate, Self::Gzip]
            .into_iter()
            .map(|coding| (coding, weight(coding)))
            .filter(|(_, weight)| *weight > 0.0)
            .max_by(|(_, one), (_, other)| one.total_cmp(other))
            .map(|(coding, _)| coding)
    }

    /// Returns the name of the coding in the `Content-Encoding` header.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Deflate => "deflate",
            Self::Gzip => "gzip",
        }
    }

    /// Returns the compressed body; `None` if the body is too short for compression.
    pub(super) fn encode(self, body: &[u8]) -> Option<Bytes> {
        if body.len() < WORTH_COMPRESSING {
            return None;
        }
        // Writing to memory can't fail.
        let encoded = match self {
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(body).and_then(|()| encoder.finish())
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(body).and_then(|()| encoder.finish())
            }
        };
        encoded.ok().map(Bytes::from)
    }
}

/// Returns the name of a coding and its weight from one item of an Accept-Encoding header. The
/// weight is 1 if the item gives none.
fn parse_item(item: &str) -> Option<(&str, f32)> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts.find_map(|part| part.strip_prefix("q="));
    Some((
        name,
        weight.map_or(Some(1.0), |weight| weight.parse().ok())?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accepted_coding_with_the_highest_weight_is_used() {
        let accepted = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, value.parse().unwrap());
            Coding::accepted(&headers)
        };
        assert_eq!(Coding::accepted(&HeaderMap::new()), None);
        assert_eq!(accepted("gzip, deflate, br"), Some(Coding::Gzip));
        assert_eq!(accepted("gzip;q=0.5, Deflate"), Some(Coding::Deflate));
        assert_eq!(accepted("*, gzip;q=0"), Some(Coding::Deflate));
        assert_eq!(accepted("br, identity"), None);
        assert_eq!(accepted("gzip;q=0"), None);
    }

    #[test]
    fn only_long_answers_are_compressed() {
        assert_eq!(Coding::Gzip.encode(&[b'a'; 1023]), None);
        let long = Coding::Gzip.encode(&[b'a'; 1024]).unwrap();
        assert_eq!(long.get(..2), Some(&[0x1f, 0x8b][..]));
    }
}
