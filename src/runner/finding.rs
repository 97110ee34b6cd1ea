//! What a step found wrong, before it becomes evidence in an [`super::Outcome`].

use crate::{
    scenario::{Level, Mismatch, Span, TemplateError},
    targets::BindingError,
};

/// One thing that is not as it should be.
#[derive(Clone, Debug, Default)]
pub(super) struct Finding {
    /// A sentence for people.
    pub(super) sentence: String,
    /// What was expected.
    pub(super) expected: Option<String>,
    /// What came in its place.
    pub(super) received: Option<String>,
    /// The line of the scenario.
    pub(super) span: Option<Span>,
    /// The id of a rule that holds without a step.
    pub(super) invariant: Option<&'static str>,
    /// Overrides the scenario's level.
    pub(super) level: Option<Level>,
}

/// Why a scenario goes no further.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// The target did wrong.
    Breach(Box<Finding>),
    /// The scenario does not suit the target, which was seen only on the way.
    Inapplicable(Box<Finding>),
    /// It could not be judged; never the target's fault.
    Unjudged(Box<Finding>),
}

/// What a step comes to.
pub(super) type Stepped<T = ()> = Result<T, Stop>;

impl Finding {
    /// A finding that is only a sentence.
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            ..Self::default()
        }
    }

    /// With what was expected.
    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// With what came.
    pub(super) fn received(mut self, received: impl Into<String>) -> Self {
        self.received = Some(received.into());
        self
    }

    /// With the invariant that it breaks.
    pub(super) fn invariant(mut self, id: &'static str) -> Self {
        self.invariant = Some(id);
        self
    }

    /// With expected and received taken from a difference.
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

    /// As a breach by the target.
    pub(super) fn breach(self) -> Stop {
        Stop::Breach(Box::new(self))
    }

    /// As a reason why the scenario does not suit the target.
    pub(super) fn inapplicable(self) -> Stop {
        Stop::Inapplicable(Box::new(self))
    }

    /// As something that prevents a judgement.
    pub(super) fn unjudged(self) -> Stop {
        Stop::Unjudged(Box::new(self))
    }
}

impl Stop {
    /// Gives the finding a place, unless it has one.
    pub(super) fn at(mut self, span: Span) -> Self {
        self.finding_mut().span.get_or_insert(span);
        self
    }

    /// Gives the finding a level, unless it has one.
    pub(super) fn level(mut self, level: Option<Level>) -> Self {
        let finding = self.finding_mut();
        finding.level = finding.level.or(level);
        self
    }

    /// What was found, whatever it comes to.
    pub(super) fn into_finding(self) -> Box<Finding> {
        let (Self::Breach(finding) | Self::Inapplicable(finding) | Self::Unjudged(finding)) = self;
        finding
    }

    fn finding_mut(&mut self) -> &mut Finding {
        let (Self::Breach(finding) | Self::Inapplicable(finding) | Self::Unjudged(finding)) = self;
        finding
    }
}

impl From<BindingError> for Stop {
    fn from(error: BindingError) -> Self {
        Finding::new(format!("It can't be sent to this target: {error}.")).unjudged()
    }
}

impl From<TemplateError> for Stop {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Unwieldy { .. } => Finding::new(error.to_string()).inapplicable(),
            _ => Finding::new(format!("The scenario can't be filled in: {error}.")).unjudged(),
        }
    }
}
