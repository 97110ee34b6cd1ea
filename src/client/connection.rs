//! The handle to one connection.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::task::AbortOnDropHandle;

use super::{
    ConnectFailure, DropHow, Ended, Endpoint, Envelopes, Journal, Layer, Options, Reading,
    TransportChoice,
    command::{Command, Commands, Given, Payload},
    dial::dial,
    polling::Polling,
    recorder::{EndOnDrop, Recorder},
    session::Session,
    tcp, upgrade,
    wait::Wait,
    websocket::Websocket,
};
use crate::{
    clock::{self, Moment},
    wire::{
        engine_io::{self, Packet},
        socket_io::{self, msgpack},
        websocket::RawFrame,
    },
};

/// The time limit for ending a connection in the requested way. After that time, the connection's task is aborted.
const END_WITHIN: Duration = Duration::from_secs(3);

/// The limit on the journal of a bare TCP connection, in bytes.
const RAW_BYTES: usize = 4 << 20;

/// One open connection. The connection ends when its last handle is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    journal: Arc<Journal>,
    shared: Arc<Shared>,
}

/// A connection that did not open.
#[derive(Debug)]
pub struct Unopened {
    /// What the client waited for and what came instead.
    pub failure: ConnectFailure,
    /// What was sent and received.
    pub journal: Arc<Journal>,
}

#[derive(Debug)]
struct Shared {
    commands: UnboundedSender<Given>,
    handshake: Option<Arc<engine_io::Handshake>>,
    parser: Parser,
    /// The task that owns the stream; dropping the last handle aborts it.
    task: AbortOnDropHandle<()>,
}

/// The encoding of events: Socket.IO packets in JSON or msgpack, or envelopes.
#[derive(Clone, Debug)]
enum Parser {
    Envelopes(Envelopes),
    Json,
    Msgpack,
}

impl Connection {
    /// Opens a connection and waits for its handshake: the open packet, the 101 response, or the TCP connection.
    ///
    /// # Errors
    ///
    /// Returns what the client waited for and what came instead.
    pub async fn open(endpoint: &Endpoint, options: Options) -> Result<Self, ConnectFailure> {
        let opened = Self::open_recorded(endpoint, options).await;
        opened.map_err(|unopened| unopened.failure)
    }

    /// Opens a connection as [`Self::open`] does.
    ///
    /// # Errors
    ///
    /// Returns what the client waited for and what came instead, and the journal of the attempt.
    pub async fn open_recorded(endpoint: &Endpoint, options: Options) -> Result<Self, Unopened> {
        let journal = Arc::new(Journal::new(&endpoint.budget));
        let opened = Self::open_into(Arc::clone(&journal), endpoint, options).await;
        opened.map_err(|failure| Unopened { failure, journal })
    }

    async fn open_into(
        journal: Arc<Journal>,
        endpoint: &Endpoint,
        mut options: Options,
    ) -> Result<Self, ConnectFailure> {
        let mut recorder = Recorder::new(Arc::clone(&journal), options.bounds);
        if options.layer == Layer::Tcp {
            let link = dial(endpoint, Wait::new("TCP connection", options.deadline)).await?;
            // The limit on the journal is lower on a bare TCP connection than at other layers, because scenario steps
            // join all raw bytes of the connection into one text.
            options.bounds.journal = options.bounds.journal.min(RAW_BYTES);
            let recorder = Recorder::new(Arc::clone(&journal), options.bounds);
            return Ok(Self::start(journal, &options, None, |commands| {
                tcp::run(link, recorder, commands)
            }));
        }
        let transport = match options.layer {
            Layer::WebSocket => TransportChoice::WebSocket,
            _ if options.envelopes.is_some() => TransportChoice::WebSocket,
            _ => options.transport,
        };
        match transport {
            TransportChoice::WebSocket => {
                let sid = options.session.as_deref();
                let mut websocket = Websocket::open(endpoint, &options, sid, &mut recorder).await?;
                let mut session = Session::new(&options, recorder);
                websocket.await_open(&mut session, &options).await?;
                let handshake = session.shared_handshake();
                Ok(Self::start(journal, &options, handshake, |commands| {
                    websocket.run(session, commands)
                }))
            }
            TransportChoice::Polling => {
                let polling = Polling::open(endpoint, &options, recorder).await?;
                let handshake = polling.shared_handshake();
                Ok(Self::start(journal, &options, handshake, |commands| {
                    polling.run(commands)
                }))
            }
            TransportChoice::Upgrade => {
                let polling = Polling::open(endpoint, &options, recorder).await?;
                let (websocket, session) = upgrade::upgrade(endpoint, &options, polling).await?;
                let handshake = session.shared_handshake();
                Ok(Self::start(journal, &options, handshake, |commands| {
                    websocket.run(session, commands)
                }))
            }
        }
    }

    fn start<Run>(
        journal: Arc<Journal>,
        options: &Options,
        handshake: Option<Arc<engine_io::Handshake>>,
        run: impl FnOnce(Commands) -> Run,
    ) -> Self
    where
        Run: Future<Output = Ended> + Send + 'static,
    {
        let (commands, receiver) = unbounded_channel();
        let end = EndOnDrop(Some(Recorder::new(Arc::clone(&journal), options.bounds)));
        let run = run(receiver);
        let task = tokio::spawn(async move {
            // Finish `run` first, which closes the stream, and record the end of the connection after that.
            // [`Connection::end`] returns as soon as the end is in the journal, and its callers rely on a closed
            // stream.
            let ended = run.await;
            end.end(ended);
        });
        Self {
            journal,
            shared: Arc::new(Shared {
                commands,
                handshake,
                parser: match &options.envelopes {
                    Some(envelopes) => Parser::Envelopes(envelopes.clone()),
                    None if options.msgpack => Parser::Msgpack,
                    None => Parser::Json,
                },
                task: AbortOnDropHandle::new(task),
            }),
        }
    }

    /// Returns the journal: everything that was sent and received.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Returns the open packet; `None` if none was received.
    pub fn handshake(&self) -> Option<&engine_io::Handshake> {
        self.shared.handshake.as_deref()
    }

    /// Sends a Socket.IO packet, or its event in an envelope. Does nothing if the connection has ended, or if an
    /// envelope can't carry the packet.
    pub fn send(&self, packet: &socket_io::Packet) {
        let packets = match &self.shared.parser {
            Parser::Envelopes(envelopes) => {
                if let Some(text) = envelopes.encode(packet) {
                    self.send_text(text);
                }
                return;
            }
            Parser::Msgpack => vec![Packet::binary(msgpack::encode(packet))],
            Parser::Json => {
                let encoded = socket_io::encode(packet);
                let text = Packet::text(engine_io::PacketType::Message, encoded.text);
                let attachments = encoded.attachments.into_iter().map(Packet::binary);
                std::iter::once(text).chain(attachments).collect()
            }
        };
        self.command(Command::Packets {
            packets,
            payload: Payload::Shared,
        });
    }

    /// Sends Engine.IO packets. Over polling they form one payload.
    pub fn send_packets(&self, packets: Vec<engine_io::Packet>) {
        self.command(Command::Packets {
            packets,
            payload: Payload::Own,
        });
    }

    /// Sends text, unchanged, as one Engine.IO packet: a text frame, or the body of a POST.
    pub fn send_text(&self, text: String) {
        self.command(Command::Text(text.into()));
    }

    /// Sends a frame, in writes of `chop` bytes if set. Does nothing over polling, which has no frames.
    pub fn send_frame(&self, frame: RawFrame, chop: Option<usize>) {
        self.command(Command::Frame {
            frame: Box::new(frame),
            chop,
        });
    }

    /// Sends raw bytes. Over polling they are the body of a POST.
    pub fn send_bytes(&self, bytes: Bytes, chop: Option<usize>) {
        self.command(Command::Bytes { bytes, chop });
    }

    /// Stops or resumes reading from the stream. Does nothing over polling, where the client reads every response.
    pub fn read(&self, reading: Reading) {
        self.command(Command::Reading(reading));
    }

    /// Closes the sending side of the stream after everything already queued, and keeps receiving. Does nothing over
    /// polling, where each request has its own stream.
    pub fn half_close(&self) {
        self.command(Command::HalfClose);
    }

    /// Ends the connection and returns when the stream is closed.
    ///
    /// Queued data is still written, for at most one second, unless the stream is reset.
    pub async fn end(&self, how: DropHow) {
        self.command(Command::End(how));
        if clock::within(END_WITHIN, self.journal.ended())
            .await
            .is_err()
        {
            // The task has not ended in time: if the server does not read, a write in pieces can block forever.
            self.shared.task.abort();
            self.journal.ended().await;
        }
    }

    fn command(&self, command: Command) {
        // Sending fails if the task has ended with the connection; the journal then records the end.
        let at = Moment::now();
        let _ = self.shared.commands.send(Given { at, command });
    }
}
