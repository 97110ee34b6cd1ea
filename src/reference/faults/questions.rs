//! Faults in questions: events of the server that ask clients for an acknowledgement.

use std::{sync::Arc, time::Duration};

use super::{recipients::RecipientFault, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        app::Silence,
        engine::Ending,
        rooms::Selection,
        socket::{Answer, Socket},
    },
    wire::socket_io::AckId,
};

faults!(QuestionFault {
    AfterTimeoutCounted = "client-ack-after-timeout-counted": "The server also reports a client's acknowledgement that arrives after the timeout.";
    AskTimeoutAtOnce = "ask-timeout-at-once": "The server reports at once that a client has not acknowledged its event, without waiting for the timeout.";
    AskTimeoutIgnored = "ask-timeout-ignored": "The server waits for ever for a client to acknowledge its event.";
    BinaryDropped = "client-binary-ack-dropped": "The server ignores acknowledgements of clients that contain bytes.";
    BreaksOnSecond = "client-ack-twice-breaks": "The server closes the connection when a client acknowledges one event twice.";
    CrossNamespace = "client-ack-cross-namespace": "The server accepts a client's acknowledgement in another namespace than the event's.";
    DropsFalsy = "client-ack-drops-falsy": "The server treats a client's acknowledgement with the value false, 0 or \"\" as null.";
    EmptyRoomWaits = "ask-empty-room-waits": "The server waits for the whole timeout after it sent a question to a room without members.";
    GoneAnswersNull = "ask-room-gone-member-counts": "The server counts a member that leaves before it answers as an answer of null.";
    GoneHangs = "ask-room-hangs-on-gone-member": "The server never acknowledges a question to a room if a member leaves before it answers.";
    Ignored = "client-ack-ignored": "The server ignores all acknowledgements of clients.";
    MatchedByOrder = "client-ack-matched-by-order": "The server takes each acknowledgement of a client for the oldest event that the client has not acknowledged.";
    MixedBetweenClients = "client-acks-mixed-between-clients": "The server matches acknowledgements by id alone, and takes one client's acknowledgement for another's.";
    ReachesEverybody = "question-reaches-everybody": "The server sends a question to the whole namespace, where it has to ask one client.";
    RoomDropsFalsy = "ask-room-drops-falsy-answers": "The server drops answers of null, 0, false and \"\".", seen "`answers.filter(Boolean)`";
    RoomDropsPartialAnswers = "ask-room-drops-partial-answers": "The server drops all answers of a room if one member does not answer.", seen "emitWithAck of socket.io rejects";
    RoomDropsEqual = "ask-room-drops-equal-answers": "The server reports only one of several equal answers.";
    RoomFirstAnswerOnly = "ask-room-first-answer-only": "The server reports only the first answer of a room.";
    RoomSkipsAsker = "ask-room-skips-asker": "The server does not ask the caller, although the caller is a member of the room.";
    RoomTimeoutHidden = "ask-room-timeout-hidden": "The server does not report that a member of the room did not answer.";
    UnknownCloses = "unknown-ack-closes": "The server closes the connection when a client acknowledges an event that the server never sent.";
    TwiceCounted = "client-ack-twice-counted": "The server also reports the second acknowledgement of a client that acknowledges one event twice.";
});

impl FaultSet {
    /// Returns how long a question waits for its answer. Without faults this is `right`.
    pub(in crate::reference) fn alter_question_timeout(&self, right: Duration) -> Duration {
        if self.has(QuestionFault::AskTimeoutAtOnce) {
            Duration::ZERO
        } else if self.has(QuestionFault::AskTimeoutIgnored) {
            Duration::from_secs(3600)
        } else {
            right
        }
    }

    /// Returns the answer of a client that left before it answered. Without faults there is none.
    pub(in crate::reference) async fn answer_of_gone_member(&self) -> Option<Answer> {
        if self.has(QuestionFault::GoneHangs) {
            std::future::pending::<()>().await;
        }
        self.has(QuestionFault::GoneAnswersNull)
            .then(|| vec![Data::Null])
    }

    /// Returns the clients that `ask` asks. Without faults this is `right`: the caller.
    pub(in crate::reference) fn choose_asked(&self, right: Selection) -> Selection {
        if self.has(QuestionFault::ReachesEverybody) {
            Selection::everybody()
        } else if self.has(RecipientFault::PrivateReachesIdRoom) {
            Selection::to(right.rooms)
        } else {
            right
        }
    }

    /// Returns the clients that `ask-room` asks. Without faults this is `right`: all members, the
    /// caller included if it is one.
    pub(in crate::reference) fn choose_asked_in_room(
        &self,
        socket: &Socket,
        right: Selection,
    ) -> Selection {
        if self.has(QuestionFault::RoomSkipsAsker) {
            right.except([socket.id().as_str()])
        } else {
            right
        }
    }

    /// Returns true if the fault `ask-empty-room-waits` is active.
    pub(in crate::reference) fn waits_for_nobody(&self) -> bool {
        self.has(QuestionFault::EmptyRoomWaits)
    }

    /// Changes the answers that the server reports, and whether it reports that a client did not
    /// answer.
    pub(in crate::reference) fn alter_report(
        &self,
        answers: &mut Vec<Data>,
        silence: &mut Silence,
    ) {
        if self.has(QuestionFault::RoomFirstAnswerOnly) {
            answers.truncate(1);
        }
        if self.has(QuestionFault::RoomDropsFalsy) {
            answers.retain(|answer| !is_falsy(answer));
        }
        if self.has(QuestionFault::RoomDropsEqual) {
            answers.dedup();
        }
        if self.has(QuestionFault::RoomDropsPartialAnswers) && *silence == Silence::SomeMember {
            answers.clear();
        }
        if self.has(QuestionFault::RoomTimeoutHidden) {
            *silence = Silence::NoMember;
        }
    }

    /// Handles a client's acknowledgement of a question. Without faults it resolves, once, the
    /// question with this id on this socket.
    pub(in crate::reference) fn handle_answer(
        &self,
        socket: &Arc<Socket>,
        id: AckId,
        mut answer: Answer,
    ) {
        if self.is_empty() {
            socket.resolve(id, answer);
            return;
        }
        let waits = socket.waiting().contains(&id);
        if self.has(QuestionFault::Ignored)
            || (self.has(QuestionFault::BinaryDropped) && answer.iter().any(Data::has_bytes))
        {
            return;
        }
        if self.has(QuestionFault::DropsFalsy) {
            for value in answer.iter_mut().filter(|value| is_falsy(value)) {
                *value = Data::Null;
            }
        }
        if self.has(QuestionFault::BreaksOnSecond) && !waits {
            socket.session().close(Ending::ParseError);
            return;
        }
        if self.has(QuestionFault::UnknownCloses)
            && !waits
            && id >= socket.namespace().next_unused_id()
        {
            socket.session().close(Ending::ParseError);
            return;
        }
        if self.has(QuestionFault::MatchedByOrder)
            && let Some(oldest) = socket.waiting().first()
        {
            socket.resolve(*oldest, answer);
            return;
        }
        if self.has(QuestionFault::CrossNamespace) && !waits {
            for other in socket.siblings() {
                other.resolve(id, answer.clone());
            }
            return;
        }
        if self.has(QuestionFault::MixedBetweenClients) {
            if let Some(other) = find_asked(socket, id) {
                other.resolve(id, answer);
            }
            return;
        }
        if self.has(QuestionFault::TwiceCounted)
            && !waits
            && let Some(other) = find_asked(socket, id)
        {
            other.resolve(id, answer);
            return;
        }
        socket.resolve(id, answer);
    }

    /// Returns the id of a new question. Without faults this is `right`, which no other open
    /// question has.
    pub(in crate::reference) fn choose_id(&self, right: impl FnOnce() -> AckId) -> AckId {
        if self.has(QuestionFault::MixedBetweenClients) {
            return AckId(0);
        }
        right()
    }

    /// Returns true if an active fault makes the server wait for one more answer after it has
    /// reported the answers to the question.
    pub(in crate::reference) fn waits_for_more(&self, silence: Silence) -> bool {
        match silence {
            Silence::SomeMember => self.has(QuestionFault::AfterTimeoutCounted),
            Silence::NoMember => self.has(QuestionFault::TwiceCounted),
        }
    }
}

/// Returns a socket of the namespace that has an open question with this id.
///
/// If several sockets have one, a socket other than `socket` is returned, so that the fault
/// certainly mixes up two answers.
fn find_asked(socket: &Socket, id: AckId) -> Option<Arc<Socket>> {
    let rooms = socket.namespace().rooms();
    let mut asked: Vec<_> = rooms
        .all()
        .filter(|other| other.waiting().contains(&id))
        .cloned()
        .collect();
    asked.sort_by_key(|other| other.id() == socket.id());
    asked.into_iter().next()
}

/// Returns true if an active fault reports the answers to one question more than once.
pub(super) fn reports_again(faults: &FaultSet) -> bool {
    faults.has(QuestionFault::AfterTimeoutCounted) || faults.has(QuestionFault::TwiceCounted)
}

/// Returns true if JavaScript treats the value as false.
pub(super) fn is_falsy(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(false) => true,
        Data::Number(number) => number.as_f64() == Some(0.0),
        Data::String(text) => text.is_empty(),
        Data::Bool(true) | Data::Bytes(_) | Data::Array(_) | Data::Object(_) => false,
    }
}
