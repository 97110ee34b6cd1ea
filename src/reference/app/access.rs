//! Decides which clients can join the namespaces that `docs/contract.md` specifies.

use std::{sync::Arc, time::Duration};

use super::{Access, exception::Failure, token};
use crate::{
    data::Data,
    reference::{
        Config, Contract,
        engine::{Query, Session},
        socket::{Close, Refused, Socket, User},
    },
};

/// How long the namespace `/slow` waits before it accepts a client.
const SLOW: Duration = Duration::from_millis(200);

/// The application's decision about a client that sent CONNECT, and when the server sends the
/// decision.
#[derive(Debug)]
pub(in crate::reference) enum Admission {
    /// The server sends the decision after this delay.
    After(Duration, Result<User, Refused>),
    /// The server sends the decision at once.
    Now(Result<User, Refused>),
}

/// Returns true if the application accepts an Engine.IO handshake. It refuses handshakes with
/// `visitor=intruder` in the query.
/// `as_sent` is the query before it was decoded, which only a fault looks at.
pub(in crate::reference) fn admits_handshake(
    config: &Config,
    query: &Query,
    as_sent: &str,
) -> bool {
    let visitor = query.visitor.as_deref();
    config.contract != Contract::Sockspec || !config.faults.finds_intruder(as_sent, visitor)
}

/// Decides whether a client that sent CONNECT can join.
pub(in crate::reference) fn admit(
    session: &Session,
    access: Access,
    auth: Option<&Data>,
) -> Admission {
    match access {
        Access::Open => Admission::Now(Ok(User::default())),
        Access::Late => {
            let user = named_user(session, auth);
            Admission::Now(Ok(session.faults().choose_late_user(user)))
        }
        Access::Slow => {
            let server = &session.server;
            let delay = session.faults().delay_behind_others(server, SLOW);
            let delay = session.faults().delay_of_slow_namespace(delay);
            Admission::After(delay, Ok(named_user(session, auth)))
        }
        Access::Token => Admission::Now(token::authenticate(session, auth)),
        Access::Admin => Admission::Now(
            token::authenticate(session, auth)
                .and_then(|user| token::demand_admin(session.faults(), user)),
        ),
    }
}

/// Returns the user that the client's token names. Without a valid token, returns a user without
/// id, name and role.
fn named_user(session: &Session, auth: Option<&Data>) -> User {
    token::authenticate(session, auth).unwrap_or_default()
}

/// Runs the application's code for a socket that has joined its namespace.
pub(in crate::reference) fn connected(socket: &Arc<Socket>, auth: Option<&Data>) {
    socket.faults().note_token(socket, auth);
    let session = socket.session();
    let namespace = socket.namespace();
    if session.server.config.contract == Contract::Official
        && matches!(namespace.name(), "/" | "/custom")
    {
        socket.emit("auth", vec![session.faults().payload_for_handler(auth)]);
    }
    if namespace.access() == Access::Late
        && let Err(refused) = token::authenticate(session, auth)
    {
        let report = || Failure::from(refused).report(socket, None);
        let leave = || socket.disconnect(Close::Namespace);
        socket.faults().refuse_late(socket, report, leave);
    }
}
