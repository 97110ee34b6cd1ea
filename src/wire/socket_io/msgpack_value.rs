//! Converts msgpack values to [`Data`] and back, with the extensions of notepack.io, the JavaScript
//! library that `socket.io-msgpack-parser` uses.
//!
//! notepack.io uses extension type 0 for values that JSON does not have: a `fixext 1` is `undefined`, a `fixext 8` is
//! a date, and the forms with a length are an `ArrayBuffer`. The reader converts them: `undefined` to null, a date to
//! the text of `Date.toJSON`, and an `ArrayBuffer` to bytes.

use bytes::{BufMut, Bytes, BytesMut};
use indexmap::IndexMap;
use serde_json::Number;

use super::{DecodeError, SyntaxRule};
use crate::data::Data;

/// The largest number of nested arrays and maps, the same as for JSON.
const MAX_DEPTH: u8 = 128;

/// The number of the msgpack extension type that notepack.io uses.
const NOTEPACK: u8 = 0;

/// Reads the single value in `message`; `undefined` becomes null.
pub(super) fn read(message: &[u8]) -> Result<Data, DecodeError> {
    let mut reader = Reader {
        rest: message,
        length: message.len(),
    };
    let value = reader.value(MAX_DEPTH)?;
    if reader.rest.is_empty() {
        Ok(value.unwrap_or_default())
    } else {
        Err(reader.wrong(SyntaxRule::BytesAfterPacket))
    }
}

/// Writes a value, with numbers and lengths in their shortest forms.
pub(super) fn write(value: &Data) -> Bytes {
    let mut out = BytesMut::new();
    write_value(value, &mut out);
    out.freeze()
}

struct Reader<'m> {
    rest: &'m [u8],
    length: usize,
}

impl<'m> Reader<'m> {
    /// Reads the next value. Returns `None` for the JavaScript value `undefined`.
    fn value(&mut self, depth: u8) -> Result<Option<Data>, DecodeError> {
        let prefix = self.byte()?;
        let value = match prefix {
            0x00..=0x7f => Data::from(u64::from(prefix)),
            0x80..=0x8f => self.map(usize::from(prefix & 0x0f), depth)?,
            0x90..=0x9f => self.array(usize::from(prefix & 0x0f), depth)?,
            0xa0..=0xbf => self.string(usize::from(prefix & 0x1f))?.into(),
            0xc0 => Data::Null,
            0xc2 => Data::Bool(false),
            0xc3 => Data::Bool(true),
            0xc4..=0xc6 => {
                let length = self.length_of(prefix - 0xc4)?;
                Data::Bytes(Bytes::copy_from_slice(self.take(length)?))
            }
            0xc7..=0xc9 => {
                let length = self.length_of(prefix - 0xc7)?;
                self.extension_type()?;
                Data::Bytes(Bytes::copy_from_slice(self.take(length)?))
            }
            0xca => float(f64::from(f32::from_be_bytes(self.chunk()?))),
            0xcb => float(f64::from_be_bytes(self.chunk()?)),
            0xcc => Data::from(u64::from(self.byte()?)),
            0xcd => Data::from(u64::from(u16::from_be_bytes(self.chunk()?))),
            0xce => Data::from(u64::from(u32::from_be_bytes(self.chunk()?))),
            0xcf => Data::from(u64::from_be_bytes(self.chunk()?)),
            0xd0 => Data::from(i64::from(i8::from_be_bytes(self.chunk()?))),
            0xd1 => Data::from(i64::from(i16::from_be_bytes(self.chunk()?))),
            0xd2 => Data::from(i64::from(i32::from_be_bytes(self.chunk()?))),
            0xd3 => Data::from(i64::from_be_bytes(self.chunk()?)),
            0xd4 => {
                self.extension_type()?;
                self.byte()?;
                return Ok(None);
            }
            0xd7 => {
                self.extension_type()?;
                self.date()?
            }
            0xd9..=0xdb => {
                let length = self.length_of(prefix - 0xd9)?;
                self.string(length)?.into()
            }
            0xdc | 0xdd => {
                let length = self.length_of(prefix - 0xdc + 1)?;
                self.array(length, depth)?
            }
            0xde | 0xdf => {
                let length = self.length_of(prefix - 0xde + 1)?;
                self.map(length, depth)?
            }
            0xe0..=0xff => Data::from(i64::from(i8::from_be_bytes([prefix]))),
            0xc1 | 0xd5 | 0xd6 | 0xd8 => {
                return Err(self.wrong(SyntaxRule::StartsNoValue(prefix)));
            }
        };
        Ok(Some(value))
    }

    fn array(&mut self, length: usize, depth: u8) -> Result<Data, DecodeError> {
        let depth = self.enter_level(depth)?;
        // The peer chooses the length, so don't allocate memory for that many items in advance.
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(self.value(depth)?.unwrap_or_default());
        }
        Ok(Data::Array(items))
    }

    fn map(&mut self, length: usize, depth: u8) -> Result<Data, DecodeError> {
        let depth = self.enter_level(depth)?;
        let mut fields = IndexMap::new();
        for _ in 0..length {
            let Some(Data::String(key)) = self.value(depth)? else {
                return Err(self.wrong(SyntaxRule::KeyNotString));
            };
            if let Some(value) = self.value(depth)? {
                fields.insert(key, value);
            }
        }
        Ok(Data::Object(fields))
    }

    fn enter_level(&self, depth: u8) -> Result<u8, DecodeError> {
        depth.checked_sub(1).ok_or(DecodeError::TooLarge {
            what: "nesting of data",
            limit: MAX_DEPTH.into(),
        })
    }

    fn string(&mut self, length: usize) -> Result<&'m str, DecodeError> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.wrong(SyntaxRule::NotUtf8))
    }

    fn extension_type(&mut self) -> Result<(), DecodeError> {
        match self.byte()? {
            NOTEPACK => Ok(()),
            other => Err(self.wrong(SyntaxRule::ExtensionType(other))),
        }
    }

    /// Reads milliseconds since 1970 and returns the text of `Date.toJSON`.
    fn date(&mut self) -> Result<Data, DecodeError> {
        let milliseconds = i64::from_be_bytes(self.chunk()?);
        let date = jiff::Timestamp::from_millisecond(milliseconds)
            .map_err(|_| self.wrong(SyntaxRule::DateOutOfRange))?;
        Ok(Data::from(
            date.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        ))
    }

    /// Reads a length, which has 1 byte if `form` is 0, 2 bytes if it is 1, and 4 bytes otherwise.
    fn length_of(&mut self, form: u8) -> Result<usize, DecodeError> {
        let length = match form {
            0 => u32::from(self.byte()?),
            1 => u32::from(u16::from_be_bytes(self.chunk()?)),
            _ => u32::from_be_bytes(self.chunk()?),
        };
        usize::try_from(length).map_err(|_| self.wrong(SyntaxRule::LengthOutOfRange))
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.chunk().map(|[byte]| byte)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (chunk, rest) = self
            .rest
            .split_first_chunk()
            .ok_or_else(|| self.wrong(SyntaxRule::CutShort))?;
        self.rest = rest;
        Ok(*chunk)
    }

    fn take(&mut self, length: usize) -> Result<&'m [u8], DecodeError> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| self.wrong(SyntaxRule::CutShort))?;
        self.rest = rest;
        Ok(bytes)
    }

    fn wrong(&self, rule: SyntaxRule) -> DecodeError {
        DecodeError::Syntax {
            rule,
            offset: self.length - self.rest.len(),
        }
    }
}

/// Converts a float; NaN and infinity become null, as in `JSON.stringify`.
fn float(value: f64) -> Data {
    Number::from_f64(value).map_or(Data::Null, Data::Number)
}

/// The msgpack prefixes of values of one type, such as strings: `fixed` is a prefix that contains a short length, and
/// its largest length; the other prefixes are followed by a length of 8, 16 or 32 bits.
struct Family {
    fixed: Option<(u8, u32)>,
    eight: Option<u8>,
    sixteen: u8,
    thirty_two: u8,
}

const STRING: Family = Family {
    fixed: Some((0xa0, 0x1f)),
    eight: Some(0xd9),
    sixteen: 0xda,
    thirty_two: 0xdb,
};
const BINARY: Family = Family {
    fixed: None,
    eight: Some(0xc4),
    sixteen: 0xc5,
    thirty_two: 0xc6,
};
const ARRAY: Family = Family {
    fixed: Some((0x90, 0x0f)),
    eight: None,
    sixteen: 0xdc,
    thirty_two: 0xdd,
};
const MAP: Family = Family {
    fixed: Some((0x80, 0x0f)),
    eight: None,
    sixteen: 0xde,
    thirty_two: 0xdf,
};

fn write_value(value: &Data, out: &mut BytesMut) {
    match value {
        Data::Null => out.put_u8(0xc0),
        Data::Bool(false) => out.put_u8(0xc2),
        Data::Bool(true) => out.put_u8(0xc3),
        Data::Number(number) => write_number(number, out),
        Data::String(text) => write_string(text, out),
        Data::Bytes(bytes) => {
            write_length(&BINARY, bytes.len(), out);
            out.put_slice(bytes);
        }
        Data::Array(items) => {
            write_length(&ARRAY, items.len(), out);
            for item in items {
                write_value(item, out);
            }
        }
        Data::Object(fields) => {
            write_length(&MAP, fields.len(), out);
            for (key, value) in fields {
                write_string(key, out);
                write_value(value, out);
            }
        }
    }
}

fn write_string(text: &str, out: &mut BytesMut) {
    write_length(&STRING, text.len(), out);
    out.put_slice(text.as_bytes());
}

fn write_length(family: &Family, length: usize, out: &mut BytesMut) {
    // A length fits into 32 bits, because the limits on messages are far lower than 4 GiB.
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let [_, _, high, low] = length.to_be_bytes();
    match (family, length) {
        (
            Family {
                fixed: Some((prefix, most)),
                ..
            },
            length,
        ) if length <= *most => out.put_u8(prefix | low),
        (
            Family {
                eight: Some(prefix),
                ..
            },
            0..=0xff,
        ) => out.put_slice(&[*prefix, low]),
        (family, 0..=0xffff) => out.put_slice(&[family.sixteen, high, low]),
        (family, length) => {
            out.put_u8(family.thirty_two);
            out.put_u32(length);
        }
    }
}

fn write_number(number: &Number, out: &mut BytesMut) {
    if let Some(value) = number.as_u64() {
        let [.., e, f, g, h] = value.to_be_bytes();
        match value {
            0..=0x7f => out.put_u8(h),
            0x80..=0xff => out.put_slice(&[0xcc, h]),
            0x100..=0xffff => out.put_slice(&[0xcd, g, h]),
            0x1_0000..=0xffff_ffff => out.put_slice(&[0xce, e, f, g, h]),
            _ => {
                out.put_u8(0xcf);
                out.put_u64(value);
            }
        }
    } else if let Some(value) = number.as_i64() {
        let [.., e, f, g, h] = value.to_be_bytes();
        match value {
            -0x20.. => out.put_u8(h),
            -0x80.. => out.put_slice(&[0xd0, h]),
            -0x8000.. => out.put_slice(&[0xd1, g, h]),
            -0x8000_0000.. => out.put_slice(&[0xd2, e, f, g, h]),
            _ => {
                out.put_u8(0xd3);
                out.put_i64(value);
            }
        }
    } else {
        out.put_u8(0xcb);
        out.put_f64(number.as_f64().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_lengths_and_numbers_survives_a_round_trip() {
        let mut values: Vec<Data> = [0, 1, 31, 32, 255, 256, 65_535, 65_536]
            .into_iter()
            .flat_map(|length: usize| {
                [
                    Data::from("x".repeat(length)),
                    Data::Bytes(Bytes::from(vec![7; length])),
                    Data::from(vec![Data::Null; length]),
                    Data::object((0..length).map(|index| (index.to_string(), Data::Bool(true)))),
                ]
            })
            .collect();
        for bits in 0..64 {
            for number in [1_u64 << bits, (1_u64 << bits) - 1] {
                values.push(Data::from(number));
            }
            values.push(Data::from(i64::MIN >> bits));
        }
        values.push(Data::Number(Number::from_f64(-1.25).unwrap()));
        for value in values {
            assert_eq!(read(&write(&value)), Ok(value));
        }
    }

    #[test]
    fn errors_name_the_position() {
        let wrong = |bytes: &[u8]| match read(bytes) {
            Err(DecodeError::Syntax { rule, offset }) => (rule.to_string(), offset),
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong(&[]), ("packet is cut short".to_owned(), 0));
        assert_eq!(wrong(&[0xa3, b'a']), ("packet is cut short".to_owned(), 1));
        assert_eq!(
            wrong(&[0xdd, 0xff, 0xff, 0xff, 0xff]),
            ("packet is cut short".to_owned(), 5)
        );
        assert_eq!(
            wrong(&[0x90, 0x00]),
            ("bytes follow the packet".to_owned(), 1)
        );
        assert_eq!(
            wrong(&[0xa1, 0xff]),
            ("a string is not UTF-8".to_owned(), 2)
        );
        assert_eq!(
            wrong(&[0x81, 0x01, 0x01]),
            ("a map's key is not a string".to_owned(), 2)
        );
        assert_eq!(wrong(&[0xc1]), ("0xc1 starts no value".to_owned(), 1));
        assert_eq!(
            wrong(&[0xd4, 0x05, 0x00]),
            ("extension type 5 has no JSON form".to_owned(), 2)
        );
        assert_eq!(
            read(&[0x91; 200]).unwrap_err().to_string(),
            "nesting of data exceeds the limit of 128"
        );
    }
}
