//! Describes received bytes for error messages such as "expected …, received …".

use crate::text::humanize;

/// The largest number of received bytes that a description quotes.
const SHOWN: usize = 96;

/// The number of bytes of an HTTP status line that a message shows.
const STATUS_LINE: usize = 100;

/// Describes `bytes` in at most two lines, with control characters escaped and a guess at the protocol.
pub(super) fn describe(bytes: &[u8]) -> String {
    match bytes {
        [] => "nothing".to_owned(),
        // A TLS record: content type 20 to 23, version 3.0 to 3.4 (RFC 8446 section 5.1).
        [kind @ 0x14..=0x17, 0x03, minor @ 0x00..=0x04, ..] => {
            format!("bytes that look like TLS ({kind:02x} 03 {minor:02x} …)")
        }
        _ if bytes.starts_with(b"PRI * HTTP/2") => "an HTTP/2 preface".to_owned(),
        // An HTTP/2 server first sends a SETTINGS frame on stream 0 (RFC 9113 section 3.4).
        [0, _, _, 0x04, _, 0, 0, 0, 0, ..] => "an HTTP/2 SETTINGS frame".to_owned(),
        // A GOAWAY frame of HTTP/2 on stream 0 (RFC 9113 section 6.8).
        [0, _, _, 0x07, 0, 0, 0, 0, 0, ..] => "an HTTP/2 GOAWAY frame".to_owned(),
        _ => {
            let shown = bytes.get(..SHOWN).unwrap_or(bytes);
            let more = if shown.len() < bytes.len() { "…" } else { "" };
            let length = humanize::count(bytes.len(), "byte");
            format!("{length}: \"{}{more}\"", shown.escape_ascii())
        }
    }
}

/// Returns the first line of an HTTP response that came where a WebSocket frame was expected. Returns `None` if the
/// bytes are not HTTP.
///
/// Decoded as a frame, the bytes `HTTP` are a fragmented close frame with a reserved bit. An error about that frame
/// would hide the response from the user.
pub(super) fn http_line(inbox: &[u8]) -> Option<String> {
    if !inbox.starts_with(b"HTTP/1.") {
        return None;
    }
    let line = inbox.split(|byte| *byte == b'\r').next()?;
    let line = line.get(..STATUS_LINE).unwrap_or(line);
    Some(String::from_utf8_lossy(line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_other_protocols_are_named() {
        let long = [b'x'; 200];
        let cases: &[(&[u8], &str)] = &[
            (b"", "nothing"),
            (
                b"\x15\x03\x01\x00\x02\x02\x46",
                "bytes that look like TLS (15 03 01 …)",
            ),
            (
                b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00",
                "an HTTP/2 SETTINGS frame",
            ),
            (b"PRI * HTTP/2.0\r\n", "an HTTP/2 preface"),
            (
                b"SSH-2.0-x\r\n\x1b[2J",
                "15 bytes: \"SSH-2.0-x\\r\\n\\x1b[2J\"",
            ),
            (b"!", "1 byte: \"!\""),
        ];
        for (bytes, words) in cases {
            assert_eq!(describe(bytes), *words);
        }
        assert_eq!(
            describe(&long),
            format!("200 bytes: \"{}…\"", "x".repeat(SHOWN))
        );
    }

    #[test]
    fn http_in_place_of_a_frame_is_told_by_its_first_line() {
        let text = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
        assert_eq!(http_line(text).as_deref(), Some("HTTP/1.1 400 Bad Request"));
        assert_eq!(http_line(b"\x81\x05HTTP/"), None);
        assert_eq!(http_line(b"HT"), None);
    }
}
