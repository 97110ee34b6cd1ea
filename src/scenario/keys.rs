//! The tables of keys in scenario files: the name of each key, the type of its value, and its meaning. Tests build the
//! JSON Schema of scenario files from these tables.

/// A key of a mapping in a scenario file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The name of the key, as files write it.
    pub name: &'static str,
    /// The type of the key's value. It is the name of a type that the JSON Schema of scenario files defines under
    /// `$defs`.
    pub kind: &'static str,
    /// The description that an editor shows for the key.
    pub meaning: &'static str,
    /// True if the key is required.
    pub required: bool,
}

/// The names of keys that exclude each other: a mapping can have at most one of them.
pub(super) type Exclusive = &'static [&'static str];

/// Returns an optional key.
pub(super) const fn key(name: &'static str, kind: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        meaning,
        required: false,
    }
}

/// Makes a key required.
pub(super) const fn required(key: Key) -> Key {
    Key {
        required: true,
        ..key
    }
}

/// The top-level keys of a scenario file.
pub(super) const FILE: &[Key] = &[
    key("topic", "text", "the subject of the file, for reports"),
    key(
        "needs",
        "names",
        "capabilities that the target has to have, for all scenarios of the file",
    ),
    key("level", "level", "the level of the scenarios that set none"),
    key("tier", "tier", "the tier of the scenarios that set none"),
    key(
        "transport",
        "transports",
        "the transports of the scenarios that set none",
    ),
    key("transports", "transports", "the same as `transport`"),
    key(
        "exclusive",
        "flag",
        "`true`: each scenario of the file runs alone on its target",
    ),
    key(
        "background",
        "steps",
        "steps that run before the steps of each scenario",
    ),
    required(key("scenarios", "scenarios", "the scenarios")),
];

/// Keys of a scenario.
pub(super) const SCENARIO: &[Key] = &[
    required(key(
        "id",
        "id",
        "the id of the scenario, which never changes, because baselines refer to it",
    )),
    key(
        "aliases",
        "names",
        "former ids of the scenario, which baselines may still name",
    ),
    required(key(
        "title",
        "text",
        "what a right server does, in one sentence",
    )),
    key("why", "text", "what a user loses if the scenario fails"),
    key(
        "level",
        "level",
        "the word that the specification uses; a broken `must` fails the run, a broken `should` or `may` gives a warning",
    ),
    key(
        "tier",
        "tier",
        "when the scenario runs: `slow` and `destructive` only with `--include`; `info` always, but it never fails",
    ),
    key(
        "verifies",
        "names",
        "ids of the requirements that the scenario verifies",
    ),
    key(
        "catches",
        "names",
        "faults of the reference server that have to make the scenario fail",
    ),
    key(
        "needs",
        "names",
        "capabilities that the target has to have; otherwise the scenario is skipped",
    ),
    key(
        "transport",
        "transports",
        "the scenario runs only over these transports; all by default",
    ),
    key("transports", "transports", "the same as `transport`"),
    key(
        "exclusive",
        "flag",
        "`true`: no other scenario runs on this target at the same time",
    ),
    key(
        "settle",
        "duration",
        "how long the runner watches for unexpected packets after the last step; by default a time that it measures for each target",
    ),
    key(
        "within",
        "duration",
        "the deadline of each wait in the scenario; by default the deadline in the target's manifest, or 5 s",
    ),
    key("without", "invariants", "invariants to switch off"),
    key(
        "snapshot",
        "snapshot",
        "what `run --snapshot` leaves out of the transcript of the scenario",
    ),
    key(
        "vars",
        "variables",
        "variables, by name; a value can use the variables before it",
    ),
    key(
        "each",
        "rows",
        "a table: each row becomes a separate scenario",
    ),
    key(
        "clients",
        "clients",
        "the clients; each connects before the first step",
    ),
    required(key(
        "steps",
        "steps",
        "the steps; at least one of them has to be able to fail",
    )),
];

/// Keys of `snapshot` in a scenario or a manifest.
pub(crate) const SNAPSHOT: &[Key] = &[
    key(
        "redact",
        "names",
        "values in the arguments of events and acknowledgements that differ from run to run: `args.0.createdAt`",
    ),
    key(
        "sort",
        "names",
        "lists in these arguments whose order differs from run to run: `args.0.members`",
    ),
    key("skip", "flag", "`true`: there is no transcript"),
];

/// Keys of a client under `clients:`, in addition to [`OPTIONS`] and [`HANDSHAKE`].
pub(super) const CLIENT: &[Key] = &[
    key(
        "connect",
        "flag",
        "`false`: the client connects in a `connect` step only",
    ),
    key("count", "whole", "the number of clients in the group"),
    NAMESPACE,
];

/// Keys for the options of a connection. Entries of `clients:` and `connect` steps can have them.
pub(super) const OPTIONS: &[Key] = &[
    key("auth", "value", "the payload of the CONNECT packet"),
    key("transport", "transport", "the transport of this client"),
    key(
        "msgpack",
        "flag",
        "`true`: the client uses the msgpack parser",
    ),
];

/// Keys for the options of a handshake request. Entries of `clients:`, `connect` steps and `open` steps can have them.
pub(super) const HANDSHAKE: &[Key] = &[
    key(
        "query",
        "pairs",
        "query parameters of the handshake request",
    ),
    key("headers", "pairs", "headers of the handshake request"),
    key("origin", "any-text", "the `Origin` header"),
    key(
        "protocols",
        "names",
        "the WebSocket subprotocols that the client offers",
    ),
    key(
        "path",
        "any-text",
        "the Engine.IO path; by default the target's",
    ),
    key("eio", "whole", "the protocol revision; 4 by default"),
    key("heartbeat", "flag", "`false`: the client answers no pings"),
    key(
        "deflate",
        "flag",
        "`true`: the client offers permessage-deflate",
    ),
];

/// Keys that every step can have beside its verb (the key that says what the step does, such as `emit` or `expect`).
pub(super) const STEP: &[Key] = &[
    key(
        "within",
        "wait",
        "the deadline of this step, and the time for which it watches for what it forbids",
    ),
    key(
        "after",
        "wait",
        "the earliest time at which the response may arrive, counted from the start of the step",
    ),
    key("level", "level", "the level of a failure of this step"),
    key(
        "accept",
        "accept",
        "the expectation of a right server (`strict`), and an expectation that passes with a warning (`lenient`)",
    ),
];

/// The key `as`, which names the clients that carry out a step or observe what arrives.
pub(super) const ACTORS: &[Key] = &[key(
    "as",
    "names",
    "the clients that act or observe: clients, groups, or `all`",
)];

/// Keys of a step that state which HTTP response the step expects.
pub(super) const RESPONSE: &[Key] = &[
    key("status", "expectation", "the response's status"),
    key(
        "response-headers",
        "expected-pairs",
        "the response's headers",
    ),
    key("response", "expectation", "the response's body as text"),
    key("json", "expectation", "the response's body as JSON"),
    key(
        "no-response",
        "flag",
        "`true`: the connection ends without a response",
    ),
];

/// The keys of [`RESPONSE`] that exclude each other.
pub(super) const RESPONSE_EXCLUSIVE: &[Exclusive] = &[
    &["response", "json", "no-response"],
    &["status", "no-response"],
];

/// Keys of a WebSocket frame that a step sends or expects, except `payload`.
pub(super) const FRAME: &[Key] = &[
    key("opcode", "opcode", "the opcode of the frame"),
    key(
        "fin",
        "flag",
        "whether the frame is the last one of its message",
    ),
    key("rsv", "whole", "the RSV bits; RSV1 is 4"),
];

/// The key `payload` of an expected WebSocket frame, whose value is an expectation. (The `payload` of a frame to send
/// is a literal value.)
pub(super) const RECEIVED_FRAME: &[Key] = &[key("payload", "expectation", "text or bytes")];

/// The kinds of what `receive` waits for. A `receive` step has one of them.
pub(super) const INCOMING: &[Key] = &[
    key("binary", "expectation", "a message with binary data"),
    key("bytes", "expectation", "raw bytes of a TCP connection"),
    key("echo", "expectation", "the answer to an `echo` message"),
    FRAME_KIND,
    key(
        "http",
        "http-response",
        "an HTTP response on a TCP connection",
    ),
    key("message", "expectation", "a message with text"),
    key("packet", "expectation", "a Socket.IO packet as an object"),
];

/// The kinds of packets that `send` sends, beside a packet as text. An item of a `send` step has one of them.
pub(super) const SENT_PACKET: &[Key] = &[
    key("binary", "value", "a message with binary data"),
    key("message", "any-text", "a message with text"),
];

/// The kind `frame`, which `receive` waits for and `never` forbids.
pub(super) const FRAME_KIND: Key = key("frame", "received-frame", "a WebSocket frame");

/// Keys of a `closed` step.
pub(super) const CLOSED: &[Key] = &[
    key("code", "expectation", "the code of the close frame"),
    key("reason", "expectation", "the reason of the close frame"),
    key(
        "how",
        "endings",
        "the accepted ways in which the connection ends",
    ),
    key(
        "hangs-up",
        "flag",
        "`true`: the server closes the TCP stream within a second of the last frame",
    ),
    key(
        "namespace",
        "namespace",
        "waits for a DISCONNECT packet of this namespace instead of the end of the connection",
    ),
    key("stays-open", "flag", "`true`: the connection does not end"),
];

/// The keys of [`CLOSED`] that exclude each other.
pub(super) const CLOSED_EXCLUSIVE: &[Exclusive] = &[
    &["stays-open", "code"],
    &["stays-open", "reason"],
    &["stays-open", "how"],
    &["stays-open", "hangs-up"],
    &["stays-open", "namespace"],
];

/// Keys of a `frame` step, which sends a WebSocket frame, in addition to [`FRAME`].
pub(super) const SENT_FRAME: &[Key] = &[
    key("mask", "flag", "`false`: the frame has no mask"),
    key("payload", "value", "text or bytes"),
    key(
        "length",
        "length-form",
        "encodes the length in 16 or 64 bits",
    ),
    key(
        "declared-length",
        "whole",
        "a wrong length to write into the frame's header",
    ),
    CHOP,
    key("compress", "flag", "`true`: the payload is compressed"),
];

pub(super) const CHOP: Key = key("chop", "whole", "sends the bytes in pieces of this size");
pub(super) const NAMESPACE: Key = key("namespace", "namespace", "the namespace");
pub(super) const WITH: Key = key("with", "value", "the first argument");
const ARGS: Key = key("args", "values", "all arguments");
const EXPECTED_WITH: Key = key("with", "expectation", "the first argument");
const EXPECTED_ARGS: Key = key("args", "expectations", "all arguments");
pub(super) const COUNT: Key = key(
    "count",
    "whole",
    "how many times each client receives the event; 1 by default",
);
pub(super) const REFUSED: Key = key(
    "refused",
    "expectation",
    "the server refuses the request with this error: `{code, message, status, field}`",
);

/// The keys that give the arguments of an event exclude each other.
pub(super) const ARGUMENTS: Exclusive = &["with", "args"];

/// Keys that describe an event to send, beside the verb with the event's name.
pub(super) const OPERATION: &[Key] = &[WITH, ARGS, NAMESPACE];

/// Keys that describe an event that a step expects or forbids, beside the verb with the event's name.
pub(super) const EVENT_PATTERN: &[Key] = &[EXPECTED_WITH, EXPECTED_ARGS, NAMESPACE];

/// Returns true for `as`, and for each key that every step can have whatever its verb. Returns false for the keys of a
/// single verb.
pub(super) fn is_common(name: &str) -> bool {
    let mut keys = STEP.iter().chain(ACTORS);
    keys.any(|key| key.name == name)
}
