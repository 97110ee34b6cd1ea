//! Findings: what steps and invariants found, its kinds, and the evidence that a report shows.

pub(super) mod error_kind;
pub(super) mod evidence;
pub(super) mod failure_kind;
pub(super) mod illegal_data;
pub(super) mod trace;
pub(super) mod unanswered_connect;

use self::{error_kind::ErrorKind, failure_kind::FailureKind};
use crate::{
    scenario::{ClientName, Invariant, Level, Mismatch, Span, TemplateError},
    targets::BindingError,
    text::{clip, excerpt, excerpts_of_difference},
};

/// The limit on the text of what a client waited for, in bytes.
const AWAITED_BYTES: usize = 500;

/// Something that the target did wrong.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// What the target did wrong.
    pub(super) kind: FailureKind,
    /// The text of the finding, for people.
    pub(super) detail: Detail,
    /// The invariant that the target broke. `None` if a step made the finding.
    pub(super) invariant: Option<Invariant>,
    /// The requirement level of the finding (`must` or `should`), if it differs from the scenario's level.
    pub(super) level: Option<Level>,
}

/// An obstacle: why a scenario can't be judged or does not apply to the target. The target did nothing wrong.
#[derive(Clone, Debug)]
pub(super) struct Obstacle {
    /// The kind of error, such as `out-of-files`; `None` if the cause of the obstacle has no kind of its own.
    pub(super) kind: Option<ErrorKind>,
    /// The text of the obstacle, for people.
    pub(super) detail: Detail,
}

/// The text of a finding or an obstacle, for people.
#[derive(Clone, Debug, Default)]
pub(super) struct Detail {
    /// One sentence that makes sense alone: what happened, to which client, and what was expected.
    pub(super) sentence: String,
    /// What the scenario expects in place of what happened.
    pub(super) expected: Option<String>,
    /// What was received instead.
    pub(super) received: Option<String>,
    /// What a client waited for in vain; `None` if something else went wrong.
    pub(super) missing: Option<Awaited>,
    /// The lenient form of the step that the target meets, as it stands in the scenario. `None` if the step tolerates
    /// nothing else.
    pub(super) tolerated: Option<String>,
    /// The cause in a sentence that is the same in all scenarios with this cause. `None` if sentence, expectation and
    /// received value together are the cause.
    pub(super) cause: Option<String>,
    /// The sentence without values, times and positions: together with the kind it is the cause, in which names of
    /// clients are left out. `None` if the evidence belongs to the cause.
    pub(super) gist: Option<String>,
    /// The place in the scenario file that the text is about.
    pub(super) span: Option<Span>,
}

/// An event, packet or answer that a client waited for.
#[derive(Clone, Debug)]
pub(super) struct Awaited {
    /// The name of the client.
    pub(super) client: String,
    /// What has to come, in the words of the scenario language.
    pub(super) what: String,
}

/// Why a scenario stops.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// The target did something wrong.
    Breach(Box<Finding>),
    /// The scenario does not apply to the target. This became known only while the scenario ran.
    Inapplicable(Box<Obstacle>),
    /// The scenario could not be judged.
    Unjudged(Box<Obstacle>),
}

/// The result of a step: a value, or why the scenario stops.
pub(super) type StepResult<T = ()> = Result<T, Stop>;

impl Finding {
    /// Creates a finding that has only a sentence.
    pub(super) fn new(kind: FailureKind, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            detail: Detail {
                sentence: sentence.into(),
                ..Detail::default()
            },
            invariant: None,
            level: None,
        }
    }

    /// Adds to the finding what was expected.
    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.detail.expected = Some(expected.into());
        self
    }

    /// Adds to the finding what was received.
    pub(super) fn received(mut self, received: impl Into<String>) -> Self {
        self.detail.received = Some(received.into());
        self
    }

    /// Adds to the finding that the client with this name waited in vain for what was expected.
    pub(super) fn missed_by(mut self, client: &ClientName) -> Self {
        self.detail.missing = self.detail.expected.as_ref().map(|expected| Awaited {
            client: client.to_string(),
            what: clip(expected, AWAITED_BYTES),
        });
        self
    }

    /// Adds the cause: a sentence without names and ids, which all scenarios with this cause share.
    pub(super) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.detail.cause = Some(cause.into());
        self
    }

    /// Adds the gist: the sentence without what differs between scenarios in which the same goes wrong, apart from the
    /// names of clients.
    pub(super) fn gist(mut self, gist: impl Into<String>) -> Self {
        self.detail.gist = Some(gist.into());
        self
    }

    /// Adds to the finding the invariant that the target broke.
    pub(super) fn invariant(mut self, invariant: Invariant) -> Self {
        self.invariant = Some(invariant);
        self
    }

    /// Adds to the finding what was expected and what was received, both from a mismatch.
    pub(super) fn mismatch(self, mismatch: &Mismatch) -> Self {
        let place = if mismatch.path.is_empty() {
            String::new()
        } else {
            format!("{}: ", mismatch.path)
        };
        let received = mismatch
            .received
            .as_ref()
            .map_or_else(|| "nothing".to_owned(), ToString::to_string);
        self.expected(format!("{place}{}", mismatch.expected))
            .received(format!("{place}{received}"))
    }

    /// Creates a finding about a value that differs from the expectation.
    ///
    /// `subject` names the value at the start of a sentence: "alice's open packet".
    pub(super) fn wrong(kind: FailureKind, subject: &str, mismatch: &Mismatch) -> Self {
        let sentence = format!("{subject} {}.", describe_mismatch(mismatch));
        let mut finding = Self::new(kind, sentence).mismatch(mismatch);
        // A subject without the name of an event, such as "a packet", says too little without the values.
        if !mismatch.path.is_empty() || subject.contains('`') {
            finding.detail.gist = Some(format!("{subject} {}.", outline_mismatch(mismatch)));
        }
        finding
    }

    /// Returns true if a wait failed for the reason that the server broke the invariant of `broken`: something did not
    /// arrive, or the connection ended, after illegal data; or no acknowledgement came, but one that the client could
    /// not take for the answer to its request.
    pub(in crate::runner) fn can_follow_from(&self, broken: &Self) -> bool {
        let is_failed_wait = match broken.kind {
            FailureKind::IllegalFrame | FailureKind::IllegalPacket => matches!(
                self.kind,
                FailureKind::ConnectionEnded
                    | FailureKind::NoResponse
                    | FailureKind::NotAcknowledged
                    | FailureKind::NotDelivered
                    | FailureKind::NotDisconnected
                    | FailureKind::RefusalNotReported
                    | FailureKind::ServerStuck
            ),
            FailureKind::SentAfterDisconnect
            | FailureKind::SentBeforeConnect
            | FailureKind::WronglyAcknowledged => self.kind == FailureKind::NotAcknowledged,
            FailureKind::AcknowledgedTwice
            | FailureKind::CheckFailed
            | FailureKind::ConnectionEnded
            | FailureKind::ConnectionFailed
            | FailureKind::ConnectionStayedOpen
            | FailureKind::DeliveredToOutsider
            | FailureKind::DeliveredTwice
            | FailureKind::IllegalHttp
            | FailureKind::InternalsLeaked
            | FailureKind::NoResponse
            | FailureKind::NotAcknowledged
            | FailureKind::NotDelivered
            | FailureKind::NotDisconnected
            | FailureKind::NotRefused
            | FailureKind::RefusalMisdirected
            | FailureKind::RefusalNotReported
            | FailureKind::SameId
            | FailureKind::SecretLeaked
            | FailureKind::ServerDied
            | FailureKind::ServerStuck
            | FailureKind::TooEarly
            | FailureKind::TooLate
            | FailureKind::UnexpectedPacket
            | FailureKind::UnexpectedResponse
            | FailureKind::WrongClose
            | FailureKind::WrongContent
            | FailureKind::WrongOrder
            | FailureKind::WrongRefusal
            | FailureKind::WrongResponse
            | FailureKind::WronglyRefused => false,
        };
        is_failed_wait && self.invariant.is_none()
    }

    /// Turns the finding into a reason to stop the scenario.
    pub(super) fn breach(self) -> Stop {
        Stop::Breach(Box::new(self))
    }
}

/// Returns what was received and expected, as the rest of a sentence: "had "ho" at `text`; expected "hi"". Long values
/// are shortened.
pub(super) fn describe_mismatch(mismatch: &Mismatch) -> String {
    let received = mismatch.received.as_ref().map(ToString::to_string);
    let (received, expected) = match received {
        Some(received) => {
            let (received, expected) = excerpts_of_difference(&received, &mismatch.expected);
            (Some(received), expected)
        }
        None => (None, excerpt(&mismatch.expected)),
    };
    let had = match (received, mismatch.path.as_str()) {
        (Some(received), "") => format!("was {received}"),
        (Some(received), path) => format!("had {received} at `{path}`"),
        (None, "") => "was missing".to_owned(),
        (None, path) => format!("had no `{path}`"),
    };
    format!("{had}; expected {expected}")
}

/// Returns which part of a value differs from the expectation, as the rest of a sentence: "had another `text` than
/// expected".
fn outline_mismatch(mismatch: &Mismatch) -> String {
    let path = in_any_item(&mismatch.path);
    match (&mismatch.received, path.as_str()) {
        (Some(_), "") => "was another than expected".to_owned(),
        (Some(_), path) => format!("had another `{path}` than expected"),
        (None, "") => "was missing".to_owned(),
        (None, path) => format!("had no `{path}`"),
    }
}

/// Returns a path with `[…]` in place of each position in a list.
fn in_any_item(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((_, behind)) = after.split_once(']') else {
            break;
        };
        out.push_str(before);
        out.push_str("[…]");
        rest = behind;
    }
    out + rest
}

impl Obstacle {
    /// Creates an obstacle from a sentence.
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self {
            kind: None,
            detail: Detail {
                sentence: sentence.into(),
                ..Detail::default()
            },
        }
    }

    /// Adds the kind of error that reports name, such as `out-of-files`.
    pub(super) fn kind(mut self, kind: ErrorKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Turns the obstacle into a reason to stop: the scenario does not apply to the target.
    pub(super) fn inapplicable(self) -> Stop {
        Stop::Inapplicable(Box::new(self))
    }

    /// Turns the obstacle into a reason to stop: the scenario can't be judged.
    pub(super) fn unjudged(self) -> Stop {
        Stop::Unjudged(Box::new(self))
    }
}

impl From<Finding> for Obstacle {
    fn from(finding: Finding) -> Self {
        Self {
            kind: None,
            detail: finding.detail,
        }
    }
}

impl Stop {
    /// Sets the place in the scenario file that the text is about, unless the place is already set.
    pub(super) fn at(mut self, span: Span) -> Self {
        self.detail_mut().span.get_or_insert(span);
        self
    }

    /// Sets the requirement level of a finding, unless the level is already set. Does nothing for an obstacle, which is
    /// nothing that the target did wrong.
    pub(super) fn level(mut self, level: Option<Level>) -> Self {
        if let Self::Breach(finding) = &mut self {
            finding.level = finding.level.or(level);
        }
        self
    }

    /// Returns the text of the finding or the obstacle, for people.
    pub(super) fn into_detail(self) -> Detail {
        match self {
            Self::Breach(finding) => finding.detail,
            Self::Inapplicable(obstacle) | Self::Unjudged(obstacle) => obstacle.detail,
        }
    }

    fn detail_mut(&mut self) -> &mut Detail {
        match self {
            Self::Breach(finding) => &mut finding.detail,
            Self::Inapplicable(obstacle) | Self::Unjudged(obstacle) => &mut obstacle.detail,
        }
    }
}

impl From<BindingError> for Stop {
    fn from(error: BindingError) -> Self {
        let obstacle = Obstacle::new(format!(
            "The target's bindings can't express the request: {error}."
        ));
        match error {
            BindingError::MissingField { .. } => obstacle.inapplicable(),
            BindingError::Template { .. } => obstacle.unjudged(),
        }
    }
}

impl From<TemplateError> for Stop {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::TooLarge { .. } => Obstacle::new(error.to_string()).inapplicable(),
            TemplateError::Expression { .. }
            | TemplateError::NotAList { .. }
            | TemplateError::NotText { .. }
            | TemplateError::MissingHandshakeField { .. }
            | TemplateError::Unset { .. } => Obstacle::new(format!(
                "A value of the scenario can't be computed: {error}."
            ))
            .unjudged(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the gist of a finding about a value that differs at this path.
    fn gist(subject: &str, path: &str, received: Option<i64>) -> Option<String> {
        let mismatch = Mismatch {
            path: path.to_owned(),
            expected: "2".to_owned(),
            received: received.map(Into::into),
        };
        Finding::wrong(FailureKind::WrongContent, subject, &mismatch)
            .detail
            .gist
    }

    #[test]
    fn the_gist_of_a_wrong_value_names_its_place_and_not_the_value() {
        let subject = "The acknowledgement of host's `members`";
        for (path, received, rest) in [
            ("count", Some(3), "had another `count` than expected."),
            ("rooms[12].id", None, "had no `rooms[…].id`."),
            ("", Some(3), "was another than expected."),
        ] {
            let gist = gist(subject, path, received);
            assert_eq!(gist, Some(format!("{subject} {rest}")));
        }
        // Without the name of an event, the value is the only evidence.
        assert_eq!(gist("host's packet", "", Some(3)), None);
    }
}
