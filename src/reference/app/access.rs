//! The namespaces of the contract, and which clients each of them accepts.

use std::{sync::Arc, time::Duration};

use super::{exception::Failure, token};
use crate::{
    data::Data,
    reference::{
        Config, Contract, FaultSet,
        engine::{Query, Session},
        socket::{Close, Refused, Socket, User},
    },
};

/// How long `/slow` waits before it accepts a client.
const SLOW: Duration = Duration::from_millis(200);

/// The clients that a namespace accepts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Access {
    /// Clients with a valid token and the role `admin`.
    Admin,
    /// Clients with a valid token, which is checked after the CONNECT reply.
    Late,
    /// All clients.
    Open,
    /// All clients, after a delay.
    Slow,
    /// Clients with a valid token.
    Token,
}

/// The decision about a client, and when it is sent.
#[derive(Debug)]
pub(in crate::reference) enum Admission {
    /// After a delay.
    After(Duration, Result<User, Refused>),
    /// At once.
    Now(Result<User, Refused>),
}

/// Returns the clients that the namespace `name` accepts; `None` if there is no such namespace.
pub(in crate::reference) fn access(name: &str, faults: &FaultSet) -> Option<Access> {
    match name {
        "/" | "/custom" => Some(Access::Open),
        "/admin" => Some(Access::Admin),
        "/chat" => Some(Access::Token),
        "/late" => Some(Access::Late),
        "/slow" => Some(Access::Slow),
        dynamic if faults.is_dynamic(dynamic, is_dynamic) => Some(Access::Open),
        _ => None,
    }
}

/// Returns true if the name matches `^/dynamic-\d+$`.
fn is_dynamic(name: &str) -> bool {
    name.strip_prefix("/dynamic-").is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Returns true if the application accepts the handshake. It refuses the visitor `intruder`.
pub(in crate::reference) fn admits_handshake(config: &Config, query: &Query) -> bool {
    config.contract != Contract::Sockspec || query.visitor.as_deref() != Some("intruder")
}

/// Decides whether a client that sent CONNECT can join.
pub(in crate::reference) fn admit(
    session: &Session,
    access: Access,
    auth: Option<&Data>,
) -> Admission {
    match access {
        Access::Open | Access::Late => Admission::Now(Ok(User::default())),
        Access::Slow => Admission::After(SLOW, Ok(User::default())),
        Access::Token => Admission::Now(token::authenticate(session, auth)),
        Access::Admin => Admission::Now(
            token::authenticate(session, auth)
                .and_then(|user| token::demand_admin(session.faults(), user)),
        ),
    }
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
        socket
            .faults()
            .refuse_late(socket, report, || socket.disconnect(Close::Namespace));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dynamic_namespaces_are_digits_to_the_end() {
        let access = |name| access(name, &FaultSet::default());
        assert_eq!(access("/dynamic-0123456789"), Some(Access::Open));
        for name in [
            "/dynamic-",
            "/dynamic-1x",
            "/x/dynamic-1",
            "/other",
            "/admin/",
        ] {
            assert_eq!(access(name), None, "{name}");
        }
    }
}
