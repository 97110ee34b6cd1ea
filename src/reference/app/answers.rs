//! Handlers of events that send an answer to the caller only.

use std::{sync::Arc, time::Duration};

use super::exception::Failure;
use crate::{
    data::Data,
    reference::{engine::TransportKind, faults::SlowWork, socket::Call},
};

/// The longest delay of the acknowledgement that a caller can ask for in the event `ack-late`.
const LATEST: Duration = Duration::from_secs(2);

type Handled = Result<(), Failure>;

/// `echo`: sends the arguments back to the caller, in the acknowledgement if the caller asked for
/// one, otherwise in the event `echo-back`.
pub(super) fn echo(mut call: Call) -> Handled {
    let args = std::mem::take(&mut call.args);
    if call.ack.is_some() {
        call.acknowledge(call.socket.faults().alter_ack_values(args));
    } else {
        call.socket.faults().reply(&call.socket, "echo-back", args);
    }
    Ok(())
}

/// `message`: sends the arguments back to the caller in the event `message-back`.
pub(super) fn message(mut call: Call) -> Handled {
    let args = std::mem::take(&mut call.args);
    call.socket
        .faults()
        .reply(&call.socket, "message-back", args);
    Ok(())
}

/// `message-with-ack`: sends the arguments back in the acknowledgement.
pub(super) fn message_with_ack(mut call: Call) -> Handled {
    let args = std::mem::take(&mut call.args);
    call.acknowledge(call.socket.faults().alter_ack_values(args));
    Ok(())
}

/// `whoami`: acknowledges with what the server knows about the caller, such as its user, its
/// namespace and its rooms.
pub(super) fn whoami(call: Call) -> Handled {
    let socket = &call.socket;
    let rooms = socket.namespace().rooms().of(socket.id()).to_vec();
    let rooms: Vec<_> = rooms.iter().map(|room| Data::from(&**room)).collect();
    let rooms = socket.faults().list_rooms(socket, rooms);
    let transport = match socket.session().faults().report_transport(socket.session()) {
        TransportKind::Polling => "polling",
        TransportKind::WebSocket => "websocket",
    };
    call.acknowledge(vec![Data::object([
        ("id", Data::from(socket.id().as_str())),
        ("user", Data::from(socket.user_id().into_owned())),
        (
            "role",
            socket
                .faults()
                .known_role(socket)
                .map_or(Data::Null, Data::from),
        ),
        ("namespace", Data::from(socket.namespace().name())),
        ("transport", Data::from(transport)),
        ("rooms", Data::from(rooms)),
    ])]);
    Ok(())
}

/// `ack-nothing`: acknowledges without arguments.
pub(super) fn ack_nothing(call: Call) -> Handled {
    call.acknowledge(Vec::new());
    Ok(())
}

/// `ack-error`: acknowledges with an error as the value.
pub(super) fn ack_error(call: Call) -> Handled {
    let error = Data::object([
        ("code", call.value("code")),
        ("message", call.value("message")),
    ]);
    if !call.socket.faults().swallows_errors() {
        call.acknowledge(vec![Data::object([("error", error)])]);
    }
    Ok(())
}

/// `ack-late`: acknowledges after the delay that the caller asks for.
pub(super) fn ack_late(call: Call) -> Handled {
    let after = call
        .socket
        .faults()
        .delay_of_ack_late(call.duration("after", LATEST));
    let server = Arc::clone(&call.socket.session().server);
    if let Some(after) = after {
        let after = server.faults().delay_behind_others(&server, after);
        call.socket
            .session()
            .faults()
            .block_during_handler(call.socket.session(), after);
        let number = server.faults().begin_slow_work(&call.socket, SlowWork::Ack);
        server.tasks.spawn(async move {
            tokio::time::sleep(after).await;
            let faults = call.socket.faults();
            if !faults.is_cancelled(&call.socket, SlowWork::Ack, number) {
                call.acknowledge(vec![Data::from("late")]);
            }
        });
    }
    Ok(())
}

/// `ack-never`: does not acknowledge.
pub(super) fn ack_never(call: Call) -> Handled {
    call.socket.faults().acknowledge_unanswered(&call);
    Ok(())
}

/// `ack-twice`: acknowledges twice; the client receives only the first acknowledgement.
pub(super) fn ack_twice(call: Call) -> Handled {
    let value = call.args.first().cloned().unwrap_or_default();
    call.acknowledge(vec![value.clone()]);
    call.acknowledge(vec![value]);
    Ok(())
}

/// `fail`: refuses the event, with the code and the message that the caller gives.
pub(super) fn fail(call: Call) -> Handled {
    Err(Failure::Refused {
        code: Box::new(call.value("code")),
        message: Box::new(call.value("message")),
        field: None,
    })
}

/// `crash`: fails with an internal error, as a handler with a bug does.
pub(super) fn crash(_: Call) -> Handled {
    Err(Failure::Internal {
        detail: "Error: a detail that no client may see\n    at crash \
                 (/srv/app/handlers/answers.js:41:17)"
            .to_owned(),
    })
}

/// `validate`: accepts a text of 1 to 1000 characters that is not all blank.
pub(super) fn validate(call: Call) -> Handled {
    let text = call.field("text").and_then(Data::as_str);
    let length = text.map_or(0, |text| text.chars().count());
    let right = text.is_some_and(|text| !text.trim().is_empty()) && length <= 1000;
    let faults = call.socket.faults();
    let decided = faults.decide_validation(text.unwrap_or_default());
    if !decided.unwrap_or(right) {
        let message = "text must be 1 to 1000 characters".to_owned();
        return Err(Failure::field("text", message));
    }
    call.succeed();
    Ok(())
}
