//! Questions to clients: events of the server that ask for an acknowledgement.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::oneshot::Receiver,
    time::{Instant, sleep_until, timeout, timeout_at},
};

use super::exception::Failure;
use crate::{
    clock,
    data::Data,
    reference::{
        faults,
        rooms::{self, Asked, Selection},
        socket::{Answer, Call, Socket},
    },
    wire::socket_io::AckId,
};

/// The longest that a question waits.
const LONGEST: Duration = Duration::from_secs(5);

/// `ask`: a question to the caller.
pub(super) fn ask(call: Call) -> Result<(), Failure> {
    let selection = Selection::to([call.socket.id().as_str()]);
    let selection = faults::questions::one(call.socket.faults(), selection);
    question(call, &selection);
    Ok(())
}

/// `ask-room`: a question to every member of a room.
pub(super) fn ask_room(call: Call) -> Result<(), Failure> {
    let selection = Selection::to([call.string("room")?]);
    let selection = faults::questions::room(&call.socket, selection);
    question(call, &selection);
    Ok(())
}

fn question(call: Call, selection: &Selection) {
    let patience = call.duration("timeout", LONGEST);
    let patience = faults::questions::patience(call.socket.faults(), patience);
    let deadline = clock::now() + patience;
    let value = vec![call.value("value")];
    let asked = rooms::ask(&call.socket, selection, "question", value);
    let server = Arc::clone(&call.socket.session().server);
    server.tasks.spawn(async move {
        let faults = call.socket.faults();
        let first = asked.waiting.first().map(|(socket, _)| Arc::clone(socket));
        if asked.waiting.is_empty() && faults::questions::waits_for_nobody(faults) {
            sleep_until(deadline).await;
        }
        let id = asked.id;
        let (answers, silent) = collect(asked, deadline).await;
        report(&call, answers, silent);
        if faults::questions::goes_on(faults, silent)
            && let Some(first) = first
            && let Ok(Ok(again)) = timeout(LONGEST, first.ask(id)).await
        {
            report(&call, again.into_iter().take(1).collect(), false);
        }
    });
}

fn report(call: &Call, answers: Vec<Data>, silent: bool) {
    let (answers, silent) = faults::questions::report(call.socket.faults(), answers, silent);
    let answers = ("answers", Data::from(answers));
    let silence = silent.then(|| ("timeout", Data::from(true)));
    call.acknowledge(vec![Data::object(std::iter::once(answers).chain(silence))]);
}

/// The first argument of each answer that comes in time, and whether one did not.
async fn collect(asked: Asked, deadline: Instant) -> (Vec<Data>, bool) {
    let mut answers = Vec::new();
    let mut silent = false;
    for (socket, receiver) in asked.waiting {
        match answer(&socket, asked.id, receiver, deadline).await {
            Some(answer) => answers.push(answer.into_iter().next().unwrap_or_default()),
            None => silent = true,
        }
    }
    (answers, silent)
}

async fn answer(
    socket: &Arc<Socket>,
    id: AckId,
    receiver: Receiver<Answer>,
    deadline: Instant,
) -> Option<Answer> {
    match timeout_at(deadline, receiver).await {
        Ok(Ok(answer)) => Some(answer),
        Err(_) => {
            socket.withdraw(id);
            None
        }
        // The question went with its socket: silence, until the time is over.
        Ok(Err(_)) => {
            sleep_until(deadline).await;
            None
        }
    }
}
