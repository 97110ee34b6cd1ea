//! Every capability that scenarios can need. A capability is a feature of a server, such as `acks` or `rooms`.
//!
//! A capability that a probe finds is listed beside its probe. All others are listed here.

use super::{
    capability::{Capability, Source},
    probe,
};

/// The capabilities of an application that implements events of the contract (docs/contract.md). No probe looks for
/// them, so a manifest has to declare them.
const APPLICATION: &[Capability] = &[
    Capability {
        name: "admission",
        meaning: "the application refuses handshakes with `visitor=intruder` in their query",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "acks",
        meaning: "the application acknowledges `echo`, `message-with-ack`, `whoami` and the `ack-…` events",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "auth-echo",
        meaning: "on connection to `/` and `/custom`, the server sends `auth` with the CONNECT payload, as Socket.IO's official test suites require",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "auth-jwt",
        meaning: "a CONNECT to `/chat` or `/admin` needs a valid token, which the server reads in the CONNECT payload",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "binary",
        meaning: "events and acknowledgements can contain bytes at any depth",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "broadcast",
        meaning: "the application has the broadcasts `send-to-others`, `announce` and `announce-local`",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "broadcast-acks",
        meaning: "`ask-room` requests an acknowledgement from every member of a room and returns the answers",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "direct",
        meaning: "`send-direct` sends an event to the one socket with the given id",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "disconnect-reasons",
        meaning: "disconnect reasons are the same as in the JavaScript server: `client namespace disconnect`, `transport close`, …",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "dynamic-namespaces",
        meaning: "every namespace `/dynamic-<digits>` exists",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "events",
        meaning: "`message` is answered with `message-back`",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "exceptions",
        meaning: "`fail`, `crash` and `validate` report a refusal in the form that the manifest's `dialect` names",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "guests",
        meaning: "clients without a login can join the main namespace and `/custom`; implied unless the manifest's `clients` or `enter` can log clients in",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "id-per-join",
        meaning: "a client that joins a namespace again on the same connection gets a new socket id",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "late-joins",
        meaning: "`join-room-late` joins a room after a delay",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "late-refusal",
        meaning: "`/late` replies to a CONNECT and then refuses a client without a valid token",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "namespaces",
        meaning: "the namespace `/custom` exists, and a CONNECT to an unknown namespace is refused",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "closed-namespaces",
        meaning: "a CONNECT to a namespace that the application does not know is refused; implied unless the manifest's `rules` say `any-namespace`",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "closed-paths",
        meaning: "a request for another path than that of Engine.IO is answered with a client error, such as 404; implied unless the manifest's `rules` say `any-path`",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "open-rooms",
        meaning: "a client can send to a room without being its member; implied unless the manifest's `rules` say `membership-to-send`",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "ordered-events",
        meaning: "the server handles the events of one client one after another, in the order in which they arrived",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "presence",
        meaning: "`online` counts the sockets of a user, and `/slow` takes the user from the CONNECT payload",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "refusal-data",
        meaning: "a CONNECT_ERROR carries the application's `data` in addition to the `message`",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "room-counts",
        meaning: "`members` returns the number of sockets in a room, `sockets` the number in a namespace",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "rooms",
        meaning: "the application has events to join a room, leave it and send to it",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "rooms-except",
        meaning: "`send-except` and `announce-except` send to a room without the members of some other rooms",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "server-acks",
        meaning: "`ask` requests an acknowledgement from the caller",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "server-close",
        meaning: "`kick-me` with `close` closes the whole connection",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "server-disconnect",
        meaning: "`kick-me` and `kick-room` disconnect clients from the namespace",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "several-arguments",
        meaning: "an event or an acknowledgement can carry several arguments; implied unless `dialect.errors` names NestJS, which hands several arguments to a handler as one list, or the dialect has an `envelope`",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "short-echo",
        meaning: "the echo adds at most seven characters to a text; implied unless the dialect has an `envelope`",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "slow-namespace",
        meaning: "`/slow` answers a CONNECT after 200 ms",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "sockets-join",
        meaning: "`move-members` moves all members of a room to another room",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "token-in-auth",
        meaning: "the server reads a token in each CONNECT payload; implied unless the manifest's `clients` put the token into the handshake, and unless the target is a plain WebSocket",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "token-in-cookie",
        meaning: "the server reads a token in the cookie `jwt` of the handshake",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "token-in-header",
        meaning: "the server reads a token in the header `Authorization: Bearer` of the handshake",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "token-in-query",
        meaning: "the server reads a token in the query parameter `token` of the handshake",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "transport-names",
        meaning: "the answer to `whoami` names the transport of the connection",
        source: Source::Application,
        excludes: &[],
    },
    Capability {
        name: "volatile",
        meaning: "`announce-volatile` sends a volatile broadcast",
        source: Source::Events,
        excludes: &[],
    },
    Capability {
        name: "watch",
        meaning: "`watch-room` reports each member that disconnects",
        source: Source::Events,
        excludes: &[],
    },
];

/// The capabilities that need other settings of the server, so that a profile of a manifest declares them.
const SETTINGS: &[Capability] = &[
    Capability {
        name: "cors-one-origin",
        meaning: "only pages from `http://good.example` may read responses, with credentials",
        source: Source::Setting,
        excludes: &[],
    },
    Capability {
        name: "custom-path",
        meaning: "the Engine.IO path is `/custom/rt/`",
        source: Source::Setting,
        excludes: &[],
    },
    Capability {
        name: "long-heartbeat",
        meaning: "the ping interval is at least 1 s, and the ping timeout is at most a sixth of the interval",
        source: Source::Setting,
        excludes: &["short-heartbeat"],
    },
    Capability {
        name: "no-upgrades",
        meaning: "the server supports both transports, but no upgrade from one to the other",
        source: Source::Setting,
        excludes: &["upgrade"],
    },
    Capability {
        name: "polling-only",
        meaning: "the server refuses WebSocket and supports polling only",
        source: Source::Setting,
        excludes: &["upgrade", "websocket"],
    },
    Capability {
        name: "recovery",
        meaning: "a client that lost its connection can recover its session for at least a minute",
        source: Source::Setting,
        excludes: &["short-recovery"],
    },
    Capability {
        name: "session-cookie",
        meaning: "the response that opens a polling session sets a cookie with the session id",
        source: Source::Setting,
        excludes: &[],
    },
    Capability {
        name: "short-connect-timeout",
        meaning: "a client that joins no namespace within 300 ms is disconnected",
        source: Source::Setting,
        excludes: &[],
    },
    Capability {
        name: "short-recovery",
        meaning: "a client that lost its connection can recover its session for 300 ms, and no longer",
        source: Source::Setting,
        excludes: &[],
    },
    Capability {
        name: "short-upgrade-timeout",
        meaning: "the server drops an upgrade that takes longer than 1500 ms",
        source: Source::Setting,
        excludes: &[],
    },
    Capability {
        name: "small-payload",
        meaning: "the server accepts a message of 10,000 bytes and refuses a longer one",
        source: Source::Setting,
        excludes: &[],
    },
    Capability {
        name: "websocket-only",
        meaning: "the server refuses polling and supports WebSocket only",
        source: Source::Setting,
        excludes: &[],
    },
];

impl Capability {
    /// Returns all capabilities.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        let probed = probe::CAPABILITIES.iter().copied();
        probed.chain([APPLICATION, SETTINGS]).flatten()
    }

    /// Returns the capability of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::all().find(|capability| capability.name == name)
    }

    /// Returns the capabilities that contradict `name`: no server has both.
    pub fn rivals(name: &str) -> impl Iterator<Item = &'static str> {
        Self::all().filter_map(move |capability| {
            if capability.name == name {
                None
            } else if capability.excludes.contains(&name) || excludes(name, capability.name) {
                Some(capability.name)
            } else {
                None
            }
        })
    }
}

fn excludes(name: &str, other: &str) -> bool {
    Capability::find(name).is_some_and(|capability| capability.excludes.contains(&other))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::targets::Speaks;

    const PAGE: &str = include_str!("../../docs/capabilities.md");

    #[test]
    fn the_page_has_a_row_for_every_capability() {
        let rows: BTreeSet<String> = Capability::all()
            .map(|capability| {
                let (name, meaning) = (capability.name, capability.meaning);
                match capability.source {
                    Source::Probe(seen) => format!("| `{name}` | {meaning} | {seen} |"),
                    Source::Application | Source::Events | Source::Setting => {
                        format!("| `{name}` | {meaning} |")
                    }
                }
            })
            .collect();
        let listed: BTreeSet<String> = PAGE
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(str::to_owned)
            .collect();
        let missing: Vec<_> = rows.difference(&listed).collect();
        let extra: Vec<_> = listed.difference(&rows).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "{missing:#?} {extra:#?}"
        );
    }

    #[test]
    fn names_are_unique_and_exclude_only_known_ones() {
        let names: BTreeSet<_> = Capability::all()
            .map(|capability| capability.name)
            .collect();
        assert_eq!(names.len(), Capability::all().count());
        let mut excluded = Capability::all().flat_map(|capability| capability.excludes);
        assert!(excluded.all(|name| names.contains(name)));
        for speaks in [Speaks::EngineIo, Speaks::SocketIo, Speaks::WebSocket] {
            assert!(names.contains(speaks.capability()));
        }
    }
}
