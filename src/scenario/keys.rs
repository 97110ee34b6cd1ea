//! The keys of the language: what each takes, and what it means. The schema is made from these tables.

/// A key of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// The type of its value, as the schema names it.
    pub kind: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// True if the mapping must have it.
    pub required: bool,
}

/// Returns a key that may be left out.
pub(super) const fn key(name: &'static str, kind: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        meaning,
        required: false,
    }
}

/// Returns the key as one that must be there.
pub(super) const fn required(key: Key) -> Key {
    Key {
        required: true,
        ..key
    }
}

/// Keys of a file.
pub(super) const FILE: &[Key] = &[
    key("topic", "text", "what the file is about, for reports"),
    key(
        "needs",
        "names",
        "capabilities that the target must have, for all scenarios",
    ),
    key("level", "level", "for all scenarios that don't say theirs"),
    key("tier", "tier", "for all scenarios that don't say theirs"),
    key(
        "transport",
        "transports",
        "for all scenarios that don't say theirs",
    ),
    key("transports", "transports", "the same as `transport`"),
    key(
        "exclusive",
        "flag",
        "for all scenarios that don't say theirs",
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
        "stable for ever: other people's baselines name it",
    )),
    key(
        "aliases",
        "names",
        "former ids, which baselines may still name",
    ),
    required(key("title", "text", "what is right, in one sentence")),
    key("why", "text", "what a user loses when it fails"),
    key(
        "level",
        "level",
        "the word of the source; a broken `must` fails, the others warn",
    ),
    key(
        "tier",
        "tier",
        "`slow` and `destructive` run only when asked for, `info` never fails",
    ),
    key("verifies", "names", "ids of requirements"),
    key(
        "catches",
        "names",
        "faults of the reference server that must turn it red",
    ),
    key(
        "needs",
        "names",
        "capabilities that the target must have; without them it is skipped",
    ),
    key(
        "transport",
        "transports",
        "it runs over these only; over any where nothing is said",
    ),
    key("transports", "transports", "the same as `transport`"),
    key(
        "exclusive",
        "flag",
        "nothing else runs on this target at the same time",
    ),
    key(
        "settle",
        "duration",
        "how long silence is watched at the end, in place of the calibrated time",
    ),
    key(
        "within",
        "duration",
        "the deadline of each wait, in place of the target's",
    ),
    key("without", "invariants", "invariants that are switched off"),
    key(
        "vars",
        "variables",
        "names and values; later ones can use earlier ones",
    ),
    key("each", "rows", "a table: each row is a scenario of its own"),
    key(
        "clients",
        "clients",
        "who takes part; each connects before the first step",
    ),
    required(key(
        "steps",
        "steps",
        "what happens; one of them must be able to fail",
    )),
];

/// Options of a client.
pub(super) const CLIENT: &[Key] = &[
    key("connect", "flag", "`false`: not before a `connect` step"),
    key("count", "whole", "a group of so many clients"),
    NAMESPACE,
];

/// Options of a connection, of a client and of `connect`.
pub(super) const OPTIONS: &[Key] = &[
    key("auth", "value", "the payload of the CONNECT packet"),
    key("transport", "transport", "for this client alone"),
    key("msgpack", "flag", "packets are msgpack"),
];

/// Options of a handshake, also of `open`.
pub(super) const HANDSHAKE: &[Key] = &[
    key("query", "pairs", "of the handshake request"),
    key("headers", "pairs", "of the handshake request"),
    key("origin", "any-text", "the `Origin` header"),
    key(
        "path",
        "any-text",
        "in place of the target's Engine.IO path",
    ),
    key("eio", "whole", "the protocol revision"),
    key("heartbeat", "flag", "`false`: pings are not answered"),
    key("deflate", "flag", "permessage-deflate is offered"),
];

/// Keys that go with any verb.
pub(super) const STEP: &[Key] = &[
    key("within", "wait", "the deadline of this step"),
    key(
        "after",
        "wait",
        "what the step observes must not come earlier than this",
    ),
    key(
        "level",
        "level",
        "a breach of this step alone counts as this level",
    ),
    key(
        "accept",
        "accept",
        "what is right, and what is tolerated with a warning",
    ),
];

/// Who acts, where a verb takes it.
pub(super) const ACTORS: &[Key] = &[key(
    "as",
    "names",
    "who acts or observes: clients, groups, or `all`",
)];

/// What a response is held against.
pub(super) const RESPONSE: &[Key] = &[
    key("status", "expectation", "the response's status"),
    key(
        "response-headers",
        "expected-pairs",
        "the response's headers",
    ),
    key("response", "expectation", "the response's body as text"),
    key("json", "expectation", "the response's body as JSON"),
    key("no-response", "flag", "no response comes"),
];

/// Keys of a frame that is received.
pub(super) const FRAME: &[Key] = &[
    key("opcode", "opcode", "the kind of frame"),
    key("fin", "flag", "whether it is the last of its message"),
    key("rsv", "whole", "three bits; RSV1 is 4"),
];

/// The key of a frame that only a received frame has.
pub(super) const RECEIVED_FRAME: &[Key] = &[key("payload", "expectation", "text or bytes")];

/// Options of `closed`.
pub(super) const CLOSED: &[Key] = &[
    key("code", "expectation", "of the close frame"),
    key("reason", "expectation", "of the close frame"),
    key("how", "endings", "how the connection may end"),
    key("hangs-up", "flag", "the server ends the stream"),
    key(
        "namespace",
        "namespace",
        "a DISCONNECT of this namespace instead",
    ),
    key("stays-open", "flag", "it does not end"),
];

/// Options of `frame`.
pub(super) const SENT_FRAME: &[Key] = &[
    key("mask", "flag", "whether it is masked"),
    key("payload", "value", "text or bytes"),
    key(
        "length",
        "length-form",
        "the form of the length: 16 or 64 bits",
    ),
    key("declared-length", "whole", "the length that is claimed"),
    CHOP,
    key("compress", "flag", "whether the payload is compressed"),
];

pub(super) const CHOP: Key = key("chop", "whole", "written in pieces of so many bytes");
pub(super) const NAMESPACE: Key = key("namespace", "namespace", "`/` where nothing is said");
pub(super) const WITH: Key = key("with", "value", "the first argument");
const ARGS: Key = key("args", "values", "all arguments");
const EXPECTED_WITH: Key = key("with", "expectation", "the first argument");
const EXPECTED_ARGS: Key = key("args", "expectations", "all arguments");
pub(super) const COUNT: Key = key("count", "whole", "how often, 1 where nothing is said");
pub(super) const REFUSED: Key = key(
    "refused",
    "expectation",
    "the server refuses: `{code, message, status, field}`",
);

/// Keys of an operation: what is sent with the event.
pub(super) const OPERATION: &[Key] = &[WITH, ARGS, NAMESPACE];

/// Keys of an event that is observed.
pub(super) const EVENT_PATTERN: &[Key] = &[EXPECTED_WITH, EXPECTED_ARGS, NAMESPACE];

/// Returns true if every verb takes this key, or every verb with actors.
pub(super) fn is_common(name: &str) -> bool {
    let mut keys = STEP.iter().chain(ACTORS);
    keys.any(|key| key.name == name)
}
