//! What a scenario is once it is loaded: everything resolved that can be resolved without a target.
//!
//! A [`Scenario`] that exists is runnable: its clients, variables, requirement and fault ids were
//! checked. Field names are those of the language, see `docs/language.md`.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use super::{Matcher, SourceFile, Span, Template};

/// How binding the source of a requirement is (RFC 2119).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// A breach fails the scenario.
    Must,
    /// A breach is a warning.
    Should,
    /// A breach is a warning.
    May,
}

/// When a scenario is selected.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Tier {
    /// Runs always.
    #[default]
    Core,
    /// Runs always; a second look at what core covers.
    Extended,
    /// Reported, never failed.
    Info,
    /// Must outwait a timer of the server; only with `--include slow`.
    Slow,
    /// Can end an unpatched server; only with `--include destructive`.
    Destructive,
}

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Transport {
    /// HTTP long-polling all the way.
    Polling,
    /// Long-polling first, then over to WebSocket.
    Upgrade,
    /// WebSocket from the start.
    WebSocket,
}

/// The name of a simulated client within one scenario.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClientName(pub Arc<str>);

impl fmt::Display for ClientName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One scenario, ready to run; a row of `each:` is a scenario of its own.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Stable id: `rooms/to-excludes-sender`, or `auth/bad-token-refused[expired]` for a row.
    pub id: String,
    /// Former ids, which baselines may still name.
    pub aliases: Vec<String>,
    /// One sentence: what is right.
    pub title: String,
    /// What a user loses when this fails.
    pub why: Option<String>,
    /// How binding the source is.
    pub level: Level,
    /// When it is selected.
    pub tier: Tier,
    /// Requirement ids.
    pub verifies: Vec<String>,
    /// Faults of the reference server that must turn it red.
    pub catches: Vec<String>,
    /// Capabilities the target must have.
    pub needs: Vec<String>,
    /// Transports it is written for; empty where it runs over any.
    pub transports: Vec<Transport>,
    /// Nothing else may run at the same time on this target.
    pub exclusive: bool,
    /// Overrides the calibrated settle time.
    pub settle: Option<Duration>,
    /// Overrides the target's default deadline.
    pub within: Option<Duration>,
    /// Invariants that are switched off (`invariant/one-ack`).
    pub without: Vec<String>,
    /// Variables from `vars:` and the row of `each:`, in order; later ones may use earlier ones.
    pub variables: Vec<(String, Template)>,
    /// The clients, in order of declaration, groups unfolded.
    pub clients: Vec<ClientSpec>,
    /// The steps, `background:` first.
    pub steps: Vec<Step>,
    /// The file.
    pub source: Arc<SourceFile>,
    /// The scenario's entry.
    pub span: Span,
    /// The row of `each:` that this is.
    pub row: Option<Span>,
}

/// One client of a scenario.
#[derive(Clone, Debug)]
pub struct ClientSpec {
    /// Its name; members of a group are `watchers[1]`, `watchers[2]`, ….
    pub name: ClientName,
    /// Whether it connects before step 1.
    pub connect: bool,
    /// How it connects.
    pub options: ConnectOptions,
    /// Where it is declared.
    pub span: Span,
}

/// Everything that shapes a connection. All empty means: as the target's manifest says.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// The namespace; `/` where nothing is said.
    pub namespace: Option<Template>,
    /// The auth payload of the CONNECT packet.
    pub auth: Option<Template>,
    /// Query parameters of the handshake request.
    pub query: Vec<(String, Template)>,
    /// Headers of the handshake request.
    pub headers: Vec<(String, Template)>,
    /// The `Origin` header.
    pub origin: Option<Template>,
    /// The transport, where the scenario fixes it for this client.
    pub transport: Option<Transport>,
    /// Protocol revision, 4 unless said otherwise.
    pub eio: Option<u8>,
    /// Path in place of the target's.
    pub path: Option<Template>,
    /// `false`: pings are not answered.
    pub heartbeat: Option<bool>,
    /// permessage-deflate is offered.
    pub deflate: Option<bool>,
    /// Packets are msgpack.
    pub msgpack: Option<bool>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The line that a failure underlines: the verb's.
    pub span: Span,
    /// Who acts or observes; empty for steps without an actor.
    pub actors: Vec<ClientName>,
    /// What happens, and the strict expectation.
    pub action: Action,
    /// The same action with the expectations of `accept.lenient`; a match gives a warning.
    pub lenient: Option<Box<Action>>,
    /// Overrides the deadline.
    pub within: Option<WaitBound>,
    /// The observation must not come earlier than this after the step began.
    pub after: Option<WaitBound>,
    /// A breach of this step alone counts as this level.
    pub level: Option<Level>,
}

impl Step {
    /// Whether this step, or one inside its block, is like that.
    pub fn any(&self, wanted: &dyn Fn(&Self) -> bool) -> bool {
        wanted(self)
            || match &self.action {
                Action::Parallel(steps) | Action::Repeat { steps, .. } => {
                    steps.iter().any(|step| step.any(wanted))
                }
                _ => false,
            }
    }
}

/// A bound on a wait: fixed, or an expression that gives milliseconds or a duration text.
#[derive(Clone, Debug)]
pub enum WaitBound {
    /// An expression, evaluated when the step starts.
    Computed(Template),
    /// Written out.
    Fixed(Duration),
}

/// The verbs.
#[derive(Clone, Debug)]
pub enum Action {
    /// A bystander still answers: the server survived.
    Alive,
    /// Raw bytes on the TCP stream.
    Bytes(SendBytes),
    /// An event with an ack id, and its reply.
    Call(Call),
    /// An expression that must be true.
    Check(Check),
    /// The connection ends, or stays open.
    Closed(Closed),
    /// Join a namespace, opening the connection if there is none.
    Connect(Connect),
    /// The delivery set of one event over all clients of the scenario.
    Deliver(Deliver),
    /// Leave the namespace, or drop the connection.
    Disconnect(Disconnect),
    /// An event without an ack id.
    Emit(Emit),
    /// This client receives an event.
    Expect(Expect),
    /// One WebSocket frame.
    Frame(SendFrame),
    /// One HTTP request and its response.
    Http(Http),
    /// This client does not receive an event.
    Never(Never),
    /// An Engine.IO session or bare connection by hand.
    Open(Open),
    /// Steps side by side.
    Parallel(Vec<Step>),
    /// The client stops reading, or goes on.
    Reading(Reading),
    /// The next packet, frame or bytes on a connection opened by hand.
    Receive(Receive),
    /// A block n times; `$index` counts from 1.
    Repeat {
        /// How often; an expression that gives a whole number up to 100,000.
        times: Template,
        /// The block.
        steps: Vec<Step>,
    },
    /// Answer an event of the server that asks for an acknowledgement.
    Reply(Reply),
    /// One Engine.IO packet, or several in one payload.
    Send(Send),
}

/// `connect: /namespace`.
#[derive(Clone, Debug, Default)]
pub struct Connect {
    /// How.
    pub options: ConnectOptions,
    /// `reply:` what the CONNECT reply's payload must be.
    pub reply: Option<Matcher>,
    /// `rejected:` CONNECT_ERROR with this payload (`{message, data}`) is the right answer.
    pub rejected: Option<Matcher>,
    /// `refused:` the target's dialect says how the refusal shows; normalised to `{code, message, status, field}`.
    pub refused: Option<Matcher>,
}

/// `disconnect:`.
#[derive(Clone, Debug, Default)]
pub struct Disconnect {
    /// `namespace:`; the client's own where nothing is said.
    pub namespace: Option<Template>,
    /// `how:`.
    pub how: DisconnectHow,
}

/// Ways to leave.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DisconnectHow {
    /// `close`: an Engine.IO close packet, then the transport ends.
    Close,
    /// `leave`: a Socket.IO DISCONNECT packet; the connection stays.
    #[default]
    Leave,
    /// `drop`: the TCP connection ends without a word.
    Drop,
    /// `half`: the client's side of the TCP connection ends; what the server still says is heard.
    Half,
    /// `reset`: the TCP connection is reset.
    Reset,
}

/// An operation: an event name, or a name that the target's bindings translate.
#[derive(Clone, Debug)]
pub struct Operation {
    /// As written in the scenario.
    pub name: Template,
    /// `with:` one argument; bindings may rename its fields.
    pub with: Option<Template>,
    /// `args:` all arguments, in place of `with`.
    pub args: Option<Vec<Template>>,
    /// `namespace:` where the client is in several.
    pub namespace: Option<Template>,
}

/// `emit:`.
#[derive(Clone, Debug)]
pub struct Emit {
    /// The event.
    pub operation: Operation,
    /// `refused:` exactly one report, to the caller only, and no ack.
    pub refused: Option<Matcher>,
}

/// `call:`.
#[derive(Clone, Debug)]
pub struct Call {
    /// The event.
    pub operation: Operation,
    /// What must come back.
    pub answer: Answer,
}

/// What a call is answered with.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Some ack, whatever it holds.
    Any,
    /// `no-reply: true`: no ack ever.
    None,
    /// `refused:` as the target's dialect reports refusals.
    Refused(Matcher),
    /// `reply:` an ack with exactly this one argument.
    Reply(Matcher),
    /// `replies:` an ack with these arguments.
    Replies(Vec<Matcher>),
}

/// Which event an observation is about.
#[derive(Clone, Debug)]
pub struct EventPattern {
    /// The event or a name in the target's bindings; `*` for any event.
    pub name: Template,
    /// `with:` the first argument.
    pub with: Option<Matcher>,
    /// `args:` all arguments.
    pub args: Option<Vec<Matcher>>,
    /// `namespace:`.
    pub namespace: Option<Template>,
}

/// `expect:`.
#[derive(Clone, Debug)]
pub struct Expect {
    /// The event.
    pub event: EventPattern,
    /// `count:` how many, 1 unless said otherwise.
    pub count: usize,
    /// `order: strict`: the next event that this client receives must be this one.
    pub strict_order: bool,
    /// `acknowledged: true`: the event asks for an ack (then `reply:` can answer it).
    pub asks_ack: Option<bool>,
}

/// `never:`.
#[derive(Clone, Debug)]
pub enum Never {
    /// No such event.
    Event(EventPattern),
    /// `{frame: {…}}`: no such WebSocket frame, beyond those that steps have received.
    Frame(FramePattern),
}

/// `deliver:`.
#[derive(Clone, Debug)]
pub struct Deliver {
    /// The event.
    pub event: EventPattern,
    /// `to:` who gets it; nobody else does.
    pub to: Vec<ClientName>,
    /// `count:` how often each gets it, 1 unless said otherwise.
    pub count: usize,
}

/// `reply:` answers the last unanswered event of this name that asked for an ack.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The event answered.
    pub event: EventPattern,
    /// `with:` or `values:` the ack's arguments.
    pub values: Vec<Template>,
    /// How.
    pub how: ReplyHow,
}

/// Ways to answer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReplyHow {
    /// Once.
    #[default]
    Once,
    /// `twice: true`.
    Twice,
    /// `late: 200ms`: after this time.
    Late(Duration),
    /// `withhold: true`: the event is taken, no ack is sent.
    Withhold,
    /// `wrong-id: true`: an ack with an id that nobody asked for.
    WrongId,
}

/// `http: GET /path`.
#[derive(Clone, Debug)]
pub struct Http {
    /// The method.
    pub method: String,
    /// Path and query; `$path` is the Engine.IO path.
    pub target: Template,
    /// `query:` added to the target.
    pub query: Vec<(String, Template)>,
    /// `headers:`.
    pub headers: Vec<(String, Template)>,
    /// `body:` text, `{$bytes: hex}`, or a value sent as JSON.
    pub body: Option<Template>,
    /// What the response must be.
    pub response: HttpPattern,
}

/// What an HTTP response must look like.
#[derive(Clone, Debug, Default)]
pub struct HttpPattern {
    /// `status:`.
    pub status: Option<Matcher>,
    /// `response-headers:`; `<absent>` for a header that must not be there.
    pub headers: Vec<(String, Matcher)>,
    /// `response:` the body as text.
    pub body: Option<Matcher>,
    /// `json:` the body as JSON.
    pub json: Option<Matcher>,
    /// `no-response: true`: the connection ends without a response.
    pub no_response: bool,
}

impl HttpPattern {
    /// Whether it asks for nothing at all.
    pub fn is_empty(&self) -> bool {
        let Self {
            status,
            headers,
            body,
            json,
            no_response,
        } = self;
        status.is_none() && headers.is_empty() && body.is_none() && json.is_none() && !no_response
    }
}

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
    /// `handshake:` the open packet's data.
    pub handshake: Option<Matcher>,
    /// `answer:` the response to the handshake request, whether it lets the client in or refuses it.
    pub answer: Option<Box<HttpPattern>>,
    /// `refused:` the handshake request is refused with this response.
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
    /// The POST's answer, over polling.
    pub response: HttpPattern,
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
    pub what: Incoming,
    /// `order: any`: other packets may come before it.
    pub any_order: bool,
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

/// `check:`.
#[derive(Clone, Debug)]
pub struct Check {
    /// Must give true.
    pub expression: Template,
    /// `because:` what it means when it does not.
    pub because: Option<String>,
}

/// Ids known elsewhere, by name: used to offer the nearest one.
pub type Names = BTreeMap<String, String>;
