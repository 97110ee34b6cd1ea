//! Reading and writing of WebSocket frames on a byte stream.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, ErrorKind, IoSlice},
    pin::pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncReadExt;

use crate::{
    net::{Arrived, Stream},
    reference::{
        Config, FaultSet,
        engine::{Outbound, Revision, outbound::compress},
        faults::frames::Tamper,
    },
    wire::websocket::{
        Deflate, DeflateOffer, Frame, FrameError, Message, MessageAssembler, PeerMisbehaved, Role,
    },
};

/// The buffer size of the first read, in bytes. Later reads use a larger buffer if the client sends
/// more.
const FIRST_READ: usize = 4 * 1024;

/// The largest buffer size of a read, in bytes.
const LARGEST_READ: usize = 64 * 1024;

/// The number of bytes waiting to be written at which the server stops reading from the client.
const BACKLOG: usize = 256 * 1024;

/// The largest number of buffers that one system call writes.
const SLICES: usize = 64;

/// The server's side of a WebSocket: reads messages, and writes encoded frames.
///
/// An idle stream holds no buffer: each read allocates a buffer, which is freed when its bytes are
/// handled.
#[derive(Debug)]
pub(super) struct FrameStream {
    stream: Stream,
    incoming: BytesMut,
    next_read: usize,
    assembler: MessageAssembler,
    compressor: Option<Box<Deflate>>,
    max_frame: usize,
    tamper: Option<Box<Tamper>>,
    /// Whether the server ignores that the client has closed its side of the stream, because the
    /// fault `half-close-ignored` is active.
    ignores_end: bool,
    outgoing: VecDeque<Bytes>,
    outgoing_bytes: usize,
}

/// The result of decoding the bytes that the client has sent.
#[derive(Debug)]
pub(super) enum Incoming {
    /// The bytes hold a complete message or a control frame.
    Message(Message),
    /// No complete message has arrived; more bytes are needed.
    Nothing,
    /// The client broke RFC 6455.
    Misbehaved(PeerMisbehaved),
}

/// The reason why a wait on a stream ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Turn {
    /// The client has closed its side of the stream.
    Ended,
    /// Bytes from the client have arrived.
    Read,
    /// The socket accepts output again.
    Writable,
}

impl FrameStream {
    /// Returns a frame stream over `stream`; `early` are bytes that were already read from it.
    ///
    /// If compression was negotiated, `deflate` has its parameters.
    pub(super) fn new(
        stream: Stream,
        early: Bytes,
        config: &Config,
        deflate: Option<&DeflateOffer>,
    ) -> Self {
        // One `Deflate` compresses and another inflates. Each allocates only the state of the
        // direction that it is used for, so two values cost no more memory than one.
        let faults = &config.faults;
        let state = |negotiated: &DeflateOffer| Deflate::new(Role::Server, negotiated);
        let compressor = faults
            .parameters_for_sending(deflate)
            .map(|negotiated| Box::new(state(&negotiated)));
        let max_frame = faults.frame_limit(config.max_payload);
        Self {
            stream,
            incoming: BytesMut::from(early),
            next_read: FIRST_READ,
            assembler: MessageAssembler::new(
                Role::Server,
                faults.message_limit(config.max_payload, deflate),
                deflate.map(state),
            ),
            compressor,
            // With compression, frames may be larger than messages: a message that can't be
            // compressed becomes larger by compression.
            max_frame: match deflate {
                Some(_) => Deflate::compressed_bound(max_frame),
                None => max_frame,
            },
            tamper: Tamper::new(faults, deflate),
            ignores_end: false,
            outgoing: VecDeque::new(),
            outgoing_bytes: 0,
        }
    }

    /// Waits for bytes from the client or, if output is queued, until the socket accepts output.
    ///
    /// This function is cancel-safe: dropping the future loses no bytes.
    pub(super) async fn turn(&mut self) -> io::Result<Turn> {
        poll_fn(|context| {
            if !self.outgoing.is_empty()
                && let Poll::Ready(ready) = self.stream.poll_write_ready(context)
            {
                return Poll::Ready(ready.map(|()| Turn::Writable));
            }
            if self.may_read() && !self.ignores_end {
                return self.poll_read(context);
            }
            Poll::Pending
        })
        .await
    }

    /// Returns what has arrived and was not read yet.
    pub(super) fn arrived(&self) -> Arrived {
        self.stream.arrived()
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Turn>> {
        // The buffer is allocated only after bytes have arrived, so that an idle connection holds
        // none.
        ready!(self.stream.poll_read_ready(context))?;
        self.incoming.reserve(self.next_read);
        let read = pin!(self.stream.read_buf(&mut self.incoming)).poll(context);
        match read {
            Poll::Ready(Ok(0)) if self.keeps_half_closed() => {
                self.ignores_end = true;
                Poll::Pending
            }
            Poll::Ready(Ok(0)) => Poll::Ready(Ok(Turn::Ended)),
            Poll::Ready(Ok(read)) => {
                self.next_read = if read >= self.next_read {
                    (self.next_read * 2).min(LARGEST_READ)
                } else {
                    FIRST_READ
                };
                Poll::Ready(Ok(Turn::Read))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                self.give_back();
                Poll::Pending
            }
        }
    }

    fn keeps_half_closed(&self) -> bool {
        let tamper = self.tamper.as_ref();
        tamper.is_some_and(|tamper| tamper.keeps_half_closed())
    }

    /// Returns true if the server may read from the client. It stops reading while the client does
    /// not read the server's answers.
    fn may_read(&self) -> bool {
        self.outgoing_bytes < BACKLOG
    }

    /// Returns the next message or control frame in the bytes that were read from the client.
    pub(super) fn next(&mut self) -> Incoming {
        loop {
            let frame = match self.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => {
                    // Check a frame before all of its payload has arrived. Don't do so while a fault
                    // can change frames, because the fault needs the complete frame.
                    if self.tamper.is_none()
                        && let Err(error) = self.assembler.check_incomplete(&self.incoming)
                    {
                        return Incoming::Misbehaved(error);
                    }
                    self.give_back();
                    return Incoming::Nothing;
                }
                Err(error) => return Incoming::Misbehaved(error.into()),
            };
            match (self.assembler.push(frame), &mut self.tamper) {
                (Ok(Some(message)), None) => return Incoming::Message(message),
                (Ok(Some(message)), Some(tamper)) => {
                    return Incoming::Message(tamper.alter_message(message));
                }
                (Ok(None), _) => {}
                (Err(_), Some(tamper)) if tamper.skips_bad_frames() => {}
                (Err(error), _) => return Incoming::Misbehaved(error),
            }
        }
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(tamper) = &mut self.tamper else {
            return Frame::decode(&mut self.incoming, self.max_frame);
        };
        loop {
            if tamper.discards_input(&mut self.incoming) {
                return Ok(None);
            }
            if let Some(frame) = tamper.release_frame() {
                return Ok(Some(frame));
            }
            match Frame::decode(&mut self.incoming, self.max_frame) {
                Ok(Some(frame)) => {
                    tamper.discard_rest(&mut self.incoming);
                    if let Some(frame) = tamper.alter_frame(frame) {
                        return Ok(Some(frame));
                    }
                }
                Ok(None) => return tamper.handle_incomplete(&self.incoming),
                Err(error) if tamper.waits_after(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the state of the faults that change the frames of this connection's client; `None`
    /// if no fault is active.
    pub(super) fn tamper(&self) -> Option<&Tamper> {
        self.tamper.as_deref()
    }

    /// Queues packets for writing.
    pub(super) fn push_packets(
        &mut self,
        outbound: &Outbound,
        revision: Revision,
        faults: &FaultSet,
    ) {
        let frames = match &mut self.compressor {
            None => outbound.frames(revision, faults),
            Some(compressor) => outbound.compressed(revision, faults, compressor),
        };
        self.push(frames);
    }

    /// Queues one message for writing, compressed if compression was negotiated.
    pub(super) fn push_message(&mut self, mut frame: Frame, faults: &FaultSet) {
        if let Some(compressor) = &mut self.compressor {
            compress(&mut frame, compressor, faults);
        }
        self.push_frame(frame, faults);
    }

    /// Queues one uncompressed frame for writing.
    pub(super) fn push_frame(&mut self, frame: Frame, faults: &FaultSet) {
        let mut out = BytesMut::with_capacity(frame.payload.len() + 10);
        faults.encode_frame(frame, &mut out);
        self.push(out.freeze());
    }

    /// Queues encoded frames for writing.
    pub(super) fn push(&mut self, frames: Bytes) {
        if !frames.is_empty() {
            self.outgoing_bytes += frames.len();
            self.outgoing.push_back(frames);
        }
    }

    /// Writes as many queued bytes as the socket accepts without waiting. Returns true if all
    /// queued bytes are written.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        while !self.outgoing.is_empty() {
            let slices: Vec<IoSlice<'_>> = self
                .outgoing
                .iter()
                .take(SLICES)
                .map(|frames| IoSlice::new(frames))
                .collect();
            let written = match self.stream.try_write_vectored(&slices) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            };
            self.advance(written);
        }
        // After a burst of frames, the memory of the queue is freed. Otherwise an idle connection
        // would keep it.
        if self.outgoing.capacity() > 8 {
            self.outgoing = VecDeque::new();
        }
        Ok(true)
    }

    /// Writes all queued frames, and waits while the socket does not accept them.
    pub(super) async fn flush_all(&mut self) -> io::Result<()> {
        while !self.flush()? {
            self.stream.writable().await?;
        }
        Ok(())
    }

    /// Returns the byte stream below the frames. Consumes this value, so no more frames can be sent
    /// or received.
    pub(super) fn into_inner(self) -> Stream {
        self.stream
    }

    fn advance(&mut self, mut written: usize) {
        self.outgoing_bytes = self.outgoing_bytes.saturating_sub(written);
        while let Some(front) = self.outgoing.front_mut() {
            if written < front.len() {
                front.advance(written);
                return;
            }
            written -= front.len();
            self.outgoing.pop_front();
        }
    }

    fn give_back(&mut self) {
        if self.incoming.is_empty() {
            self.incoming = BytesMut::new();
        }
    }
}
