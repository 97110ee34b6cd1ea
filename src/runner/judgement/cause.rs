//! The cause of an outcome: what went wrong, without the names and ids that only one scenario has.
//!
//! Scenarios with the same cause fail together, so reports explain the cause once. Two outcomes have the same cause
//! only if the deciding evidence is the same: a wrong value of one scenario never hides that of another.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use sha1::{Digest, Sha1};

use super::unanswered::unanswered_cause;
use crate::{
    client::What,
    runner::{
        findings::failure_kind::FailureKind,
        play::attempt::Attempt,
        record::outcome::{Cause, Outcome},
    },
    targets::Maskable,
    wire::socket_io::Packet,
};

/// The number of bytes of the hash that an id shows.
const ID_BYTES: usize = 6;

/// The shortest id of a server that is replaced. A shorter id, such as `1`, can be a part of any text.
const SHORTEST_ID: usize = 6;

/// The number of journal entries of a connection that are searched for ids. Servers send their ids first.
const ENTRIES: usize = 1_000;

/// What replaces an id or a name that only one attempt has.
const PLACEHOLDER: &str = "…";

/// Matches the time limit of a wait, which is no evidence: "within 500 ms", "after 1 min 1.5 s".
static LIMIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let time = r"(?:\d+ min(?: [0-9.]+ s)?|[0-9.]+ m?s\b)";
    let origin = r"\((?:`within: [^`]*`[^)]*|90 %[^)]*)\)";
    Regex::new(&format!(r" (within|after) {time}(?: {origin})?")).ok()
});

/// Matches the number of an event among several: " (2 of 30)".
static ORDINAL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r" \(\d+ of \d+\)").ok());

/// Matches the id of an awaited acknowledgement.
static ACK_ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\Aan acknowledgement with id \d+\z").ok());

/// Returns the cause of an outcome about which only its reason is known; `None` for a pass or a skip.
pub(in crate::runner) fn of_reason(outcome: &Outcome) -> Option<Cause> {
    let reason = outcome
        .reason
        .as_ref()
        .filter(|_| outcome.needs_attention())?;
    Some(cause(reason.clone(), &[kind(outcome)]))
}

/// Returns the cause of an outcome of an attempt; `None` for a pass or a skip. `decided` is a sentence that describes
/// the cause completely, and `gist` one that does so apart from the names of clients, if the finding has them.
pub(super) fn of_attempt(
    outcome: &Outcome,
    decided: Option<String>,
    gist: Option<String>,
    attempt: &Attempt<'_>,
) -> Option<Cause> {
    if !outcome.needs_attention() {
        return None;
    }
    if let Some(unanswered) = unanswered_cause(outcome, attempt) {
        return Some(cause(unanswered, &[]));
    }
    if let Some(decided) = decided {
        let mut sentence = without_limit(&decided);
        sentence.mask(&attempt.to_mask());
        return Some(cause(sentence, &[]));
    }
    if let Some(gist) = gist {
        let mut sentence = Generalised::new(None, attempt).sentence(&gist);
        sentence.mask(&attempt.to_mask());
        return Some(cause(sentence, &[kind(outcome)]));
    }
    let Some(breach) = &outcome.breach else {
        return of_reason(outcome);
    };
    let mut general = Generalised::new(outcome.kind, attempt);
    let sentence = general.sentence(&breach.sentence);
    let expected = breach.expected.as_deref().unwrap_or_default();
    let expected = match &*ACK_ID {
        Some(ack_id) if ack_id.is_match(expected) => "an acknowledgement".to_owned(),
        _ => general.text(expected),
    };
    let received = general.text(breach.received.as_deref().unwrap_or_default());
    Some(cause(sentence, &[kind(outcome), &expected, &received]))
}

/// Returns a cause from its sentence and from the evidence that the sentence does not hold.
fn cause(sentence: String, evidence: &[&str]) -> Cause {
    let mut hasher = Sha1::new();
    for part in [sentence.as_str()].iter().chain(evidence) {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    let hash = hasher.finalize();
    let digits = hash.iter().take(ID_BYTES);
    Cause {
        id: digits.map(|byte| format!("{byte:02x}")).collect(),
        sentence,
    }
}

/// Returns the name of the kind of a failure or an error.
fn kind(outcome: &Outcome) -> &'static str {
    let failure = outcome.kind.map(FailureKind::name);
    failure
        .or(outcome.error.map(|error| error.name()))
        .unwrap_or_default()
}

/// Returns a sentence without the time limits of waits.
fn without_limit(text: &str) -> String {
    let Some(limit) = &*LIMIT else {
        return text.to_owned();
    };
    let general = limit.replace_all(text, |found: &Captures<'_>| match &found[1] {
        "within" => " in time",
        _ => "",
    });
    general.into_owned()
}

/// Replaces what only one attempt has in texts: the names of clients, the suffix of names, and ids of the server.
struct Generalised {
    /// The names of the clients, the longest first; empty if the names are a part of the cause.
    names: Vec<String>,
    /// The names that texts have mentioned so far, in this order.
    mentioned: Vec<String>,
    ids: Vec<String>,
}

impl Generalised {
    fn new(kind: Option<FailureKind>, attempt: &Attempt<'_>) -> Self {
        let clients = attempt.clients();
        let mut names: Vec<_> = clients
            .filter(|_| !kind.is_some_and(depends_on_names))
            .map(|client| client.spec.name.to_string())
            .collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let mut ids = vec![attempt.unique.suffix().to_owned()];
        for link in attempt.clients().flat_map(|client| client.links()) {
            ids.extend(
                link.connection
                    .handshake()
                    .map(|handshake| handshake.sid.clone()),
            );
            ids.extend(link.state().joined.values().cloned());
            ids.extend(
                link.connection
                    .journal()
                    .entries()
                    .iter()
                    .take(ENTRIES)
                    .filter_map(|entry| match &entry.what {
                        What::Socket(Packet::Connect {
                            payload: Some(payload),
                            ..
                        }) => payload.get("pid")?.as_str().map(str::to_owned),
                        _ => None,
                    }),
            );
        }
        ids.retain(|id| id.len() >= SHORTEST_ID);
        Self {
            names,
            mentioned: Vec::new(),
            ids,
        }
    }

    /// Returns a sentence that is the same in all scenarios with the same cause.
    fn sentence(&mut self, sentence: &str) -> String {
        let text = self.text(sentence);
        let text = without_limit(&text);
        let text = match &*ORDINAL {
            Some(ordinal) => ordinal.replace_all(&text, "").into_owned(),
            None => text,
        };
        let mut characters = text.chars();
        match characters.next() {
            Some(first) => first.to_uppercase().chain(characters).collect(),
            None => text,
        }
    }

    fn text(&mut self, text: &str) -> String {
        let text = self.ids.iter().fold(text.to_owned(), |text, id| {
            text.replace(id.as_str(), PLACEHOLDER)
        });
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        let mut is_in_word = false;
        while let Some(next) = rest.chars().next() {
            if !is_in_word && let Some(name) = self.name_at(rest) {
                rest = rest.get(name.len()..).unwrap_or_default();
                out.push_str(self.mention(name));
                is_in_word = true;
                continue;
            }
            is_in_word = is_of_word(next) || matches!(next, '.' | '$' | '/');
            out.push(next);
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
        out
    }

    /// Returns the name of a client with which `rest` begins, if the name is a whole word.
    fn name_at(&self, rest: &str) -> Option<String> {
        let is_whole = |after: &str| !after.starts_with(is_of_word);
        let mut names = self.names.iter();
        names
            .find(|name| rest.strip_prefix(name.as_str()).is_some_and(is_whole))
            .cloned()
    }

    /// Returns the words for a client: the first client that is mentioned is "a client".
    fn mention(&mut self, name: String) -> &'static str {
        let known = self.mentioned.iter().position(|known| *known == name);
        match known {
            Some(0) => "the client",
            Some(1) => "the second client",
            Some(_) => "the further client",
            None => {
                self.mentioned.push(name);
                match self.mentioned.len() {
                    1 => "a client",
                    2 => "a second client",
                    _ => "a further client",
                }
            }
        }
    }
}

/// Returns true for a character that can be a part of a name. A backtick belongs to it: a name in backticks is the name
/// of an event or a field, not of a client.
fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '`' | '"')
}

/// Returns true if failures of this kind have different causes for different clients of a scenario. For example, a
/// message that its sender receives and a message that a stranger receives are different mistakes of a server.
fn depends_on_names(kind: FailureKind) -> bool {
    match kind {
        FailureKind::CheckFailed
        | FailureKind::DeliveredToOutsider
        | FailureKind::DeliveredTwice
        | FailureKind::NotDelivered
        | FailureKind::RefusalMisdirected
        | FailureKind::RefusalNotReported
        | FailureKind::SameId
        | FailureKind::WrongContent
        | FailureKind::WrongOrder => true,
        FailureKind::AcknowledgedTwice
        | FailureKind::ConnectionEnded
        | FailureKind::ConnectionFailed
        | FailureKind::ConnectionStayedOpen
        | FailureKind::IllegalFrame
        | FailureKind::IllegalHttp
        | FailureKind::IllegalPacket
        | FailureKind::InternalsLeaked
        | FailureKind::NoResponse
        | FailureKind::NotAcknowledged
        | FailureKind::NotDisconnected
        | FailureKind::NotRefused
        | FailureKind::SecretLeaked
        | FailureKind::SentAfterDisconnect
        | FailureKind::SentBeforeConnect
        | FailureKind::ServerDied
        | FailureKind::ServerStuck
        | FailureKind::TooEarly
        | FailureKind::TooLate
        | FailureKind::UnexpectedPacket
        | FailureKind::UnexpectedResponse
        | FailureKind::WrongClose
        | FailureKind::WrongRefusal
        | FailureKind::WrongResponse
        | FailureKind::WronglyAcknowledged
        | FailureKind::WronglyRefused => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples;

    fn general(names: &[&str]) -> Generalised {
        Generalised {
            names: names.iter().map(ToString::to_string).collect(),
            mentioned: Vec::new(),
            ids: vec!["bce228ae8f68".to_owned(), "teWsl3K_owFkbBIYxBXc".to_owned()],
        }
    }

    #[test]
    fn names_ids_and_limits_are_no_part_of_a_cause() {
        let mut one = general(&["sender", "member"]);
        assert_eq!(
            one.sentence("The server did not acknowledge sender's `send-to-room` within 5 s."),
            "The server did not acknowledge a client's `send-to-room` in time."
        );
        assert_eq!(
            one.text(r#"43["room-bce228ae8f68","teWsl3K_owFkbBIYxBXc"]"#),
            r#"43["room-…","…"]"#
        );
        assert_eq!(
            one.text("member: 1, sender: 0"),
            "a second client: 1, the client: 0"
        );
    }

    #[test]
    fn a_name_inside_another_word_stays() {
        let mut one = general(&["host", "user"]);
        assert_eq!(
            one.sentence("host received the event `user` from user-2 at hosting, not $x.user"),
            "A client received the event `user` from user-2 at hosting, not $x.user"
        );
        for (sentence, general) in [
            (
                "host's connection was still open after 900 ms; end it.",
                "The client's connection was still open; end it.",
            ),
            (
                "host's connection was still open after 900 ms (90 % of what it said); end it.",
                "The client's connection was still open; end it.",
            ),
            (
                "host got nothing within 1 min 2.5 s (`within: ${ 1 + target.grace }`, where it is 2).",
                "The client got nothing in time.",
            ),
        ] {
            assert_eq!(one.sentence(sentence), general);
        }
    }

    #[test]
    fn the_number_of_an_event_is_no_part_of_a_cause() {
        let mut one = general(&["ann"]);
        assert_eq!(
            one.sentence("ann did not receive `room-message` (2 of 30)."),
            "A client did not receive `room-message`."
        );
    }

    #[test]
    fn other_evidence_is_another_cause() {
        let cause = |sentence: &str, evidence: &[&str]| super::cause(sentence.to_owned(), evidence);
        let one = cause("It was wrong.", &["wrong-content", "1", "2"]);
        assert_eq!(one, cause("It was wrong.", &["wrong-content", "1", "2"]));
        assert_eq!(one.id.len(), 2 * ID_BYTES);
        for other in [
            cause("It was wrong.", &["wrong-content", "1", "3"]),
            cause("It was wrong.", &["wrong-content", "12", ""]),
            cause("It was wrong.", &["wrong-order", "1", "2"]),
            cause("It is wrong.", &["wrong-content", "1", "2"]),
        ] {
            assert_ne!(one.id, other.id);
        }
    }

    #[test]
    fn a_pass_and_a_skip_have_no_cause() {
        assert_eq!(of_reason(&samples::passed()), None);
        assert_eq!(of_reason(&samples::skipped()), None);
        let errored = of_reason(&samples::errored()).unwrap();
        assert_eq!(errored.sentence, samples::errored().reason.unwrap());
    }
}
