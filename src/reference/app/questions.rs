//! Questions: events that the server sends to clients and that the clients have to acknowledge.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::oneshot::Receiver,
    time::{Instant, sleep_until},
};

use super::exception::Failure;
use crate::{
    clock,
    data::Data,
    reference::{
        rooms::{self, AskedClients, Selection},
        socket::{Answer, Call, Socket},
    },
    wire::socket_io::AckId,
};

/// The longest time that the server waits for the answers to a question.
const LONGEST: Duration = Duration::from_secs(5);

/// Whether a client left the server's question unanswered until the timeout.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Silence {
    /// Every client that was asked answered in time.
    NoMember,
    /// At least one client that was asked did not answer in time.
    SomeMember,
}

/// `ask`: sends the event `question` to the caller, and waits for the acknowledgement.
pub(super) fn ask(call: Call) -> Result<(), Failure> {
    let selection = Selection::socket(call.socket.id().as_str());
    let selection = call.socket.faults().choose_asked(selection);
    ask_selection(call, &selection);
    Ok(())
}

/// `ask-room`: sends the event `question` to every member of a room, and waits for the
/// acknowledgements.
pub(super) fn ask_room(call: Call) -> Result<(), Failure> {
    let selection = Selection::to([call.string("room")?]);
    let selection = call
        .socket
        .faults()
        .choose_asked_in_room(&call.socket, selection);
    ask_selection(call, &selection);
    Ok(())
}

fn ask_selection(call: Call, selection: &Selection) {
    let time_limit = call.duration("timeout", LONGEST);
    let time_limit = call.socket.faults().alter_question_timeout(time_limit);
    let deadline = clock::now() + time_limit;
    let value = vec![call.value("value")];
    let asked = rooms::ask(&call.socket, selection, "question", value);
    let server = Arc::clone(&call.socket.session().server);
    server.tasks.spawn(async move {
        let faults = call.socket.faults();
        let first = asked.waiting.first().map(|(socket, _)| Arc::clone(socket));
        if asked.waiting.is_empty() && faults.waits_for_nobody() {
            sleep_until(deadline).await;
        }
        let id = asked.id;
        let (answers, silence) = collect(asked, deadline).await;
        report(&call, answers, silence);
        if faults.waits_for_more(silence)
            && let Some(first) = first
            && let Ok(Ok(again)) = clock::within(LONGEST, first.ask(id)).await
        {
            report(
                &call,
                again.into_iter().take(1).collect(),
                Silence::NoMember,
            );
        }
    });
}

fn report(call: &Call, mut answers: Vec<Data>, mut silence: Silence) {
    call.socket
        .faults()
        .alter_report(&mut answers, &mut silence);
    let answers = ("answers", Data::from(answers));
    let timeout = match silence {
        Silence::NoMember => None,
        Silence::SomeMember => Some(("timeout", Data::from(true))),
    };
    call.acknowledge(vec![Data::object(std::iter::once(answers).chain(timeout))]);
}

/// Returns the first argument of each client's answer to the question, and whether every client
/// answered in time.
async fn collect(asked: AskedClients, deadline: Instant) -> (Vec<Data>, Silence) {
    let mut answers = Vec::new();
    let mut silence = Silence::NoMember;
    for (socket, receiver) in asked.waiting {
        let answer = answer(&socket, asked.id, receiver, deadline).await;
        match answer.and_then(|answer| socket.faults().pick_reported(answer)) {
            Some(reported) => answers.extend(reported),
            None => silence = Silence::SomeMember,
        }
    }
    (answers, silence)
}

async fn answer(
    socket: &Arc<Socket>,
    id: AckId,
    mut receiver: Receiver<Answer>,
    deadline: Instant,
) -> Option<Answer> {
    match clock::before(deadline, &mut receiver).await {
        Ok(Ok(answer)) => Some(answer),
        Err(_) => {
            // The deadline has passed. This socket may have answered in time nevertheless, while
            // the server still waited for the answers of other sockets.
            if let Ok(answer) = receiver.try_recv() {
                return Some(answer);
            }
            socket.withdraw(id);
            if socket.is_connected() {
                None
            } else {
                socket.faults().answer_of_gone_member().await
            }
        }
        // The socket that was asked has left, so it can't answer. It counts as a member that did
        // not answer in time: wait for the timeout, and then report the timeout to the client that
        // asked.
        Ok(Err(_)) => {
            sleep_until(deadline).await;
            None
        }
    }
}
