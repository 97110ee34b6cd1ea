//! A kind of hostile server, and what has to become of a run against it.

use std::time::Duration;

use sockspec::reference::{Config, Parser};

use super::{
    stage::{Act, Interference, Stage},
    verdict::Verdict,
};

/// The memory that a run may take at most, in MB.
const MEMORY: u64 = 200;

/// The memory that a run against a server that sends without end may take at most, in MB. The limit of the traffic
/// itself is 512 MB.
const MEMORY_IN_A_FLOOD: u64 = 600;

/// The settings of the healthy server behind the relay, and the scenarios that run against it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Base {
    /// A server that accepts compression.
    Deflate,
    /// The default settings.
    Json,
    /// A server whose packets are msgpack.
    Msgpack,
}

/// A kind of hostile server.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    /// What is special about the server.
    pub(super) name: &'static str,
    pub(super) base: Base,
    pub(super) interference: Interference,
    /// What a run has to say.
    pub(super) verdicts: Vec<Verdict>,
    /// The memory that the run may take at most, in MB.
    pub(super) memory: u64,
}

impl Base {
    pub(super) fn config(self) -> Config {
        match self {
            Self::Deflate => Config {
                deflate: true,
                ..Config::default()
            },
            Self::Json => Config::default(),
            Self::Msgpack => Config {
                parser: Parser::Msgpack,
                ..Config::default()
            },
        }
    }

    /// Returns what the manifest of the server says that it provides.
    pub(super) fn provides(self) -> &'static str {
        match self {
            Self::Deflate => "acks, echo, events, permessage-deflate, socket-io, websocket",
            Self::Json => {
                "acks, binary, events, namespaces, polling, rooms, socket-io, upgrade, websocket"
            }
            Self::Msgpack => "acks, binary, events, msgpack, namespaces, rooms, websocket",
        }
    }

    /// Returns a selection of the shipped scenarios.
    pub(super) fn scenarios(self) -> &'static [&'static str] {
        match self {
            Self::Deflate => &[
                "websocket/compressed-text-echoed",
                "websocket/compression-offer-answered",
                "websocket/compression-context-kept",
                "websocket/ping-between-compressed-fragments",
            ],
            Self::Json => &[
                "acks/value-returned[a-number]",
                "engine.io/close-packet-on-websocket",
                "engine.io/polling-open-packet",
                "engine.io/post-answered-ok",
                "engine.io/upgrade-by-hand",
                "engine.io/websocket-open-packet",
                "rooms/to-excludes-sender",
                "socket.io/bytes-acknowledged",
                "socket.io/connect-answered",
                "websocket/empty-close-answered",
                "websocket/ping-answered[without-payload]",
            ],
            Self::Msgpack => &[
                "acks/value-returned[a-number]",
                "msgpack/bytes-inside",
                "msgpack/connect",
                "msgpack/rooms",
            ],
        }
    }
}

/// Creates a kind of server that deviates from a reference server at one stage.
pub(super) fn kind(name: &'static str, stage: Stage, acts: Vec<Act>) -> Kind {
    Kind {
        name,
        base: Base::Json,
        interference: Interference { stage, acts },
        verdicts: Verdict::of(name),
        memory: MEMORY,
    }
}

impl Kind {
    pub(super) fn on(mut self, base: Base) -> Self {
        self.base = base;
        self
    }

    /// Returns the deadline of the waits in a run. It is short if the run waits for something that never comes.
    pub(super) fn within(&self) -> Duration {
        match self.verdicts.as_slice() {
            [Verdict::Pass | Verdict::Warn(_)] => Duration::from_secs(10),
            [Verdict::Fail("no-response" | "not-acknowledged", _) | Verdict::Flood] => {
                Duration::from_millis(700)
            }
            _ => Duration::from_millis(1_500),
        }
    }

    /// Returns the number of ordinary runs that cost as much CPU time as a run against this server.
    pub(super) fn weight(&self) -> u32 {
        if self.memory == MEMORY { 1 } else { 3 }
    }

    /// Allows the memory of a flood.
    pub(super) fn floods(mut self) -> Self {
        self.memory = MEMORY_IN_A_FLOOD;
        self
    }
}
