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
    AfterTimeoutCounted = "client-ack-after-timeout-counted": "When a client acknowledges the server's event after the timeout, the server reports this answer too.";
    AskTimeoutAtOnce = "ask-timeout-at-once": "When the server waits for a client's acknowledgement, it reports a timeout at once.";
    AskTimeoutIgnored = "ask-timeout-ignored": "When a client does not acknowledge the server's event, the server waits for ever, not only until the timeout.";
    AllArguments = "ask-reports-all-arguments": "When a client acknowledges the server's event with several arguments, the server reports each of them as an answer, not only the first.", seen "`(error, ...answers) =>`";
    BinaryDropped = "client-binary-ack-dropped": "When a client acknowledges the server's event with bytes, the server ignores the acknowledgement.";
    BreaksOnSecond = "client-ack-twice-breaks": "When a client acknowledges the same event of the server twice, the server closes the connection.";
    CrossNamespace = "client-ack-cross-namespace": "The server accepts a client's acknowledgement in another namespace than the one in which the server sent the event.";
    DropsFalsy = "client-ack-drops-falsy": "When a client acknowledges the server's event with the value false, 0 or \"\", the server treats the value as null.";
    EmptyRoomWaits = "ask-empty-room-waits": "When the server sends a question to a room without members, it waits for the whole timeout, although no answer can come.";
    GoneAnswersNull = "ask-room-gone-member-counts": "When a member of a room leaves before it answers the server's question, the server reports null as its answer.";
    GoneHangs = "ask-room-hangs-on-gone-member": "When a member of a room leaves before it answers the server's question, the server never reports the answers of the room.";
    Ignored = "client-ack-ignored": "The server ignores all acknowledgements that clients send for its events.";
    MatchedByOrder = "client-ack-matched-by-order": "The server takes each acknowledgement from a client for the oldest event that the client has not acknowledged, whatever id it has.";
    MixedBetweenClients = "client-acks-mixed-between-clients": "The server uses the same acknowledgement id for all clients, and so takes one client's acknowledgement for another client's.";
    NullIsSilence = "ask-null-is-silence": "When a client acknowledges the server's event with null, the server reports that the client did not answer.", seen "`if (answer == null)`";
    ReachesEverybody = "question-reaches-everybody": "When the server has to ask one client a question, it asks all clients of the namespace.";
    RoomDropsFalsy = "ask-room-drops-falsy-answers": "When the members of a room answer the server's question, the server leaves the answers null, 0, false and \"\" out of its report.", seen "`answers.filter(Boolean)`";
    RoomDropsPartialAnswers = "ask-room-drops-partial-answers": "When one member of a room does not answer the server's question, the server reports none of the other members' answers.", seen "emitWithAck of socket.io rejects";
    RoomDropsEqual = "ask-room-drops-equal-answers": "When several members of a room give equal answers to the server's question, the server reports only one of them.";
    RoomFirstAnswerOnly = "ask-room-first-answer-only": "When several members of a room answer the server's question, the server reports only the first answer.";
    RoomSkipsAsker = "ask-room-skips-asker": "When a client has the server ask the members of its own room a question (`ask-room`), the server does not ask this client.";
    RoomTimeoutHidden = "ask-room-timeout-hidden": "When a member of a room does not answer the server's question in time, the server's report does not say so.";
    UnknownCloses = "unknown-ack-closes": "The server closes the connection when a client acknowledges an event that the server never sent.";
    TwiceCounted = "client-ack-twice-counted": "When a client acknowledges the same event of the server twice, the server reports the second answer too.";
});

impl FaultSet {
    /// Returns how long a question waits for its answer. Without faults this is `right`, the time
    /// that the client asks for.
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

    /// Returns the arguments of a client's answer that the server reports. Without faults this is
    /// the first, or null if there is none. `None` means that the client did not answer.
    pub(in crate::reference) fn pick_reported(&self, answer: Answer) -> Option<Answer> {
        if self.has(QuestionFault::AllArguments) {
            return Some(answer);
        }
        let first = answer.into_iter().next().unwrap_or_default();
        let is_silence = self.has(QuestionFault::NullIsSilence) && first == Data::Null;
        (!is_silence).then(|| vec![first])
    }

    /// Returns true if the fault `ask-empty-room-waits` is active.
    pub(in crate::reference) fn waits_for_nobody(&self) -> bool {
        self.has(QuestionFault::EmptyRoomWaits)
    }

    /// Changes the report on a question: the answers, and whether a client did not answer in time.
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

/// Returns true if JavaScript treats the value as false in a condition, as it does with 0, an empty
/// string and null.
pub(super) fn is_falsy(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(false) => true,
        Data::Number(number) => number.as_f64() == Some(0.0),
        Data::String(text) => text.is_empty(),
        Data::Bool(true) | Data::Bytes(_) | Data::Array(_) | Data::Object(_) => false,
    }
}
