//! Shared text: a [`Bytes`] that holds valid UTF-8.

use std::{fmt, ops::Deref, str::Utf8Error};

use bytes::Bytes;

/// UTF-8 text whose clones share one allocation.
///
/// A broadcast is encoded once and shared by all receivers. A received frame is split off the read
/// buffer without a copy.
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct Utf8Bytes(Bytes);

impl Utf8Bytes {
    /// Wraps static text without a copy.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// Returns the text as `str`.
    pub fn as_str(&self) -> &str {
        // `unsafe` is forbidden, so each call repeats the UTF-8 check. For ASCII, the check is as fast as a copy.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns the bytes without a copy.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for Utf8Bytes {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for Utf8Bytes {
    fn from(text: String) -> Self {
        Self(Bytes::from(text))
    }
}

impl From<&str> for Utf8Bytes {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl TryFrom<Bytes> for Utf8Bytes {
    type Error = Utf8Error;

    fn try_from(bytes: Bytes) -> Result<Self, Utf8Error> {
        std::str::from_utf8(&bytes)?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Utf8Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for Utf8Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
