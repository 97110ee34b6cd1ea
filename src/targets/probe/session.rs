//! What sessions bring: their transports, their revision, their extensions.

use super::{
    finding::Finding,
    join::{Reply, Unconnected, connect},
    open,
};
use crate::{
    client::{ConnectFailure, Connection, Endpoint, Layer, Options, TransportChoice, What},
    wire::engine_io::Handshake,
};

pub(super) fn transport_finding(
    capability: &'static str,
    opened: &Result<Connection, ConnectFailure>,
) -> Finding {
    match opened {
        Ok(_) => Finding::yes(capability, "a handshake brings an open packet"),
        Err(failure) => Finding::no(capability, failure.to_string()),
    }
}

pub(super) async fn upgrade(endpoint: &Endpoint, handshake: &Handshake) -> Finding {
    const NAME: &str = "upgrade";
    if !handshake.upgrades.iter().any(|name| name == "websocket") {
        return Finding::no(NAME, "the open packet offers none to websocket");
    }
    match open(endpoint, TransportChoice::Upgrade, Options::default()).await {
        Ok(_) => Finding::yes(NAME, "a polling session goes over to WebSocket"),
        Err(failure) => Finding::no(NAME, failure.to_string()),
    }
}

pub(super) async fn revision_3(endpoint: &Endpoint, transport: TransportChoice) -> Finding {
    const NAME: &str = "eio3";
    let options = Options {
        eio: 3,
        ..Options::default()
    };
    match open(endpoint, transport, options).await {
        Ok(_) => Finding::yes(NAME, "EIO=3 brings an open packet"),
        Err(failure @ (ConnectFailure::Refused { .. } | ConnectFailure::Handshake { .. })) => {
            Finding::yes("eio3-closed", format!("EIO=3: {failure}"))
        }
        Err(failure) => Finding::no(NAME, format!("EIO=3: {failure}")),
    }
}

pub(super) async fn deflate(endpoint: &Endpoint, layer: Layer) -> Finding {
    const NAME: &str = "permessage-deflate";
    let options = Options {
        layer,
        deflate: true,
        ..Options::default()
    };
    match open(endpoint, TransportChoice::WebSocket, options).await {
        Ok(connection) => {
            let taken = connection.journal().entries().iter().any(|entry| {
                let What::Http(response) = &entry.what else {
                    return false;
                };
                response
                    .header("sec-websocket-extensions")
                    .is_some_and(|value| value.contains(NAME))
            });
            if taken {
                Finding::yes(NAME, "the offer is taken up")
            } else {
                Finding::no(NAME, "the offer is not taken up")
            }
        }
        Err(failure) => Finding::no(NAME, failure.to_string()),
    }
}

pub(super) async fn msgpack(endpoint: &Endpoint, transport: TransportChoice) -> Finding {
    const NAME: &str = "msgpack";
    let options = Options {
        msgpack: true,
        ..Options::default()
    };
    let answer = match open(endpoint, transport, options).await {
        Ok(connection) => connect(&connection).await,
        Err(failure) => Err(Unconnected::Other(failure.to_string())),
    };
    match answer {
        Ok(Reply::Named) => Finding::yes(NAME, "a CONNECT as msgpack is answered so"),
        Ok(Reply::Nameless) => Finding::no(
            NAME,
            "a CONNECT as msgpack: what comes back does not name the socket",
        ),
        Err(Unconnected::Other(seen) | Unconnected::Refused(seen)) => {
            Finding::no(NAME, format!("a CONNECT as msgpack: {seen}"))
        }
    }
}
