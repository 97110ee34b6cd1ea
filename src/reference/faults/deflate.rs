//! permessage-deflate: what is agreed on, and what compressed messages become (RFC 7692).

use bytes::{Bytes, BytesMut};
use flate2::{Decompress, DecompressError, FlushDecompress, Status};

use super::topic::faults;
use crate::{
    reference::{FaultSet, server::Shared},
    wire::websocket::{Deflate, DeflateOffer, Extension, Frame, Message, OpCode},
};

/// RSV1.
const COMPRESSED: u8 = 0b100;

/// What ends every flushed message, left out on the wire (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Room for inflated messages, for who believes that it is enough.
const BUFFER: usize = 32 << 10;

faults!(DeflateFault {
    AlwaysInflates = "deflate-every-message-inflated": "Once compression is agreed on, every message is inflated.";
    BitAnywhere = "deflate-bit-anywhere": "RSV1 is not looked at on continuations and control frames.";
    BitOnEveryFragment = "deflate-bit-on-every-fragment": "RSV1 must stand on every fragment of a compressed message.";
    ClientWindowBare = "deflate-client-window-bare": "The 101 repeats client_max_window_bits without a value.";
    ClientWindowUnasked = "deflate-client-window-unasked": "The 101 limits the window of a client that did not offer it.";
    ContextKept = "deflate-context-kept": "Messages refer to earlier ones although server_no_context_takeover was agreed on.";
    ContextLost = "deflate-context-lost": "A message that refers to an earlier one can't be inflated.";
    ContextOfUnsent = "deflate-context-of-unsent": "Messages refer to what was compressed, but never sent.";
    CorruptSkipped = "deflate-corrupt-skipped": "A message that can't be inflated is skipped, and the connection goes on.";
    EmptyKills = "deflate-empty-message-kills-server": "A message that inflates to nothing ends the server.";
    FinalBlockEnds = "deflate-final-block-ends-stream": "Nothing is inflated behind a block that is marked as the last.";
    FirstOfferOnly = "deflate-first-offer-only": "Only the first extension offered is looked at.";
    LimitDoubled = "deflate-limit-doubled": "Where compression was agreed on, a message may have twice maxPayload.";
    LimitOnCompressed = "deflate-limit-on-compressed-size": "maxPayload holds for a message while it is compressed, not for what it inflates to.";
    OutputCut = "deflate-output-cut": "Of what a message inflates to, only the first 32 KiB are read.";
    ParametersUnchecked = "deflate-parameters-unchecked": "An offer with wrong parameters is accepted.";
    ParametersUnconfirmed = "deflate-parameters-unconfirmed": "The 101 accepts an offer without repeating what it asks of the server.";
    ServerWindowIgnored = "deflate-server-window-ignored": "server_max_window_bits is agreed on, and the largest window used.";
    SplitTailMisread = "deflate-split-tail-misread": "A last fragment of one byte is taken for the beginning of the next message.", seen "browsers, see autobahn-testsuite#59";
    Unasked = "deflate-unasked": "Messages are compressed for clients that did not offer it.";
    Utf8Unchecked = "deflate-utf8-unchecked": "Compressed text that is no UTF-8 is repaired.";
});

/// The first offer that can be taken is.
pub(in crate::reference) fn chosen(
    faults: &FaultSet,
    offers: &[Extension],
) -> Option<DeflateOffer> {
    let considered = if faults.has(DeflateFault::FirstOfferOnly) {
        offers.get(..1).unwrap_or_default()
    } else {
        offers
    };
    let taken = considered.iter().find_map(DeflateOffer::from_extension);
    let named = || offers.iter().any(|offer| offer.name == DeflateOffer::NAME);
    if taken.is_none() && faults.has(DeflateFault::ParametersUnchecked) && named() {
        return Some(DeflateOffer::default());
    }
    taken
}

/// The answer confirms what was asked, and limits the client only where it offered that.
pub(in crate::reference) fn answer(faults: &FaultSet, offer: &DeflateOffer) -> DeflateOffer {
    let mut answer = offer.answer();
    if faults.has(DeflateFault::ClientWindowBare) {
        answer.client_max_window_bits = offer.client_max_window_bits.map(|_| None);
    }
    if faults.has(DeflateFault::ParametersUnconfirmed) {
        answer = DeflateOffer::default();
    }
    if faults.has(DeflateFault::ClientWindowUnasked) && offer.client_max_window_bits.is_none() {
        answer.client_max_window_bits = Some(Some(15));
    }
    answer
}

/// Messages are compressed as was agreed on, or not at all.
pub(in crate::reference) fn sending(
    faults: &FaultSet,
    negotiated: Option<&DeflateOffer>,
) -> Option<DeflateOffer> {
    let Some(negotiated) = negotiated else {
        return faults
            .has(DeflateFault::Unasked)
            .then(DeflateOffer::default);
    };
    let mut negotiated = negotiated.clone();
    if faults.has(DeflateFault::ContextKept) {
        negotiated.server_no_context_takeover = false;
    }
    if faults.has(DeflateFault::ServerWindowIgnored) {
        negotiated.server_max_window_bits = None;
    }
    Some(negotiated)
}

/// What is compressed is sent.
pub(in crate::reference) fn before_compressing(
    faults: &FaultSet,
    compressor: &mut Deflate,
    payload: &[u8],
) {
    if faults.has(DeflateFault::ContextOfUnsent) {
        compressor.compress(payload);
    }
}

/// The limit holds for messages as the application gets them.
pub(super) fn limits_compressed_size(faults: &FaultSet) -> bool {
    faults.has(DeflateFault::LimitOnCompressed)
}

/// What a message may have holds whether it was compressed or not.
pub(super) fn limit(faults: &FaultSet, right: usize) -> usize {
    if faults.has(DeflateFault::LimitDoubled) {
        right.saturating_mul(2)
    } else {
        right
    }
}

/// A message may be empty.
pub(in crate::reference) fn message(server: &Shared, message: &Message) {
    let empty = match message {
        Message::Text(text) => text.is_empty(),
        Message::Binary(bytes) => bytes.is_empty(),
        _ => false,
    };
    if empty && server.faults().has(DeflateFault::EmptyKills) {
        server.die();
    }
}

/// Takes compressed messages out of the stream of frames and puts them back inflated, wrongly.
#[derive(Debug)]
pub(super) struct Inflater {
    faults: FaultSet,
    decompress: Decompress,
    under_way: Option<(OpCode, BytesMut)>,
    /// What is taken for the beginning of the next message.
    left_over: Bytes,
}

impl Inflater {
    /// What these faults need, on a connection that agreed on compression.
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

    /// A frame as it goes on to the rules; `None` where it goes no further.
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
            // A bit that nobody may use, so that the rules refuse the frame.
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
                // Fails the connection with the code that wrong data has, too.
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
