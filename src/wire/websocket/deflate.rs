//! Compresses and inflates messages with permessage-deflate (RFC 7692 section 7.2).

use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{DeflateOffer, PeerMisbehaved, Role};

/// The bytes at the end of every flushed message. The sender omits them on the wire, and the receiver adds them (RFC
/// 7692 section 7.2.1).
const TAIL: &[u8] = &[0x00, 0x00, 0xff, 0xff];

/// The smallest window that the compressor supports, as a number of bits.
const SMALLEST_WINDOW: u8 = 9;

/// The window, as a number of bits, if the handshake negotiates no window.
const LARGEST_WINDOW: u8 = 15;

/// The smallest number of bytes by which the output buffer grows during compression.
const GROWTH: usize = 1_024;

/// The compression state of one connection, in both directions.
///
/// The states of both directions take some hundred kilobytes. They are created for the first message, so that idle
/// connections stay small. The compressor does not support a window of 8 bits; messages are then
/// written as stored blocks, which refer to no earlier bytes.
#[derive(Debug)]
pub struct Deflate {
    sending: Direction,
    receiving: Direction,
    compress: Option<Compress>,
    decompress: Option<Decompress>,
}

/// The negotiated parameters for the messages that one side sends.
#[derive(Clone, Copy, Debug)]
struct Direction {
    window_bits: u8,
    takeover: Takeover,
}

/// Whether a message may refer to bytes of earlier messages (context takeover).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Takeover {
    Kept,
    None,
}

impl Deflate {
    /// Creates the state for the side `role`. `negotiated` are the parameters of the server's response.
    pub fn new(role: Role, negotiated: &DeflateOffer) -> Self {
        let server = Direction::new(
            negotiated.server_max_window_bits,
            negotiated.server_no_context_takeover,
        );
        let client = Direction::new(
            negotiated.client_max_window_bits.flatten(),
            negotiated.client_no_context_takeover,
        );
        let (sending, receiving) = match role {
            Role::Client => (client, server),
            Role::Server => (server, client),
        };
        Self {
            sending,
            receiving,
            compress: None,
            decompress: None,
        }
    }

    /// Compresses the payload of one message, without the trailing `00 00 ff ff`.
    pub fn compress(&mut self, payload: &[u8]) -> Bytes {
        // RFC 7692 section 7.2.3.6: an empty message is one empty stored block. The compressor would
        // write no bytes for it directly after a flush.
        if payload.is_empty() || self.sending.window_bits < SMALLEST_WINDOW {
            return stored_blocks(payload);
        }
        let mut compress = self.compress.take().unwrap_or_else(|| self.compressor());
        if self.sending.takeover == Takeover::None {
            compress.reset();
        }
        match deflate(&mut compress, payload) {
            Some(compressed) => {
                self.compress = Some(compress);
                compressed
            }
            // After a failure, the state of the compressor is unknown, so it is not stored again. This message is sent
            // uncompressed, and the next one gets a new compressor.
            None => stored_blocks(payload),
        }
    }

    fn compressor(&self) -> Compress {
        let window_bits = self.sending.window_bits.max(SMALLEST_WINDOW);
        Compress::new_with_window_bits(Compression::default(), false, window_bits)
    }

    /// Compresses the payload of one message with BFINAL set on its last block of data.
    ///
    /// This form is legal but rare (RFC 7692 section 7.2.3.4). An empty block follows, and the next
    /// message starts without context.
    pub fn compress_last(&mut self, payload: &[u8]) -> Bytes {
        let mut compress = self.compress.take().unwrap_or_else(|| self.compressor());
        if self.sending.takeover == Takeover::None {
            compress.reset();
        }
        let mut out = Vec::with_capacity(payload.len() / 2 + 64);
        let start = compress.total_in();
        loop {
            let consumed = usize::try_from(compress.total_in() - start).unwrap_or(usize::MAX);
            let rest = payload.get(consumed..).unwrap_or_default();
            match compress.compress_vec(rest, &mut out, FlushCompress::Finish) {
                Ok(Status::Ok | Status::BufError) => out.reserve(out.len().max(GROWTH)),
                Ok(Status::StreamEnd) => break,
                // The compressor is not expected to fail. If it does, the bytes written so far are complete blocks.
                Err(_) => break,
            }
        }
        out.push(0);
        Bytes::from(out)
    }

    /// Returns the largest allowed size of a compressed message that inflates to `length` bytes.
    ///
    /// Random bytes become longer by compression: fixed Huffman codes use nine bits for some bytes, and
    /// every block has a head (RFC 1951 section 3.2). The message limit applies to the inflated message.
    pub fn compressed_bound(length: usize) -> usize {
        length.saturating_add(length / 4).saturating_add(64)
    }

    /// Inflates the payload of one message to at most `max_message` bytes.
    ///
    /// # Errors
    ///
    /// Fails if the payload is not deflate data, or inflates beyond the limit.
    pub fn decompress(
        &mut self,
        payload: &[u8],
        max_message: usize,
    ) -> Result<Bytes, PeerMisbehaved> {
        // Even an empty message has the header of a block (RFC 7692 section 7.2.3.6).
        if payload.is_empty() {
            return Err(PeerMisbehaved::DeflateData);
        }
        // Use a window that is not larger than the negotiated one. A larger window would inflate every legal message
        // too, but would hide that a peer refers back beyond the negotiated window.
        let window_bits = self.receiving.window_bits.max(SMALLEST_WINDOW);
        let decompress = self
            .decompress
            .get_or_insert_with(|| Decompress::new_with_window_bits(false, window_bits));
        if self.receiving.takeover == Takeover::None {
            decompress.reset(false);
        }
        let mut out = Vec::new();
        let end = inflate(decompress, payload, &mut out, max_message)?;
        if end == End::Open {
            inflate(decompress, TAIL, &mut out, max_message)?;
        }
        Ok(Bytes::from(out))
    }
}

impl Direction {
    fn new(window_bits: Option<u8>, no_context_takeover: bool) -> Self {
        Self {
            window_bits: window_bits.unwrap_or(LARGEST_WINDOW),
            takeover: if no_context_takeover {
                Takeover::None
            } else {
                Takeover::Kept
            },
        }
    }
}

/// Encodes `payload` as stored blocks, followed by the first byte of an empty block.
fn stored_blocks(payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(payload.len() + 16);
    for block in payload.chunks(usize::from(u16::MAX)) {
        // Each stored block holds at most `u16::MAX` bytes.
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.put_u8(0);
        out.put_u16_le(length);
        out.put_u16_le(!length);
        out.put_slice(block);
    }
    out.put_u8(0);
    out.freeze()
}

/// Compresses `payload` and flushes. Returns `None` if the compressor fails, which is not expected.
fn deflate(compress: &mut Compress, payload: &[u8]) -> Option<Bytes> {
    let mut out = Vec::with_capacity(payload.len() / 2 + 64);
    let start = compress.total_in();
    loop {
        let consumed = usize::try_from(compress.total_in() - start).ok()?;
        let rest = payload.get(consumed..)?;
        compress
            .compress_vec(rest, &mut out, FlushCompress::Sync)
            .ok()?;
        let consumed = usize::try_from(compress.total_in() - start).ok()?;
        // Free space in the buffer means that the flush is complete.
        if consumed == payload.len() && out.len() < out.capacity() {
            break;
        }
        out.reserve(out.len().max(GROWTH));
    }
    out.truncate(out.strip_suffix(TAIL)?.len());
    Some(Bytes::from(out))
}

/// Whether inflated data ended with a final block (BFINAL is set) or with another block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    Final,
    Open,
}

fn inflate(
    decompress: &mut Decompress,
    mut input: &[u8],
    out: &mut Vec<u8>,
    limit: usize,
) -> Result<End, PeerMisbehaved> {
    let mut end = End::Open;
    loop {
        if out.len() == out.capacity() {
            // Allow one byte more than the limit, so that a message which exceeds the limit is detected.
            let room = limit.saturating_add(1).saturating_sub(out.len());
            out.reserve(out.len().max(GROWTH).min(room));
        }
        let (read, written) = (decompress.total_in(), out.len());
        let status = decompress
            .decompress_vec(input, out, FlushDecompress::Sync)
            .map_err(|_| PeerMisbehaved::DeflateData)?;
        let consumed = usize::try_from(decompress.total_in() - read).unwrap_or(usize::MAX);
        input = input.get(consumed..).unwrap_or_default();
        if out.len() > limit {
            return Err(PeerMisbehaved::MessageTooLarge { limit });
        }
        if status == Status::StreamEnd {
            // More blocks can follow the final one (RFC 7692 section 7.2.3.4). At the end of a stream, zlib discards
            // the window, both when it compresses and when it inflates.
            decompress.reset(false);
            end = End::Final;
        } else if consumed > 0 {
            end = End::Open;
        }
        if input.is_empty() && (end == End::Final || out.len() < out.capacity()) {
            return Ok(end);
        }
        if consumed == 0 && out.len() == written {
            return Err(PeerMisbehaved::DeflateData);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    fn pair(parameters: &str) -> (Deflate, Deflate) {
        let negotiated = DeflateOffer::parse(&format!("permessage-deflate{parameters}")).unwrap();
        (
            Deflate::new(Role::Client, &negotiated),
            Deflate::new(Role::Server, &negotiated),
        )
    }

    fn hello() -> Deflate {
        pair("").0
    }

    /// The examples of RFC 7692 section 7.2.3.
    #[test]
    fn examples_of_rfc_7692_inflate() {
        let compressed = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let mut one = hello();
        assert_eq!(one.decompress(&compressed, LIMIT).unwrap(), "Hello");
        // This message has a reference to the text of the previous message.
        let again = [0xf2, 0x00, 0x11, 0x00, 0x00];
        assert_eq!(one.decompress(&again, LIMIT).unwrap(), "Hello");
        let stored = [
            0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
        ];
        assert_eq!(hello().decompress(&stored, LIMIT).unwrap(), "Hello");
        let last_block = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(hello().decompress(&last_block, LIMIT).unwrap(), "Hello");
        let two_blocks = [
            0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
        ];
        assert_eq!(hello().decompress(&two_blocks, LIMIT).unwrap(), "Hello");
        assert_eq!(hello().decompress(&[0x00], LIMIT).unwrap(), "");
    }

    #[test]
    fn a_final_block_can_be_written_and_ends_the_context() {
        let (mut client, mut server) = pair("");
        for payload in [&b"Hello, hello, hello"[..], b"", b"Hello, hello, hello"] {
            let compressed = client.compress_last(payload);
            assert_eq!(server.decompress(&compressed, LIMIT).unwrap(), payload);
            let compressed = client.compress(payload);
            assert_eq!(server.decompress(&compressed, LIMIT).unwrap(), payload);
        }
        let last = hello().compress_last(b"Hello");
        assert_eq!(last[0] & 1, 1, "BFINAL is the first bit");
    }

    #[test]
    fn a_message_after_a_final_block_is_read() {
        let mut deflate = hello();
        for message in [
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00][..],
            // This message ends with its final block, without the empty block that usually follows.
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
            &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
        ] {
            assert_eq!(deflate.decompress(message, LIMIT).unwrap(), "Hello");
        }
    }

    #[test]
    fn each_side_inflates_messages_of_the_other() {
        let text = "the quick brown fox ".repeat(10_000);
        let noise: Vec<u8> = (0..200_000_u32)
            .map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()[0])
            .collect();
        for parameters in [
            "",
            "; server_no_context_takeover; client_no_context_takeover",
            "; server_max_window_bits=8; client_max_window_bits=9",
            "; server_max_window_bits=9; client_max_window_bits=8",
            "; server_max_window_bits=12",
        ] {
            let (mut client, mut server) = pair(parameters);
            for payload in [
                &b""[..],
                b"a",
                text.as_bytes(),
                b"",
                &noise,
                b"a",
                text.as_bytes(),
            ] {
                let compressed = client.compress(payload);
                assert_eq!(server.decompress(&compressed, LIMIT).unwrap(), payload);
                let compressed = server.compress(payload);
                assert_eq!(client.decompress(&compressed, LIMIT).unwrap(), payload);
            }
        }
    }

    #[test]
    fn context_is_kept_unless_negotiated_otherwise() {
        let text = b"a text that is long enough to be referred to";
        let (mut kept, _) = pair("");
        assert!(kept.compress(text).len() > kept.compress(text).len());
        let (mut fresh, _) = pair("; client_no_context_takeover");
        assert_eq!(fresh.compress(text), fresh.compress(text));
    }

    #[test]
    fn references_stay_within_the_negotiated_window() {
        let (mut client, _) = pair("; client_max_window_bits=9");
        let repeated: Vec<u8> = (0..2_u32)
            .flat_map(|_| {
                (0..2_000_u32).map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()[0])
            })
            .collect();
        let small = client.compress(&repeated).len();
        let large = hello().compress(&repeated).len();
        assert!(
            small > large + 1_000,
            "{small} with 512 bytes, {large} with 32 KiB"
        );
    }

    #[test]
    fn inflation_is_limited() {
        let bomb = hello().compress(&vec![0; 5_000_000]);
        assert!(bomb.len() < 10_000);
        assert_eq!(
            hello().decompress(&bomb, 1_000),
            Err(PeerMisbehaved::MessageTooLarge { limit: 1_000 })
        );
        assert_eq!(
            hello().decompress(&bomb, 5_000_000).unwrap().len(),
            5_000_000
        );
        assert_eq!(
            hello().decompress(&bomb, 4_999_999),
            Err(PeerMisbehaved::MessageTooLarge { limit: 4_999_999 })
        );
    }

    #[test]
    fn data_that_is_not_deflate_is_refused() {
        for payload in [&b""[..], &[0xff; 20], &[0x01, 0x05, 0x00, 0x00, 0x00]] {
            assert_eq!(
                hello().decompress(payload, LIMIT),
                Err(PeerMisbehaved::DeflateData)
            );
        }
    }
}
