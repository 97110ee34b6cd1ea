//! Faults in permessage-deflate: in its negotiation and in compressed messages (RFC 7692).

use bytes::{Bytes, BytesMut};
use flate2::{Decompress, DecompressError, FlushDecompress, Status};

use super::topic::faults;
use crate::{
    reference::FaultSet,
    wire::websocket::{Deflate, DeflateOffer, Extension, Frame, Message, OpCode},
};

/// The bit RSV1 in a frame header, which marks a compressed message.
const COMPRESSED: u8 = 0b100;

/// The last four bytes of a flushed message, which the sender has to leave out (RFC 7692 section
/// 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// The size, in bytes, to which the fault `deflate-output-cut` truncates an inflated message.
const BUFFER: usize = 32 << 10;

faults!(DeflateFault {
    AlwaysInflates = "deflate-every-message-inflated": "On a connection with compression, the server also inflates messages that are not marked as compressed.";
    BitAnywhere = "deflate-bit-anywhere": "The server ignores the compression bit RSV1 on continuation and control frames, where it has to close the connection.";
    BitOnEveryFragment = "deflate-bit-on-every-fragment": "When a client fragments a compressed message, the server requires the compression bit RSV1 on every fragment, not only on the first.";
    BytesNotCompressed = "compressed-bytes-not-compressed": "The server marks binary messages as compressed, but sends their bytes uncompressed.";
    ClientWindowBare = "deflate-client-window-bare": "When a client offers client_max_window_bits, the server accepts the offer with this parameter but without a value for it.";
    ClientWindowUnasked = "deflate-client-window-unasked": "The server sends client_max_window_bits in the 101 response although the client did not offer this parameter.";
    ContextKept = "deflate-context-kept": "The server compresses messages with the context of earlier ones although it has agreed to server_no_context_takeover.";
    ContextLost = "deflate-context-lost": "The server forgets the compression context after each message, so it can't inflate messages that refer to earlier ones.";
    ContextOfUnsent = "deflate-context-of-unsent": "The server compresses messages with the context of other messages that it never sent, so the client can't inflate them.";
    CorruptSkipped = "deflate-corrupt-skipped": "The server ignores compressed messages that it can't inflate, where it has to close the connection.";
    EmptyKills = "deflate-empty-message-kills-server": "The server crashes when a client's message is empty after it has been inflated.";
    FinalBlockEnds = "deflate-final-block-ends-stream": "When a compressed message has a block with the final bit, the server ignores the blocks after it.";
    FirstOfferOnly = "deflate-first-offer-only": "When a client offers several extensions, the server considers only the first of them.";
    LimitDoubled = "deflate-limit-doubled": "On a connection with compression, the server accepts messages of up to twice maxPayload.";
    LimitOnCompressed = "deflate-limit-on-compressed-size": "The server applies maxPayload to the compressed size of a message, not to the inflated size.";
    OutputCut = "deflate-output-cut": "When a client's compressed message is larger than 32 KiB after inflating, the server reads only the first 32 KiB.";
    ParametersUnchecked = "deflate-parameters-unchecked": "The server accepts an offer of compression that has invalid parameters.";
    ParametersUnconfirmed = "deflate-parameters-unconfirmed": "The server accepts an offer of compression, but its 101 response leaves out the parameters that the offer requires.";
    ServerWindowIgnored = "deflate-server-window-ignored": "The server agrees to server_max_window_bits, but compresses with the largest window.";
    SplitTailMisread = "deflate-split-tail-misread": "When the last fragment of a compressed message has one byte, the server takes this byte as the start of the next message.", seen "browsers, see autobahn-testsuite#59";
    Unasked = "deflate-unasked": "The server compresses messages for clients that did not offer compression.";
    Utf8Unchecked = "deflate-utf8-unchecked": "When a compressed text message is not valid UTF-8, the server replaces the invalid bytes and handles the message, where it has to close the connection.";
});

impl FaultSet {
    /// Returns the first offer that the server can accept. Faults look at fewer offers, or accept
    /// invalid ones.
    pub(in crate::reference) fn choose_offer(&self, offers: &[Extension]) -> Option<DeflateOffer> {
        let considered = if self.has(DeflateFault::FirstOfferOnly) {
            offers.get(..1).unwrap_or_default()
        } else {
            offers
        };
        let taken = considered.iter().find_map(DeflateOffer::from_extension);
        let named = || offers.iter().any(|offer| offer.name == DeflateOffer::NAME);
        if taken.is_none() && self.has(DeflateFault::ParametersUnchecked) && named() {
            return Some(DeflateOffer::default());
        }
        taken
    }

    /// Returns the compression parameters with which the server answers the accepted offer.
    pub(in crate::reference) fn alter_answer(&self, offer: &DeflateOffer) -> DeflateOffer {
        let mut answer = offer.answer();
        if self.has(DeflateFault::ClientWindowBare) {
            answer.client_max_window_bits = offer.client_max_window_bits.map(|_| None);
        }
        if self.has(DeflateFault::ParametersUnconfirmed) {
            answer = DeflateOffer::default();
        }
        if self.has(DeflateFault::ClientWindowUnasked) && offer.client_max_window_bits.is_none() {
            answer.client_max_window_bits = Some(Some(15));
        }
        answer
    }

    /// Returns the parameters with which the server compresses. Without faults these are the
    /// parameters that the handshake negotiated (`negotiated`).
    pub(in crate::reference) fn parameters_for_sending(
        &self,
        negotiated: Option<&DeflateOffer>,
    ) -> Option<DeflateOffer> {
        let Some(negotiated) = negotiated else {
            return self.has(DeflateFault::Unasked).then(DeflateOffer::default);
        };
        let mut negotiated = negotiated.clone();
        if self.has(DeflateFault::ContextKept) {
            negotiated.server_no_context_takeover = false;
        }
        if self.has(DeflateFault::ServerWindowIgnored) {
            negotiated.server_max_window_bits = None;
        }
        Some(negotiated)
    }

    /// Compresses `payload` without sending the result if the fault `deflate-context-of-unsent` is
    /// active. This puts an unsent message into the compression context.
    pub(in crate::reference) fn compress_extra(&self, compressor: &mut Deflate, payload: &[u8]) {
        if self.has(DeflateFault::ContextOfUnsent) {
            compressor.compress(payload);
        }
    }

    /// Returns true if the frame holds bytes and the fault `compressed-bytes-not-compressed` is
    /// active.
    pub(in crate::reference) fn skips_compression(&self, frame: &Frame) -> bool {
        self.has(DeflateFault::BytesNotCompressed) && frame.opcode == OpCode::Binary
    }

    /// Returns true if the message is empty and the fault `deflate-empty-message-kills-server` is
    /// active.
    pub(in crate::reference) fn crashes_on_empty(&self, message: &Message) -> bool {
        let empty = match message {
            Message::Text(text) => text.is_empty(),
            Message::Binary(bytes) => bytes.is_empty(),
            _ => false,
        };
        empty && self.has(DeflateFault::EmptyKills)
    }
}

/// Returns true if the fault `deflate-limit-on-compressed-size` is active.
pub(super) fn limits_compressed_size(faults: &FaultSet) -> bool {
    faults.has(DeflateFault::LimitOnCompressed)
}

/// Returns the largest size of a message on a connection with compression. Without faults this is
/// `right`, the limit without compression.
pub(super) fn alter_limit(faults: &FaultSet, right: usize) -> usize {
    if faults.has(DeflateFault::LimitDoubled) {
        right.saturating_mul(2)
    } else {
        right
    }
}

/// Inflates compressed messages in place of the message assembler, as the active faults demand.
#[derive(Debug)]
pub(super) struct Inflater {
    faults: FaultSet,
    decompress: Decompress,
    under_way: Option<(OpCode, BytesMut)>,
    /// Bytes that the fault `deflate-split-tail-misread` takes for the start of the next message.
    left_over: Bytes,
}

impl Inflater {
    /// Returns an inflater if an active fault changes how messages are inflated; `None` otherwise.
    /// The connection has to have negotiated compression.
    pub(super) fn new(faults: &FaultSet) -> Option<Self> {
        let receiving = [
            DeflateFault::AlwaysInflates,
            DeflateFault::BitAnywhere,
            DeflateFault::BitOnEveryFragment,
            DeflateFault::ContextLost,
            DeflateFault::CorruptSkipped,
            DeflateFault::FinalBlockEnds,
            DeflateFault::OutputCut,
            DeflateFault::SplitTailMisread,
            DeflateFault::Utf8Unchecked,
        ];
        let wanted = receiving.into_iter().any(|fault| faults.has(fault));
        wanted.then(|| Self {
            faults: faults.clone(),
            decompress: Decompress::new(false),
            under_way: None,
            left_over: Bytes::new(),
        })
    }

    /// Handles one frame from the client, and inflates the message that it completes. Returns the
    /// frame to pass to the protocol checks; `None` if the frame is dropped or belongs to an
    /// unfinished message.
    pub(super) fn received(&mut self, mut frame: Frame) -> Option<Frame> {
        let starts = matches!(frame.opcode, OpCode::Text | OpCode::Binary);
        if !starts && self.has(DeflateFault::BitAnywhere) {
            frame.rsv &= !COMPRESSED;
        }
        if frame.opcode.is_control() {
            return Some(frame);
        }
        let inflates = self.has(DeflateFault::AlwaysInflates) && frame.rsv == 0;
        if starts && (frame.rsv == COMPRESSED || inflates) {
            self.under_way = Some((frame.opcode, BytesMut::new()));
        } else if self.under_way.is_none() || frame.rsv != 0 {
            return Some(frame);
        } else if self.has(DeflateFault::BitOnEveryFragment) {
            // The server has not negotiated RSV2, so the protocol checks refuse this frame.
            frame.rsv = 0b010;
            return Some(frame);
        }
        let (_, payload) = self.under_way.as_mut()?;
        let misread = frame.fin && !starts && frame.payload.len() == 1;
        if misread && self.faults.has(DeflateFault::SplitTailMisread) {
            self.left_over = frame.payload.clone();
        } else {
            payload.extend_from_slice(&frame.payload);
        }
        if !frame.fin {
            return None;
        }
        let (opcode, compressed) = self.under_way.take()?;
        frame.rsv = 0;
        frame.opcode = opcode;
        frame.payload = match self.inflate(&compressed) {
            Ok(payload) => self.inflated(opcode, payload),
            Err(_) if self.has(DeflateFault::CorruptSkipped) => return None,
            Err(_) => {
                // Invalid UTF-8 makes the protocol checks close with 1007, which is also the close
                // code for data that can't be inflated.
                frame.opcode = OpCode::Text;
                Bytes::from_static(&[0xff])
            }
        };
        Some(frame)
    }

    fn inflated(&self, opcode: OpCode, mut payload: Vec<u8>) -> Bytes {
        if self.has(DeflateFault::OutputCut) {
            payload.truncate(BUFFER);
        }
        if self.has(DeflateFault::Utf8Unchecked) && opcode == OpCode::Text {
            return Bytes::from(String::from_utf8_lossy(&payload).into_owned());
        }
        Bytes::from(payload)
    }

    fn inflate(&mut self, compressed: &[u8]) -> Result<Vec<u8>, DecompressError> {
        if self.has(DeflateFault::ContextLost) {
            self.decompress.reset(false);
        }
        let input = [&std::mem::take(&mut self.left_over), compressed, &TAIL].concat();
        let mut rest = input.as_slice();
        let mut out = Vec::new();
        loop {
            out.reserve(BUFFER);
            let (read, written) = (self.decompress.total_in(), out.len());
            let status = self
                .decompress
                .decompress_vec(rest, &mut out, FlushDecompress::Sync)?;
            let consumed = usize::try_from(self.decompress.total_in() - read).unwrap_or(usize::MAX);
            rest = rest.get(consumed..).unwrap_or_default();
            if status == Status::StreamEnd {
                if self.has(DeflateFault::FinalBlockEnds) {
                    break;
                }
                self.decompress.reset(false);
            }
            let done = rest.is_empty() && out.len() < out.capacity();
            if done || (consumed == 0 && out.len() == written) {
                break;
            }
        }
        Ok(out)
    }

    fn has(&self, fault: DeflateFault) -> bool {
        self.faults.has(fault)
    }
}
