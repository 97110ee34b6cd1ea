//! Acknowledgements of the server's events: questions to clients.

use std::{sync::Arc, time::Duration};

use super::topic::faults;
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::Ending,
        rooms::Selection,
        socket::{Answer, Socket},
    },
    wire::socket_io::AckId,
};

faults!(QuestionFault {
    AfterTimeoutCounted = "client-ack-after-timeout-counted": "An answer after the time is over is reported as well.";
    AskTimeoutAtOnce = "ask-timeout-at-once": "A question waits for no time.";
    AskTimeoutIgnored = "ask-timeout-ignored": "A question waits for ever.";
    BinaryDropped = "client-binary-ack-dropped": "An answer with bytes is not taken in.";
    BreaksOnSecond = "client-ack-twice-breaks": "A second answer to one question ends the connection.";
    CrossNamespace = "client-ack-cross-namespace": "An answer counts in any namespace.";
    DropsFalsy = "client-ack-drops-falsy": "An answer that is false, 0 or \"\" is taken for null.";
    EmptyRoomWaits = "ask-empty-room-waits": "A question to nobody waits for its whole time.";
    Ignored = "client-ack-ignored": "Answers are not taken in.";
    MatchedByOrder = "client-ack-matched-by-order": "An answer is taken for the oldest question that waits.";
    MixedBetweenClients = "client-acks-mixed-between-clients": "Questions are kept by id alone: an answer is taken for another client's that was asked under that id.";
    ReachesEverybody = "question-reaches-everybody": "A question to one client goes to all.";
    RoomDropsFalsy = "ask-room-drops-falsy-answers": "Answers of null, 0, false and \"\" are left out.", seen "`answers.filter(Boolean)`";
    RoomDropsPartialAnswers = "ask-room-drops-partial-answers": "When one member is silent, the answers of the others are dropped.", seen "emitWithAck of socket.io rejects";
    RoomDropsTwins = "ask-room-drops-equal-answers": "Of answers that are alike only one is reported.";
    RoomFirstAnswerOnly = "ask-room-first-answer-only": "Of the answers of a room only the first is reported.";
    RoomSkipsAsker = "ask-room-skips-asker": "Who asks a room is not asked as its member.";
    RoomTimeoutHidden = "ask-room-timeout-hidden": "It is not told that a member was silent.";
    UnknownCloses = "unknown-ack-closes": "An answer to a question that was never asked ends the connection.";
    TwiceCounted = "client-ack-twice-counted": "A second answer to one question is reported as well.";
});

/// A question waits for the time that it was given.
pub(in crate::reference) fn patience(faults: &FaultSet, right: Duration) -> Duration {
    if faults.has(QuestionFault::AskTimeoutAtOnce) {
        Duration::ZERO
    } else if faults.has(QuestionFault::AskTimeoutIgnored) {
        Duration::from_secs(3600)
    } else {
        right
    }
}

/// `ask` asks its caller.
pub(in crate::reference) fn one(faults: &FaultSet, right: Selection) -> Selection {
    if faults.has(QuestionFault::ReachesEverybody) {
        Selection::everybody()
    } else {
        right
    }
}

/// `ask-room` asks all members, its caller as well if it is one.
pub(in crate::reference) fn room(socket: &Socket, right: Selection) -> Selection {
    if socket.faults().has(QuestionFault::RoomSkipsAsker) {
        right.except([socket.id().as_str()])
    } else {
        right
    }
}

/// A question to nobody is answered at once.
pub(in crate::reference) fn waits_for_nobody(faults: &FaultSet) -> bool {
    faults.has(QuestionFault::EmptyRoomWaits)
}

/// All answers are reported, and whether somebody was silent.
pub(in crate::reference) fn report(
    faults: &FaultSet,
    mut answers: Vec<Data>,
    mut silent: bool,
) -> (Vec<Data>, bool) {
    if faults.has(QuestionFault::RoomFirstAnswerOnly) {
        answers.truncate(1);
    }
    if faults.has(QuestionFault::RoomDropsFalsy) {
        answers.retain(|answer| !is_falsy(answer));
    }
    if faults.has(QuestionFault::RoomDropsTwins) {
        answers.dedup();
    }
    if faults.has(QuestionFault::RoomDropsPartialAnswers) && silent {
        answers.clear();
    }
    if faults.has(QuestionFault::RoomTimeoutHidden) {
        silent = false;
    }
    (answers, silent)
}

/// An answer resolves the question of its id, on its socket, once.
pub(in crate::reference) fn answered(socket: &Arc<Socket>, id: AckId, mut answer: Answer) {
    let faults = socket.faults();
    if faults.is_empty() {
        socket.answered(id, answer);
        return;
    }
    let waits = socket.waiting().contains(&id);
    if faults.has(QuestionFault::Ignored)
        || (faults.has(QuestionFault::BinaryDropped) && answer.iter().any(Data::has_bytes))
    {
        return;
    }
    if faults.has(QuestionFault::DropsFalsy) {
        for value in answer.iter_mut().filter(|value| is_falsy(value)) {
            *value = Data::Null;
        }
    }
    if faults.has(QuestionFault::BreaksOnSecond) && !waits {
        socket.session().close(Ending::ParseError);
        return;
    }
    if faults.has(QuestionFault::UnknownCloses) && !waits && id >= socket.namespace().asked() {
        socket.session().close(Ending::ParseError);
        return;
    }
    if faults.has(QuestionFault::MatchedByOrder)
        && let Some(oldest) = socket.waiting().first()
    {
        socket.answered(*oldest, answer);
        return;
    }
    if faults.has(QuestionFault::CrossNamespace) && !waits {
        for other in socket.siblings() {
            other.answered(id, answer.clone());
        }
        return;
    }
    if faults.has(QuestionFault::TwiceCounted) && !waits {
        let rooms = socket.namespace().rooms();
        let other = rooms
            .all()
            .find(|other| other.waiting().contains(&id))
            .cloned();
        drop(rooms);
        if let Some(other) = other {
            other.answered(id, answer);
            return;
        }
    }
    if faults.has(QuestionFault::MixedBetweenClients) {
        let rooms = socket.namespace().rooms();
        let mut asked: Vec<_> = rooms
            .all()
            .filter(|other| other.waiting().contains(&id))
            .cloned()
            .collect();
        drop(rooms);
        // Whoever else waits comes first, so that two answers are mixed up for certain.
        asked.sort_by_key(|other| other.id() == socket.id());
        if let Some(other) = asked.first() {
            other.answered(id, answer);
        }
        return;
    }
    socket.answered(id, answer);
}

/// A question's id belongs to it alone.
pub(in crate::reference) fn id(socket: &Socket, right: impl FnOnce() -> AckId) -> AckId {
    if socket.faults().has(QuestionFault::MixedBetweenClients) {
        return AckId(0);
    }
    right()
}

/// A question is reported once.
pub(super) fn reports_again(faults: &FaultSet) -> bool {
    faults.has(QuestionFault::AfterTimeoutCounted) || faults.has(QuestionFault::TwiceCounted)
}

/// A question is over when it was answered, or when its time is: what comes later is not reported.
pub(in crate::reference) fn goes_on(faults: &FaultSet, silent: bool) -> bool {
    if silent {
        faults.has(QuestionFault::AfterTimeoutCounted)
    } else {
        faults.has(QuestionFault::TwiceCounted)
    }
}

/// What JavaScript takes for false.
pub(super) fn is_falsy(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(false) => true,
        Data::Number(number) => number.as_f64() == Some(0.0),
        Data::String(text) => text.is_empty(),
        Data::Bool(true) | Data::Bytes(_) | Data::Array(_) | Data::Object(_) => false,
    }
}
