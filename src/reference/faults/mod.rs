//! Faults: things that the server does wrong on purpose, each with an id that scenarios name in
//! `catches:`.
//!
//! Each topic is one file: the table of its faults, then the hooks that the server calls where a
//! fault can change what it does. Hooks are methods of [`FaultSet`], so that the server needs only
//! that type and no topic. Without faults a hook does what a right server does. A fault breaks one
//! rule, and never affects another server in the same process.
//!
//! The list below is the only list of topics. `cargo fmt` does not follow modules that a macro
//! declares; `rustfmt --edition 2024 src/reference/faults/*.rs` formats them.

mod blocked_connections;
mod list;
mod scratch;
mod set;
mod topic;

topic::topics! {
    acks: AckFault,
    auth: AuthFault,
    binary: BinaryFault,
    connect: ConnectFault,
    contents: ContentFault,
    cors: CorsFault,
    deflate: DeflateFault,
    disconnect: DisconnectFault,
    elsewhere: ElsewhereFault,
    endurance: EnduranceFault,
    errors: ErrorFault,
    events: EventFault,
    frames: FrameFault,
    gates: GateFault,
    handlers: HandlerFault,
    handshake: HandshakeFault,
    heartbeat: HeartbeatFault,
    late_work: LateWorkFault,
    limits: LimitFault,
    mixing: MixingFault,
    msgpack: MsgpackFault,
    packet_syntax: PacketSyntaxFault,
    payload: PayloadFault,
    people: PeopleFault,
    polling: PollingFault,
    questions: QuestionFault,
    recipients: RecipientFault,
    recovery: RecoveryFault,
    requests: RequestFault,
    revision3: Revision3Fault,
    robustness: RobustnessFault,
    rooms: RoomFault,
    sending: SendingFault,
    shortening: ShorteningFault,
    timers: TimerFault,
    tokens: TokenFault,
    upgrade: UpgradeFault,
    watches: WatchFault,
    websocket: WebSocketFault,
}

/// Names of members that every object of JavaScript inherits. A server that uses a plain object as
/// a map finds these names in it although it never added them.
const INHERITED: [&str; 5] = [
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "toString",
    "valueOf",
];

pub use list::FAULTS;
pub use set::FaultSet;
pub use topic::Fault;

pub(super) use scratch::Scratch;
pub(super) use timers::SlowWork;
