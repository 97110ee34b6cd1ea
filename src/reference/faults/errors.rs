//! Faults in the event `exception`, which a client receives when a handler refuses its event or
//! crashes.

use std::sync::Arc;

use super::{
    connect::send_raw, recipients::RecipientFault, scratch::ScratchKey, timers, topic::faults,
};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        app::Failure,
        rooms::{Selection, broadcast},
        socket::{Ack, Close, Socket},
    },
    wire::socket_io::Packet,
};

faults!(ErrorFault {
    AcksToo = "exception-acks-too": "When a handler refuses an event, the server also acknowledges the event, in addition to the event `exception`.";
    CodeMissing = "exception-without-code": "The server sends the event `exception` without the field `code`.";
    DetailLeaked = "accident-detail-leaked": "When a handler crashes, the server tells the client the internal cause of the crash.";
    Disconnects = "exception-disconnects": "When a handler refuses a client's event, the server disconnects the client from the namespace.";
    FieldMissing = "validation-field-missing": "When a handler refuses an event because of an invalid field, the event `exception` does not name the field.";
    ObjectShared = "exception-object-shared": "The server sends each event `exception` with the error code of the previous one.", seen "one error object for all";
    StackTraceLeaked = "stack-trace-leaked": "When a handler crashes, the server sends the stack trace to the client.";
    Swallowed = "exception-swallowed": "When a handler refuses a client's event or crashes, the server does not send the event `exception` to the client.";
    ToEverybody = "exception-to-everybody": "When a handler refuses a client's event or crashes, the server sends the event `exception` to all clients of the namespace.";
    Twice = "exception-twice": "The server emits the event `exception` twice for each event that it refuses.";
    ValidationCountsUnits = "validation-counts-utf16-units": "When the server checks the length of a text (`validate`), it counts each character above U+FFFF as two.", seen "`text.length` in JavaScript";
    ValidationOffByOne = "validation-off-by-one": "When the server checks the length of a text (`validate`), it accepts 1001 characters, although 1000 are the most.";
    ValidationRefusesLimits = "validation-refuses-limits": "When the server checks the length of a text (`validate`), it refuses exactly 1 and exactly 1000 characters, although both are allowed.";
    ValidationSkipped = "validation-skipped": "When a client has the server check a text (`validate`), the server accepts every text.";
    ValidationTrimsFirst = "validation-trims-before-counting": "When the server checks the length of a text (`validate`), it does not count the blanks at the start and the end.";
    WrongNamespace = "exception-wrong-namespace": "When a handler refuses an event or crashes, the server sends the event `exception` in another namespace than the event's.";
});

/// The key under which the fault `exception-object-shared` remembers the error code of the last
/// exception.
#[derive(Eq, Hash, PartialEq)]
struct LastErrorCode;

impl ScratchKey for LastErrorCode {
    type Note = Data;
}

impl FaultSet {
    /// Sends the caller the event `exception`, once, in its namespace. Faults change it, send it to
    /// others, or send no exception.
    pub(in crate::reference) fn report_exception(
        &self,
        socket: &Arc<Socket>,
        ack: Option<&Ack>,
        failure: &Failure,
        exception: Data,
    ) {
        let exception = alter_exception(socket, failure, exception);
        timers::close_after_crash(socket, failure);
        if self.has(ErrorFault::ToEverybody) {
            let selection = Selection::everybody().except([socket.id().as_str()]);
            broadcast(socket, &selection, "exception", vec![exception.clone()]);
        }
        if self.has(RecipientFault::PrivateReachesIdRoom) {
            let selection = Selection::to([socket.id().as_str()]);
            broadcast(socket, &selection, "exception", vec![exception]);
            return;
        }
        if self.has(ErrorFault::WrongNamespace) {
            let other = match socket.namespace().name() {
                "/" => "/custom",
                _ => "/",
            };
            let packet = Packet::Event {
                namespace: other.to_owned(),
                id: None,
                name: "exception".to_owned(),
                args: vec![exception],
            };
            send_raw(socket.session(), &packet);
            return;
        }
        if !self.has(ErrorFault::Swallowed) {
            socket.emit("exception", vec![exception.clone()]);
        }
        if self.has(ErrorFault::Twice) {
            socket.emit("exception", vec![exception.clone()]);
        }
        if self.has(ErrorFault::AcksToo)
            && let Some(ack) = ack
        {
            ack.send(vec![exception]);
        }
        if self.has(ErrorFault::Disconnects) {
            socket.disconnect(Close::Namespace);
        }
    }

    /// Returns whether `validate` accepts the text; `None` if no active fault decides that.
    pub(in crate::reference) fn decide_validation(&self, text: &str) -> Option<bool> {
        if self.has(ErrorFault::ValidationSkipped) {
            return Some(true);
        }
        if self.has(ErrorFault::ValidationCountsUnits) && text.encode_utf16().count() > 1000 {
            return Some(false);
        }
        let length = text.chars().count();
        if self.has(ErrorFault::ValidationTrimsFirst) && length > 1000 {
            return Some(text.trim().chars().count() <= 1000);
        }
        match length {
            1001 if self.has(ErrorFault::ValidationOffByOne) => Some(true),
            1 | 1000 if self.has(ErrorFault::ValidationRefusesLimits) => Some(false),
            _ => None,
        }
    }
}

/// Returns the payload of the exception as the active faults change it.
fn alter_exception(socket: &Socket, failure: &Failure, exception: Data) -> Data {
    let faults = socket.faults();
    let Data::Object(mut fields) = exception else {
        return exception;
    };
    if faults.has(ErrorFault::CodeMissing) {
        fields.shift_remove("code");
    }
    if faults.has(ErrorFault::FieldMissing) {
        fields.shift_remove("field");
    }
    if faults.has(ErrorFault::ObjectShared)
        && let Some(code) = fields.get("code").cloned()
        && let Some(former) = socket.session().server.scratch.replace(LastErrorCode, code)
    {
        fields.insert("code".to_owned(), former);
    }
    if let Failure::Internal { detail } = failure
        && faults.has(ErrorFault::DetailLeaked)
    {
        let cause = detail.lines().next().unwrap_or_default();
        fields.insert("cause".to_owned(), Data::from(cause));
    }
    if let Failure::Internal { detail } = failure
        && faults.has(ErrorFault::StackTraceLeaked)
    {
        fields.insert("message".to_owned(), Data::from(detail.as_str()));
        fields.insert("stack".to_owned(), Data::from(detail.as_str()));
    }
    Data::Object(fields)
}
