//! Checks the UTF-8 of a text whose bytes arrive in pieces.

use super::PeerMisbehaved;

/// The state of the check between two pieces: the first bytes of a character whose other bytes have not arrived.
#[derive(Clone, Debug, Default)]
pub(super) struct Utf8Check {
    open: Vec<u8>,
}

impl Utf8Check {
    /// Checks the next piece of the text.
    ///
    /// # Errors
    ///
    /// Returns [`PeerMisbehaved::NotUtf8`] if no further bytes could make the text valid (RFC 6455 section 8.1).
    pub(super) fn push(&mut self, mut piece: &[u8]) -> Result<(), PeerMisbehaved> {
        while !self.open.is_empty() {
            let Some((first, rest)) = piece.split_first() else {
                return Ok(());
            };
            self.open.push(*first);
            piece = rest;
            if is_complete(&self.open)? {
                self.open.clear();
            }
        }
        match std::str::from_utf8(piece) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() => {
                let end = piece.get(error.valid_up_to()..).unwrap_or_default();
                self.open.extend_from_slice(end);
                Ok(())
            }
            Err(_) => Err(PeerMisbehaved::NotUtf8),
        }
    }
}

/// Returns true if the bytes are a complete character or several, and false if they are the start of one character.
fn is_complete(bytes: &[u8]) -> Result<bool, PeerMisbehaved> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(true),
        Err(error) if error.error_len().is_none() => Ok(false),
        Err(_) => Err(PeerMisbehaved::NotUtf8),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the index of the first piece that the check refuses.
    fn refused(pieces: &[&[u8]]) -> Option<usize> {
        let mut check = Utf8Check::default();
        pieces.iter().position(|piece| check.push(piece).is_err())
    }

    /// The texts of the cases 6.4.1 to 6.4.4 of the Autobahn test suite, which have a code point above U+10FFFF in the
    /// middle.
    #[test]
    fn the_first_impossible_byte_is_refused() {
        let before = "\u{3ba}\u{1f79}\u{3c3}\u{3bc}\u{3b5}".as_bytes();
        assert_eq!(refused(&[before, b"\xf4\x90\x80\x80", b"edited"]), Some(1));
        assert_eq!(
            refused(&[before, b"\xf4", b"\x90", b"\x80\x80edited"]),
            Some(2)
        );
        assert_eq!(refused(&[before, b"\xf4", b"\x8f\xbf", b"\xbf"]), None);
        assert_eq!(refused(&[b"\xed", b"\xa0"]), Some(1));
        assert_eq!(refused(&[b"\xe2", b"\x82", b"", b"\xac", b"\x80"]), Some(4));
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_makes_no_difference(text in ".{0,20}", at in 0_usize..80) {
            let bytes = text.as_bytes();
            let (start, end) = bytes.split_at(at.min(bytes.len()));
            prop_assert_eq!(refused(&[start, end]), None);
        }
    }
}
