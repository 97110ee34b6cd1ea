//! The handle to one connection.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    ConnectFailure, Ended, Endpoint, Journal, Layer, Options, Reading, TransportChoice,
    command::{Command, Commands, Payload},
    dial::dial,
    polling::Polling,
    recorder::{EndOnDrop, Recorder},
    session::Session,
    tcp, upgrade,
    wait::Wait,
    websocket::Websocket,
};
use crate::wire::{
    engine_io::{self, Packet},
    socket_io::{self, msgpack},
    websocket::RawFrame,
};

/// How long a connection may take to end in the way it was asked to.
const END_WITHIN: Duration = Duration::from_secs(3);

/// How this side ends a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DropHow {
    /// Engine.IO close packet and WebSocket close frame, as a client leaves politely.
    Close,
    /// The TCP stream ends.
    Drop,
    /// The TCP stream is reset.
    Reset,
}

/// One open connection; it ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    journal: Arc<Journal>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    commands: UnboundedSender<Command>,
    handshake: Option<engine_io::Handshake>,
    parser: Parser,
    /// Owns the stream; aborted with the last handle.
    task: AbortOnDropHandle<()>,
}

/// How Socket.IO packets travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Parser {
    Json,
    Msgpack,
}

impl Connection {
    /// Opens a connection and waits for its handshake: the open packet, the 101, or the TCP stream.
    ///
    /// # Errors
    ///
    /// What was awaited and what came instead.
    pub async fn open(endpoint: &Endpoint, options: Options) -> Result<Self, ConnectFailure> {
        let journal = Arc::new(Journal::default());
        let mut recorder = Recorder::new(Arc::clone(&journal), options.bounds);
        if options.layer == Layer::Tcp {
            let link = dial(endpoint, Wait::new("TCP connection", options.deadline)).await?;
            return Ok(Self::start(journal, &options, None, |commands| {
                tcp::run(link, recorder, commands)
            }));
        }
        let transport = match options.layer {
            Layer::WebSocket => TransportChoice::WebSocket,
            _ => options.transport,
        };
        match transport {
            TransportChoice::WebSocket => {
                let sid = options.session.as_deref();
                let mut websocket = Websocket::open(endpoint, &options, sid, &mut recorder).await?;
                let mut session = Session::new(&options, recorder);
                websocket.await_open(&mut session, &options).await?;
                let handshake = session.handshake().cloned();
                Ok(Self::start(journal, &options, handshake, |commands| {
                    websocket.run(session, commands)
                }))
            }
            TransportChoice::Polling => {
                let polling = Polling::open(endpoint, &options, recorder).await?;
                let handshake = polling.handshake().cloned();
                Ok(Self::start(journal, &options, handshake, |commands| {
                    polling.run(commands)
                }))
            }
            TransportChoice::Upgrade => {
                let polling = Polling::open(endpoint, &options, recorder).await?;
                let (websocket, session) = upgrade::upgrade(endpoint, &options, polling).await?;
                let handshake = session.handshake().cloned();
                Ok(Self::start(journal, &options, handshake, |commands| {
                    websocket.run(session, commands)
                }))
            }
        }
    }

    fn start<Run>(
        journal: Arc<Journal>,
        options: &Options,
        handshake: Option<engine_io::Handshake>,
        run: impl FnOnce(Commands) -> Run,
    ) -> Self
    where
        Run: Future<Output = Ended> + Send + 'static,
    {
        let (commands, receiver) = unbounded_channel();
        let end = EndOnDrop(Some(Recorder::new(Arc::clone(&journal), options.bounds)));
        let run = run(receiver);
        let task = tokio::spawn(async move {
            // The stream is gone when this returns.
            let ended = run.await;
            end.end(ended);
        });
        Self {
            journal,
            shared: Arc::new(Shared {
                commands,
                handshake,
                parser: if options.msgpack {
                    Parser::Msgpack
                } else {
                    Parser::Json
                },
                task: AbortOnDropHandle::new(task),
            }),
        }
    }

    /// What went over the connection.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// The open packet, where one was received.
    pub fn handshake(&self) -> Option<&engine_io::Handshake> {
        self.shared.handshake.as_ref()
    }

    /// Sends a Socket.IO packet. Sending on a connection that has ended does nothing.
    pub fn send(&self, packet: &socket_io::Packet) {
        let packets = match self.shared.parser {
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

    /// Sends Engine.IO packets, over polling as one payload.
    pub fn send_packets(&self, packets: Vec<engine_io::Packet>) {
        self.command(Command::Packets {
            packets,
            payload: Payload::Own,
        });
    }

    /// Sends text as one Engine.IO packet (a text frame; the body of a POST), as it stands.
    pub fn send_text(&self, text: String) {
        self.command(Command::Text(text.into()));
    }

    /// Sends a frame, written in pieces of `chop` bytes if set. Over polling, which has no frames, it
    /// does nothing.
    pub fn send_frame(&self, frame: RawFrame, chop: Option<usize>) {
        self.command(Command::Frame {
            frame: Box::new(frame),
            chop,
        });
    }

    /// Sends raw bytes; over polling as the body of a POST.
    pub fn send_bytes(&self, bytes: Bytes, chop: Option<usize>) {
        self.command(Command::Bytes { bytes, chop });
    }

    /// Stops reading from the stream, or goes on. Over polling, where every response is read, it does nothing.
    pub fn read(&self, reading: Reading) {
        self.command(Command::Reading(reading));
    }

    /// Ends this side of the stream after what was sent before; what the server still sends is received. Over
    /// polling, where every request has a stream, it does nothing.
    pub fn half_close(&self) {
        self.command(Command::HalfClose);
    }

    /// Ends the connection; returns when the stream is gone.
    ///
    /// What was sent before is still written, for a second at most, unless the stream is reset.
    pub async fn end(&self, how: DropHow) {
        self.command(Command::End(how));
        if timeout(END_WITHIN, self.journal.ended()).await.is_err() {
            // A server that doesn't read can keep a chopped write, and all that waits behind it, for ever.
            self.shared.task.abort();
            self.journal.ended().await;
        }
    }

    fn command(&self, command: Command) {
        // The task is gone once the connection has ended; the journal says so.
        let _ = self.shared.commands.send(command);
    }
}
