//! Handlers that refuse or break, and what their callers hear of it.

use std::sync::Arc;

use super::{connect::send_raw, scratch::ScratchKey, topic::faults};
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
    AcksToo = "exception-acks-too": "An event that is refused is acknowledged as well.";
    CodeMissing = "exception-without-code": "A refusal has no code.";
    DetailLeaked = "accident-detail-leaked": "Beside the message that says nothing, the report of an accident has its cause.";
    Disconnects = "exception-disconnects": "A refusal sends its caller away.";
    FieldMissing = "validation-field-missing": "A refusal does not say which field is wrong.";
    ObjectShared = "exception-object-shared": "A refusal has the code of the refusal before.", seen "one error object for all";
    StackTraceLeaked = "stack-trace-leaked": "The caller is told where the handler broke.";
    Swallowed = "exception-swallowed": "The caller is not told.";
    ToEverybody = "exception-to-everybody": "Everybody in the namespace is told.";
    Twice = "exception-twice": "The caller is told twice.";
    ValidationCountsUnits = "validation-counts-utf16-units": "A character beyond 65535 counts as two.", seen "`text.length` in JavaScript";
    ValidationOffByOne = "validation-off-by-one": "A text of 1001 characters is valid.";
    ValidationRefusesLimits = "validation-refuses-limits": "A text of exactly 1 or 1000 characters is not valid.";
    ValidationSkipped = "validation-skipped": "Every text is valid.";
    ValidationTrimsFirst = "validation-trims-before-counting": "Blanks at the ends of a text are not counted.";
    WrongNamespace = "exception-wrong-namespace": "The caller is told in another namespace.";
});

/// The code of the last refusal of the server.
#[derive(Eq, Hash, PartialEq)]
struct LastErrorCode;

impl ScratchKey for LastErrorCode {
    type Note = Data;
}

/// The caller is told, once, in its namespace, without details that are nobody's business.
pub(in crate::reference) fn report(
    socket: &Arc<Socket>,
    ack: Option<&Ack>,
    failure: &Failure,
    exception: Data,
) {
    let faults = socket.faults();
    let exception = altered(socket, failure, exception);
    if faults.has(ErrorFault::ToEverybody) {
        let selection = Selection::everybody().except([socket.id().as_str()]);
        broadcast(socket, &selection, "exception", vec![exception.clone()]);
    }
    if faults.has(ErrorFault::WrongNamespace) {
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
    if !faults.has(ErrorFault::Swallowed) {
        socket.emit("exception", vec![exception.clone()]);
    }
    if faults.has(ErrorFault::Twice) {
        socket.emit("exception", vec![exception.clone()]);
    }
    if faults.has(ErrorFault::AcksToo)
        && let Some(ack) = ack
    {
        ack.send(vec![exception]);
    }
    if faults.has(ErrorFault::Disconnects) {
        socket.disconnect(Close::Namespace);
    }
}

fn altered(socket: &Socket, failure: &Failure, exception: Data) -> Data {
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

/// A text of 1 to 1000 characters that is not blank is valid.
pub(in crate::reference) fn is_valid(faults: &FaultSet, text: Option<&str>, right: bool) -> bool {
    if faults.has(ErrorFault::ValidationSkipped) {
        return true;
    }
    let text = text.unwrap_or_default();
    if faults.has(ErrorFault::ValidationCountsUnits) {
        return right && text.encode_utf16().count() <= 1000;
    }
    let length = text.chars().count();
    if faults.has(ErrorFault::ValidationTrimsFirst) && length > 1000 {
        return text.trim().chars().count() <= 1000;
    }
    match length {
        1001 if faults.has(ErrorFault::ValidationOffByOne) => true,
        1 | 1000 if faults.has(ErrorFault::ValidationRefusesLimits) => false,
        _ => right,
    }
}
