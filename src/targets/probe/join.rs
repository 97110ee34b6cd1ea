//! Joins the main namespace of a server, for probes.

use super::asking::{DEADLINE, first_within};
use crate::{
    client::{Connection, Illegal, What},
    data::Data,
    targets::Visitor,
    wire::socket_io::Packet,
};

/// The server's reply to a CONNECT.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reply {
    /// The reply contains a socket id.
    Named,
    /// The reply contains no socket id; it may be an echo of the client's packet.
    Nameless,
}

/// What the client received instead of the reply to its CONNECT.
pub(super) enum Unconnected {
    /// A packet that is meant as the answer but that Socket.IO forbids, described by this text.
    Illegal(String),
    /// No answer, or something that is no answer of a Socket.IO server, described by this text.
    Other(String),
    /// A CONNECT_ERROR, described by this text.
    Refused(String),
}

/// Joins the main namespace as a visitor. The error says what the client received instead of the reply to its
/// CONNECT.
pub(super) async fn connect(
    connection: &Connection,
    visitor: &Visitor,
) -> Result<Reply, Unconnected> {
    connection.send(&Packet::Connect {
        namespace: visitor.namespace.clone(),
        payload: visitor.auth.clone(),
    });
    let answer = first_within(connection, 0, DEADLINE, |what| answer(what, visitor));
    answer.await.unwrap_or_else(|| {
        let seen = format!("no answer within {} s", DEADLINE.as_secs());
        Err(Unconnected::Other(seen))
    })
}

/// Returns the server's answer to CONNECT that a journal entry holds, or `None` if the entry is no answer.
fn answer(what: &What, visitor: &Visitor) -> Option<Result<Reply, Unconnected>> {
    let other = |seen: String| Some(Err(Unconnected::Other(seen)));
    match what {
        What::Socket(Packet::Connect { payload, namespace }) if *namespace == visitor.namespace => {
            let sid = payload.as_ref().and_then(|payload| payload.get("sid"));
            Some(Ok(match sid {
                Some(_) => Reply::Named,
                None => Reply::Nameless,
            }))
        }
        What::Socket(Packet::ConnectError { payload, namespace })
            if *namespace == visitor.namespace =>
        {
            let message = payload.get("message").and_then(Data::as_str);
            let namespace = &visitor.namespace;
            let client = match visitor.auth {
                Some(_) => "the manifest's client",
                None => "a client without credentials",
            };
            let reason = message.map_or_else(|| payload.to_string(), str::to_owned);
            Some(Err(Unconnected::Refused(format!(
                "the namespace {namespace} refuses {client}: {reason}"
            ))))
        }
        What::Ended(ended) => other(format!("the connection ended ({:?})", ended.how)),
        What::Illegal { illegal, raw } => {
            let seen = format!("the answer of the server is illegal: {illegal}");
            // Without Socket.IO, a server can answer with any message. A CONNECT begins with the digit 0, and a
            // CONNECT_ERROR with the digit 4.
            let is_meant = matches!(illegal, Illegal::SocketIo(_))
                && matches!(
                    raw.get(..2),
                    Some([b'0' | b'4', b'{' | b'[' | b'"' | b'0'..=b'9'])
                );
            Some(Err(match is_meant {
                true => Unconnected::Illegal(seen),
                false => Unconnected::Other(seen),
            }))
        }
        _ => None,
    }
}
