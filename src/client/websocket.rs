//! WebSocket: the opening handshake and the traffic after it.

use bytes::Bytes;

use super::{
    ConnectFailure, DropHow, Ended, EndedHow, Endpoint, Exceeded, IllegalWebSocket, Layer, Options,
    Outgoing, Reading, What,
    command::{Command, Commands, Given},
    describe::http_line,
    ending::{Ending, by_us, cut, ended_by_illegal_close, ended_early},
    failure::OPEN_PACKET,
    handshake::shake_hands,
    link::{Link, Progress},
    recorder::{Recorder, given_up},
    session::{Revision, Session},
    wait::Wait,
};
use crate::{
    clock, random,
    wire::{
        Utf8Bytes,
        engine_io::{Packet, PacketData, PacketType, v3},
        websocket::{
            CloseCode, CloseReason, Frame, FrameError, Message, MessageAssembler, OpCode,
            PeerMisbehaved, RawFrame, Role,
        },
    },
};

/// An open WebSocket of a client.
#[derive(Debug)]
pub(super) struct Websocket {
    link: Link,
    assembler: MessageAssembler,
    max_frame: usize,
    frames: Journalled,
    /// True if the client answers pings.
    heartbeat: bool,
    /// True after the client has sent a fragment of a message, but not the last one.
    in_message: bool,
    /// The answers to the server's packets that wait until the client has sent the last fragment of its message. A
    /// frame of another message would be illegal before (RFC 6455 section 5.4).
    held_answers: Vec<Packet>,
    /// True after the client has sent its close frame.
    close_sent: bool,
    /// True after the server's close frame has arrived.
    close_received: bool,
    /// True after data has arrived after the server's close frame, which RFC 6455 forbids.
    sent_after_close: bool,
    ending: Ending,
    /// The reason why the connection can't be read further, if that was found while the connection was being opened.
    failed: Option<Ended>,
}

/// Which frames the journal records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Journalled {
    All,
    Control,
}

impl Websocket {
    /// Connects and performs the opening handshake.
    pub(super) async fn open(
        endpoint: &Endpoint,
        options: &Options,
        sid: Option<&str>,
        recorder: &mut Recorder,
    ) -> Result<Self, ConnectFailure> {
        let (link, deflate) = shake_hands(endpoint, options, sid, recorder).await?;
        let assembler = MessageAssembler::new(Role::Client, options.bounds.message, deflate);
        Ok(Self {
            link,
            max_frame: assembler.max_frame(),
            assembler,
            frames: if options.layer == Layer::SocketIo {
                Journalled::Control
            } else {
                Journalled::All
            },
            heartbeat: options.heartbeat,
            in_message: false,
            held_answers: Vec::new(),
            close_sent: false,
            close_received: false,
            sent_after_close: false,
            ending: Ending::default(),
            failed: None,
        })
    }

    /// Reads until the open packet has arrived, if the session expects one.
    pub(super) async fn await_open(
        &mut self,
        session: &mut Session,
        options: &Options,
    ) -> Result<(), ConnectFailure> {
        let wait = Wait::new(OPEN_PACKET, options.deadline);
        loop {
            let taken = self.take_messages(session);
            let awaits_open = session.awaits_open()?;
            match taken {
                Err(ended) if awaits_open => {
                    return Err(ended_early(&session.recorder, wait, &ended));
                }
                Err(ended) => self.failed = Some(ended),
                Ok(()) => {}
            }
            if !awaits_open {
                return Ok(());
            }
            self.await_more(&mut session.recorder, wait).await?;
        }
    }

    /// Waits for the next message of the server, while the client probes the WebSocket for an upgrade.
    pub(super) async fn await_message(
        &mut self,
        recorder: &mut Recorder,
        wait: Wait,
    ) -> Result<Message, ConnectFailure> {
        loop {
            match self.next_message(recorder) {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => {}
                Err(ended) => return Err(ended_early(recorder, wait, &ended)),
            }
            self.await_more(recorder, wait).await?;
        }
    }

    /// Waits for more data. Returns an error if the stream ends or the server has sent a close frame.
    async fn await_more(
        &mut self,
        recorder: &mut Recorder,
        wait: Wait,
    ) -> Result<(), ConnectFailure> {
        if self.ending.has_begun() || wait.progress(&mut self.link).await? == Progress::Eof {
            let ended = self.ended(recorder);
            return Err(ended_early(recorder, wait, &ended));
        }
        // The journal's limits also apply while the client waits for the open packet.
        let kept = recorder.flush();
        kept.map_err(|ended| ended_early(recorder, wait, &ended))?;
        recorder.tick();
        Ok(())
    }

    /// Queues an Engine.IO packet as one frame.
    pub(super) fn send_packet(&mut self, recorder: &mut Recorder, packet: &Packet, of: Revision) {
        match &packet.data {
            PacketData::Text(_) => self.send_text(recorder, packet.encode_text()),
            PacketData::Binary(bytes) => {
                let payload = match of {
                    Revision::Three => v3::encode_binary(bytes),
                    Revision::Four => bytes.clone(),
                };
                self.send_frame(recorder, Frame::binary(payload));
            }
        }
    }

    /// Writes the queued data, for a limited time.
    pub(super) async fn flush(&mut self) {
        self.link.flush().await;
    }

    /// Runs the session until the connection ends.
    pub(super) async fn run(mut self, mut session: Session, mut commands: Commands) -> Ended {
        let mut next_ping = session.ping_every().map(|every| clock::now() + every);
        loop {
            // Handles messages before commands: the handshake may have read messages together with the 101 response.
            let taken = match self.failed.take() {
                Some(ended) => Err(ended),
                None => self.take_messages(&mut session),
            };
            if let Err(ended) = session.recorder.flush().and(taken) {
                self.link.finish().await;
                return ended;
            }
            tokio::select! {
                biased;
                // A write in pieces has to finish before the next command, which may change the size of the pieces.
                Some(given) = commands.recv(), if !self.link.is_chopping() => {
                    session.recorder.tick();
                    let mut next = Some(given);
                    while let Some(Given { at, command }) = next {
                        session.recorder.obey(Some(at));
                        match command {
                            Command::End(DropHow::Close) => self.close(&mut session),
                            Command::End(how) => return cut(self.link, how).await,
                            Command::HalfClose => self.link.end_writing().await,
                            command => self.write(&mut session, command),
                        }
                        next = if self.link.is_chopping() {
                            None
                        } else {
                            commands.try_recv().ok()
                        };
                    }
                    session.recorder.obey(None);
                }
                () = clock::at(next_ping), if !self.in_message => {
                    session.recorder.tick();
                    let ping = Packet::text(PacketType::Ping, "");
                    self.send_packet(&mut session.recorder, &ping, session.revision);
                    next_ping = session.ping_every().map(|every| clock::now() + every);
                }
                () = self.ending.overdue() => {
                    let ended = self.ending.give_up();
                    self.link.finish().await;
                    return ended;
                }
                progress = self.link.progress() => match progress {
                    Ok(Progress::Received) => session.recorder.tick(),
                    Ok(Progress::Sent) => {}
                    Ok(Progress::Eof) => return self.ended(&mut session.recorder),
                    Err(error) => return self.ending.broken(&mut session.recorder, &error),
                },
            }
        }
    }

    /// Handles all complete messages and sends the answers that the protocols require.
    fn take_messages(&mut self, session: &mut Session) -> Result<(), Ended> {
        while let Some(message) = self.next_message(&mut session.recorder)? {
            let data = match message {
                Message::Text(text) => PacketData::Text(text),
                Message::Binary(bytes) => PacketData::Binary(bytes),
                Message::Close(_) | Message::Ping(_) | Message::Pong(_) => continue,
            };
            session.message(data);
            self.held_answers.extend(session.take_answers());
            self.send_answers(session);
            if let Some(ended) = session.take_closed() {
                self.ending.begin(ended);
            }
        }
        Ok(())
    }

    /// Sends the answers to the server's packets, unless the client is in the middle of a message.
    fn send_answers(&mut self, session: &mut Session) {
        if self.in_message {
            return;
        }
        for answer in std::mem::take(&mut self.held_answers) {
            self.send_packet(&mut session.recorder, &answer, session.revision);
        }
    }

    /// Reads frames up to the next text or binary message, and answers control frames on the way. The error is the end
    /// of the connection: the data can't be decoded.
    fn next_message(&mut self, recorder: &mut Recorder) -> Result<Option<Message>, Ended> {
        loop {
            if !self.close_received
                && let Some(line) = http_line(&self.link.inbox)
            {
                let illegal = IllegalWebSocket::HttpResponse { line };
                let reason = illegal.to_string();
                recorder.illegal(illegal, &self.link.inbox);
                return Err(given_up(reason));
            }
            let frame = match Frame::decode(&mut self.link.inbox, self.max_frame) {
                Ok(Some(frame)) => frame,
                Ok(None) => return self.check_incomplete(recorder).map(|()| None),
                Err(_) if self.close_received => {
                    let junk = self.link.inbox.split();
                    return Err(self.end_by_close_frame(recorder, &junk));
                }
                Err(error) => {
                    let raw = std::mem::take(&mut self.link.inbox);
                    return Err(self.fail(recorder, &error.into(), &raw));
                }
            };
            let opcode = frame.opcode;
            let payload = frame.payload.clone();
            if self.frames == Journalled::All || opcode.is_control() {
                recorder.record(What::Frame(frame.clone()), payload.len());
            }
            // A control frame after the close frame is tolerated: a pong can answer an earlier ping (RFC 6455 section
            // 5.5.2).
            if self.close_received && !opcode.is_control() {
                self.record_data_after_close(recorder, &payload);
            }
            match self.assembler.push(frame) {
                Ok(Some(Message::Close(reason))) => self.closed_by_peer(recorder, reason),
                Ok(Some(Message::Ping(payload))) => self.pong(recorder, payload),
                Ok(Some(Message::Pong(_))) => {}
                Ok(None) => self.keep_fragment(recorder)?,
                Ok(message) => {
                    // The message is complete and leaves the assembler, so its memory counts as 0 bytes again. Counting
                    // less memory never fails.
                    let _ = self.link.hold(0);
                    return Ok(message);
                }
                Err(_) if self.close_received => {
                    return Err(self.end_by_close_frame(recorder, &payload));
                }
                Err(error) => {
                    let ended = self.fail(recorder, &error, &payload);
                    return Err(match opcode {
                        OpCode::Close => ended_by_illegal_close(ended, &payload),
                        _ => ended,
                    });
                }
            }
        }
    }

    /// Ends the connection if a text frame that has arrived in part contains bytes that can't become valid UTF-8.
    fn check_incomplete(&mut self, recorder: &mut Recorder) -> Result<(), Ended> {
        let checked = self.assembler.check_incomplete(&self.link.inbox);
        let Some(error) = checked.err().filter(|_| !self.close_received) else {
            return Ok(());
        };
        let raw = std::mem::take(&mut self.link.inbox);
        Err(self.fail(recorder, &error, &raw))
    }

    /// Counts the memory of a message whose last fragment has not arrived. If the journal records control frames only,
    /// also counts the fragment as a frame without an entry.
    ///
    /// # Errors
    ///
    /// Returns the end of the connection if the run's budget is used up.
    fn keep_fragment(&mut self, recorder: &mut Recorder) -> Result<(), Ended> {
        if self.frames == Journalled::Control {
            recorder.count_unrecorded();
        }
        self.link.hold(self.assembler.held()).map_err(|over| {
            let limit = Exceeded::from(over);
            recorder.oversize(limit.clone());
            given_up(limit.to_string())
        })
    }

    /// Returns the end of the connection, after the stream has ended. If the stream ended inside a frame, records the
    /// incomplete frame as illegal data.
    fn ended(&mut self, recorder: &mut Recorder) -> Ended {
        let rest = self.link.inbox.split();
        if !rest.is_empty() {
            if self.close_received {
                self.record_data_after_close(recorder, &rest);
            } else {
                recorder.illegal(IllegalWebSocket::StreamEndedInFrame, &rest);
            }
            // The connection has ended anyway, so a journal over its limits needs no handling.
            let _ = recorder.flush();
        }
        self.ending.finish(EndedHow::Eof, String::new())
    }

    /// Returns the server's close frame as the end of the connection. Unreadable bytes after the close frame are
    /// recorded but don't change the end.
    fn end_by_close_frame(&mut self, recorder: &mut Recorder, junk: &[u8]) -> Ended {
        self.record_data_after_close(recorder, junk);
        self.ending.finish(EndedHow::CloseFrame, String::new())
    }

    /// Records, once, that the server sent data after its close frame.
    fn record_data_after_close(&mut self, recorder: &mut Recorder, raw: &[u8]) {
        if !std::mem::replace(&mut self.sent_after_close, true) {
            recorder.illegal(IllegalWebSocket::DataAfterClose, raw);
        }
    }

    fn pong(&mut self, recorder: &mut Recorder, payload: Bytes) {
        if self.heartbeat && !self.close_sent {
            let mut pong = Frame::binary(payload);
            pong.opcode = OpCode::Pong;
            self.send_frame(recorder, pong);
        }
    }

    fn closed_by_peer(&mut self, recorder: &mut Recorder, reason: CloseReason) {
        self.close_received = true;
        self.ending.begin(Ended {
            how: EndedHow::CloseFrame,
            code: reason.code,
            reason: reason.reason,
            by_us: false,
            kept_open: false,
        });
        // The client's close frame repeats the code of the server's close frame (RFC 6455 section 5.5.1).
        self.send_close(
            recorder,
            &CloseReason {
                code: reason.code,
                reason: String::new(),
            },
        );
    }

    /// Fails the connection (RFC 6455 section 7.1.7): records the server's mistake and sends a close frame with the
    /// matching code.
    fn fail(&mut self, recorder: &mut Recorder, error: &PeerMisbehaved, raw: &[u8]) -> Ended {
        let code = match error {
            PeerMisbehaved::NotUtf8 => 1007,
            PeerMisbehaved::MessageTooLarge { .. }
            | PeerMisbehaved::TooManyFragments { .. }
            | PeerMisbehaved::Frame(FrameError::TooLarge { .. }) => 1009,
            _ => 1002,
        };
        if code == 1009 {
            recorder.oversize(Exceeded::Message(error.clone()));
        } else {
            recorder.illegal(error.clone(), raw);
        }
        self.send_close(
            recorder,
            &CloseReason {
                code: Some(CloseCode(code)),
                reason: String::new(),
            },
        );
        given_up(error.to_string())
    }

    /// Starts the closing handshake: sends a close packet and a close frame. The server then has a limited time to
    /// close.
    fn close(&mut self, session: &mut Session) {
        self.link.reading = Reading::GoesOn;
        if session.handshake().is_some() && !self.close_sent {
            let packet = Packet::text(PacketType::Close, "");
            self.send_packet(&mut session.recorder, &packet, session.revision);
        }
        self.ending.begin(by_us(EndedHow::CloseFrame));
        self.send_close(
            &mut session.recorder,
            &CloseReason {
                code: Some(CloseCode(1000)),
                reason: String::new(),
            },
        );
    }

    fn send_close(&mut self, recorder: &mut Recorder, reason: &CloseReason) {
        if !self.close_sent {
            let mut close = Frame::binary(reason.encode());
            close.opcode = OpCode::Close;
            self.send_frame(recorder, close);
            self.close_sent = true;
        }
    }

    fn write(&mut self, session: &mut Session, command: Command) {
        let recorder = &mut session.recorder;
        match command {
            Command::Bytes { bytes, chop } => {
                self.link.outbox.extend_from_slice(&bytes);
                self.link.chop(chop);
                recorder.sent(Outgoing::Bytes(bytes));
            }
            // `run` handles these commands, because they end the stream.
            Command::End(_) | Command::HalfClose => {}
            Command::Frame { frame, chop } => {
                self.write_raw(recorder, *frame, chop);
                self.send_answers(session);
            }
            Command::Packets { packets, .. } => {
                for packet in packets {
                    self.send_packet(recorder, &packet, session.revision);
                }
            }
            Command::Reading(reading) => self.link.reading = reading,
            Command::Text(text) => self.send_text(recorder, text),
        }
    }

    fn write_raw(&mut self, recorder: &mut Recorder, raw: RawFrame, chop: Option<usize>) {
        raw.encode(&mut self.link.outbox);
        self.link.chop(chop);
        self.close_sent |= raw.frame.opcode == OpCode::Close;
        if !raw.frame.opcode.is_control() {
            self.in_message = !raw.frame.fin;
        }
        recorder.sent(Outgoing::Frame(raw.frame));
    }

    fn send_text(&mut self, recorder: &mut Recorder, text: Utf8Bytes) {
        self.write_masked(Frame::text(text.clone()));
        recorder.sent(Outgoing::Packet(text));
    }

    fn send_frame(&mut self, recorder: &mut Recorder, frame: Frame) {
        let frame = self.write_masked(frame);
        recorder.sent(Outgoing::Frame(frame));
    }

    /// Masks the frame with a random key (RFC 6455 section 5.3) and queues it. Returns the masked frame.
    fn write_masked(&mut self, mut frame: Frame) -> Frame {
        frame.mask = Some(random::random());
        frame.encode(&mut self.link.outbox);
        frame
    }
}
