//! Joining the main namespace.

use tokio::time::timeout;

use super::asking::DEADLINE;
use crate::{
    client::{Connection, What},
    data::Data,
    wire::socket_io::Packet,
};

/// The reply to CONNECT.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reply {
    /// It names the socket.
    Named,
    /// It does not; it could be an echo.
    Nameless,
}

/// What came instead of the CONNECT reply.
pub(super) enum Unconnected {
    /// Something else.
    Other(String),
    /// CONNECT_ERROR.
    Refused(String),
}

/// Joins the main namespace without a payload. The error is what came instead of the CONNECT reply.
pub(super) async fn connect(connection: &Connection) -> Result<Reply, Unconnected> {
    connection.send(&Packet::Connect {
        namespace: "/".to_owned(),
        payload: None,
    });
    let answer = async {
        let mut seen = 0;
        loop {
            connection.journal().longer_than(seen).await;
            let entries = connection.journal().entries();
            let fresh = entries.get(seen..).unwrap_or_default();
            if let Some(answer) = fresh.iter().find_map(|entry| answer(&entry.what)) {
                return answer;
            }
            seen = entries.len();
        }
    };
    timeout(DEADLINE, answer).await.unwrap_or_else(|_| {
        let seen = format!("no answer within {} s", DEADLINE.as_secs());
        Err(Unconnected::Other(seen))
    })
}

/// What an entry of the journal says about a CONNECT.
fn answer(what: &What) -> Option<Result<Reply, Unconnected>> {
    let other = |seen: String| Some(Err(Unconnected::Other(seen)));
    match what {
        What::Socket(Packet::Connect { payload, .. }) => {
            let sid = payload.as_ref().and_then(|payload| payload.get("sid"));
            Some(Ok(match sid {
                Some(_) => Reply::Named,
                None => Reply::Nameless,
            }))
        }
        What::Socket(Packet::ConnectError { payload, .. }) => {
            let message = payload.get("message").and_then(Data::as_str);
            Some(Err(Unconnected::Refused(match message {
                Some(message) => format!("/ refuses those without credentials: {message}"),
                None => format!("/ refuses those without credentials: {payload}"),
            })))
        }
        What::Ended(ended) => other(format!("the connection ends ({:?})", ended.how)),
        What::Illegal { illegal, .. } => other(format!("the answer is illegal: {illegal}")),
        _ => None,
    }
}
