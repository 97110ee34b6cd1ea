//! One client's mistakes concern nobody else.

use std::sync::Arc;

use super::table::defects;
use crate::{
    data::Data,
    reference::{
        engine::Session,
        socket::{Call, Socket},
    },
};

defects!(Robustness at 16 {
    DropDuringRequestKills = "drop-during-request-kills-server": "An answer whose client is gone ends the server.";
    ErrorEventKills = "error-event-kills-server": "An event named `error` ends the server.", seen "CVE-2024-38355";
    MalformedKills = "malformed-kills-server": "A message that is no packet ends the server.", seen "CVE-2023-32695";
    NoPayloadKills = "no-payload-kills-server": "An event without the payload that its handler reads ends the server.";
    TokenWrongTypeKills = "token-wrong-type-crashes": "A token that is not a string ends the server.";
});

/// A message that is no packet ends its own connection only.
pub(in crate::reference) fn malformed(session: &Session) {
    if session.faults().has(Robustness::MalformedKills) {
        session.server.die();
    }
}

/// An event, whatever its name and payload, ends nobody.
pub(super) fn event(call: &Call) {
    let faults = call.socket.faults();
    let is_error = call.name == "error";
    let lacks_payload =
        call.name == "validate" && !matches!(call.args.first(), Some(Data::Object(_)));
    if (faults.has(Robustness::ErrorEventKills) && is_error)
        || (faults.has(Robustness::NoPayloadKills) && lacks_payload)
    {
        call.socket.session().server.die();
    }
}

/// A client may be gone when it is answered.
pub(super) fn answer(socket: &Arc<Socket>) {
    let gone = !socket.is_connected();
    if socket.faults().has(Robustness::DropDuringRequestKills) && gone {
        socket.session().server.die();
    }
}

/// A token can be anything.
pub(in crate::reference) fn odd_token(session: &Session) {
    if session.faults().has(Robustness::TokenWrongTypeKills) {
        session.server.die();
    }
}
