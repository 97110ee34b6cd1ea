//! Probes of sessions: transports, protocol revision, extensions.

use tokio::join;

use super::{
    asking::{Door, Probe, open},
    finding::Finding,
    handshakes::{broken_open_packet, offers_websocket},
    join::{Reply, Unconnected, connect},
};
use crate::{
    client::{ConnectFailure, HttpResponse, Layer, Options, TransportChoice, What},
    targets::capability::{Capability, Source},
    wire::engine_io::Handshake,
};

/// The capabilities that these probes find.
pub(in crate::targets) const CAPABILITIES: &[Capability] = &[
    Capability {
        name: "engine-io",
        meaning: "the server speaks Engine.IO; implied unless the dialect is `websocket`",
        source: Source::Probe("an open packet"),
        excludes: &[],
    },
    Capability {
        name: "websocket",
        meaning: "a session can start over WebSocket; on an endpoint without Engine.IO, a WebSocket opens",
        source: Source::Probe(
            "an open packet over WebSocket; on an endpoint without Engine.IO, a 101 response",
        ),
        excludes: &[],
    },
    Capability {
        name: "polling",
        meaning: "a session can start over HTTP long-polling",
        source: Source::Probe("an open packet in the response to a GET"),
        excludes: &["websocket-only"],
    },
    Capability {
        name: "upgrade",
        meaning: "a polling session can be upgraded to WebSocket",
        source: Source::Probe("the open packet lists the upgrade"),
        excludes: &["websocket-only"],
    },
    Capability {
        name: "eio3",
        meaning: "the server supports Engine.IO revision 3",
        source: Source::Probe("an open packet with `EIO=3`"),
        excludes: &["eio3-closed"],
    },
    Capability {
        name: "eio3-closed",
        meaning: "the server refuses Engine.IO revision 3",
        source: Source::Probe("a handshake with `EIO=3` is refused"),
        excludes: &[],
    },
    Capability {
        name: "permessage-deflate",
        meaning: "messages can be compressed (RFC 7692)",
        source: Source::Probe("the 101 response accepts the permessage-deflate extension"),
        excludes: &[],
    },
    Capability {
        name: "msgpack",
        meaning: "packets are msgpack instead of JSON. Put this into a profile, because scenarios with handwritten packets use JSON unless they need this capability",
        source: Source::Probe("a CONNECT in msgpack is answered in msgpack"),
        excludes: &[],
    },
];

/// The probes that open sessions.
pub(super) const PROBES: &[Probe] = &[
    |asked| Box::pin(upgrade(asked.door, asked.handshake)),
    |asked| Box::pin(revision_3(asked.door, asked.transport)),
    |asked| Box::pin(deflate(asked.door, Layer::SocketIo)),
    |asked| Box::pin(msgpack(asked.door, asked.transport)),
];

async fn upgrade(door: Door<'_>, handshake: &Handshake) -> Finding {
    const NAME: &str = "upgrade";
    if !offers_websocket(handshake) {
        return Finding::no(
            NAME,
            "the open packet does not offer an upgrade to WebSocket",
        );
    }
    match open(door, TransportChoice::Upgrade, Options::default()).await {
        Ok(_) => Finding::yes(NAME, "a polling session can be upgraded to WebSocket"),
        Err(failure) => Finding::broken(
            NAME,
            format!("the open packet lists the upgrade, but {failure}"),
        ),
    }
}

async fn revision_3(door: Door<'_>, transport: TransportChoice) -> Finding {
    const NAME: &str = "eio3";
    let options = Options {
        eio: 3,
        ..Options::default()
    };
    match open(door, transport, options).await {
        Ok(_) => Finding::yes(NAME, "a handshake with EIO=3 gets an open packet"),
        Err(failure @ ConnectFailure::Refused { .. }) => {
            Finding::yes("eio3-closed", format!("EIO=3: {failure}"))
        }
        Err(failure) => {
            let seen = format!("EIO=3: {failure}");
            match broken_open_packet(&failure) {
                Some(_) => Finding::broken(NAME, seen),
                None => Finding::no(NAME, seen),
            }
        }
    }
}

pub(super) async fn deflate(door: Door<'_>, layer: Layer) -> Finding {
    const NAME: &str = "permessage-deflate";
    let opened = |deflate| {
        let options = Options {
            layer,
            deflate,
            ..Options::default()
        };
        open(door, TransportChoice::WebSocket, options)
    };
    // Both at the same time, because a server that is silent lets both wait until the deadline.
    let (offering, usual) = join!(opened(true), opened(false));
    match offering {
        Ok(connection) => {
            let taken = connection.journal().entries().iter().any(
                |entry| matches!(&entry.what, What::Http(response) if accepts_deflate(response)),
            );
            if taken {
                Finding::yes(NAME, "the server accepts the permessage-deflate extension")
            } else {
                Finding::no(
                    NAME,
                    "the server does not accept the permessage-deflate extension",
                )
            }
        }
        Err(ConnectFailure::Handshake { error, response }) if accepts_deflate(&response) => {
            Finding::broken(
                NAME,
                format!("the server accepts the permessage-deflate extension, but {error}"),
            )
        }
        Err(failure @ (ConnectFailure::Handshake { .. } | ConnectFailure::Refused { .. })) => {
            Finding::no(NAME, failure.to_string())
        }
        // The connection that offers compression failed, but not necessarily because of compression. Compression is the
        // cause only if a connection without this offer opens.
        Err(failure) => match usual {
            Ok(_) => Finding::broken(
                NAME,
                format!(
                    "a client that offers the permessage-deflate extension can't connect: {failure}"
                ),
            ),
            Err(_) => Finding::no(NAME, failure.to_string()),
        },
    }
}

fn accepts_deflate(response: &HttpResponse) -> bool {
    response
        .header("sec-websocket-extensions")
        .is_some_and(|value| value.contains("permessage-deflate"))
}

async fn msgpack(door: Door<'_>, transport: TransportChoice) -> Finding {
    const NAME: &str = "msgpack";
    let options = Options {
        msgpack: true,
        ..Options::default()
    };
    let answer = match open(door, transport, options).await {
        Ok(connection) => connect(&connection, door.visitor).await,
        Err(failure) => Err(Unconnected::Other(failure.to_string())),
    };
    match answer {
        Ok(Reply::Named) => Finding::yes(NAME, "a CONNECT in msgpack is answered in msgpack"),
        Ok(Reply::Nameless) => Finding::no(
            NAME,
            "the answer to a CONNECT in msgpack contains no socket id",
        ),
        Err(Unconnected::Illegal(seen) | Unconnected::Other(seen) | Unconnected::Refused(seen)) => {
            Finding::no(NAME, format!("a CONNECT in msgpack failed: {seen}"))
        }
    }
}
