//! Steps below Socket.IO: packets, frames, bytes, and how a connection ends.

use super::{Accepted, ClientName, ConnectOptions, HttpPattern, Order};
use crate::scenario::{Matcher, Template};

/// `open:`.
#[derive(Clone, Debug)]
pub struct Open {
    /// What is opened.
    pub layer: OpenLayer,
    /// Query, headers, path, revision, heartbeat.
    pub options: ConnectOptions,
    /// `echo: true`: where the target speaks Socket.IO, the namespace in which messages come back is joined.
    pub echo: bool,
    /// `session: NAME`: takes part in that client's session, with its sid, and expects no open packet.
    pub session: Option<ClientName>,
    /// `poll: false`: no GET is sent unless a step does.
    pub poll: bool,
    /// How the server must answer the handshake.
    pub expected: Accepted<HandshakePattern>,
}

/// How a server must answer a handshake.
#[derive(Clone, Debug, Default)]
pub struct HandshakePattern {
    /// `handshake:` the open packet's data.
    pub handshake: Option<Matcher>,
    /// `answer:` the response to the handshake request, whether it lets the client in or refuses it.
    pub answer: Option<HttpPattern>,
    /// `refused:` the response that refuses the handshake request.
    pub refused: Option<HttpPattern>,
}

/// What an `open` step opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenLayer {
    /// An Engine.IO session over long-polling.
    Polling,
    /// A bare TCP (or TLS) connection.
    Tcp,
    /// An Engine.IO session over WebSocket; a plain WebSocket where the target's dialect is `websocket`.
    WebSocket,
}

/// `send:` Engine.IO packets.
#[derive(Clone, Debug)]
pub struct Send {
    /// The packets; over polling they share one payload.
    pub packets: Vec<PacketTemplate>,
    /// The response to the POST, over polling.
    pub response: Accepted<HttpPattern>,
}

/// One packet to send.
#[derive(Clone, Debug)]
pub enum PacketTemplate {
    /// `{binary: …}`: a message of bytes.
    Binary(Template),
    /// `{message: text}`: a message in the target's dialect.
    Message(Template),
    /// The packet's text as written, type digit included.
    Text(Template),
}

/// `frame:`.
#[derive(Clone, Debug)]
pub struct SendFrame {
    /// `fin:`, true unless said otherwise.
    pub fin: bool,
    /// `rsv:` three bits, RSV1 highest.
    pub rsv: u8,
    /// `opcode:` a name or a number.
    pub opcode: u8,
    /// `mask: false` sends it unmasked.
    pub masked: bool,
    /// `payload:` text or bytes.
    pub payload: Template,
    /// `length: 16 | 64`: the form of the length; none for the shortest.
    pub length_form: Option<u8>,
    /// `declared-length:` in place of the true one.
    pub declared_length: Option<u64>,
    /// `chop: n`: written in pieces of n bytes.
    pub chop: Option<usize>,
    /// `compress: true`: the payload is deflated and RSV1 set.
    pub compress: bool,
}

/// `bytes:`.
#[derive(Clone, Debug)]
pub struct SendBytes {
    /// Text or bytes.
    pub data: Template,
    /// `chop: n`: written in pieces of n bytes.
    pub chop: Option<usize>,
}

/// `reading:`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// `goes-on`: what has come meanwhile is read.
    GoesOn,
    /// `stops`: nothing more is read, so that what the server sends piles up on its side.
    Stops,
}

/// `receive:`.
#[derive(Clone, Debug)]
pub struct Receive {
    /// What must come.
    pub what: Accepted<Incoming>,
    /// `order:` whether other packets may come first; `strict` by default.
    pub order: Order,
}

/// What `receive` waits for.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// `{binary: …}`: a message of bytes.
    Binary(Matcher),
    /// `{bytes: …}`: raw bytes; the text of all received so far must match.
    Bytes(Matcher),
    /// `{echo: …}`: what was sent by means of the function `echo` comes back.
    Echo(Matcher),
    /// `{frame: {opcode, fin, rsv, payload}}`.
    Frame(FramePattern),
    /// `{http: {status, …}}`: a raw HTTP response on a TCP connection.
    Http(HttpPattern),
    /// `{message: …}`: a message in the target's dialect, as text.
    Message(Matcher),
    /// `{packet: {type, namespace, id, data}}`: a Socket.IO packet as an object.
    Packet(Matcher),
    /// The packet's text, type digit included.
    Text(Matcher),
    /// `nothing`: no packet comes, proved as for `never`.
    Nothing,
}

impl Incoming {
    /// Returns the expected HTTP response, if that is what must come.
    pub const fn http(&self) -> Option<&HttpPattern> {
        match self {
            Self::Http(response) => Some(response),
            Self::Binary(_)
            | Self::Bytes(_)
            | Self::Echo(_)
            | Self::Frame(_)
            | Self::Message(_)
            | Self::Nothing
            | Self::Packet(_)
            | Self::Text(_) => None,
        }
    }
}

/// What a WebSocket frame must look like.
#[derive(Clone, Debug, Default)]
pub struct FramePattern {
    /// `opcode:`.
    pub opcode: Option<u8>,
    /// `fin:`.
    pub fin: Option<bool>,
    /// `rsv:`.
    pub rsv: Option<u8>,
    /// `payload:`, text where it is UTF-8, bytes else.
    pub payload: Option<Matcher>,
}

/// `closed:`.
#[derive(Clone, Debug, Default)]
pub struct Closed {
    /// `code:` of the close frame.
    pub code: Option<Matcher>,
    /// `reason:` of the close frame.
    pub reason: Option<Matcher>,
    /// `how:` any of these; empty for any.
    pub how: Vec<CloseHow>,
    /// `hangs-up: true`: after the close frames it is the server that ends the TCP stream.
    pub hangs_up: bool,
    /// `stays-open: true`: the connection does not end.
    pub stays_open: bool,
    /// `namespace:`: a Socket.IO DISCONNECT of this namespace in place of the connection's end.
    pub namespace: Option<Template>,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CloseHow {
    /// `close-frame`.
    CloseFrame,
    /// `close-packet`: an Engine.IO close packet.
    ClosePacket,
    /// `eof`.
    Eof,
    /// `http-error`: a polling request was answered with an error.
    HttpError,
    /// `reset`.
    Reset,
}
