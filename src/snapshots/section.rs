//! A section of a snapshot: the transcript of one scenario on one transport and profile.

use std::fmt;

use crate::{
    scenario::Transport,
    text::escape::{self, Newlines},
};

/// What names a section: a scenario on one transport and one profile of the target.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Heading {
    id: String,
    transport: Transport,
    profile: Option<String>,
}

/// The transcript of one scenario on one transport and profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Section {
    /// What names the section.
    pub heading: Heading,
    /// The verdict, followed by the kind of failure if there is one: `ok`, `fail · missing-event`.
    verdict: String,
    /// The traffic of each client, in the order in which the scenario names the clients.
    pub lanes: Vec<Lane>,
}

/// The traffic of one client, or of several clients in a row that sent and received the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lane {
    /// The name of the client, or of the first and the last: `crowd[1] … crowd[50]`.
    client: String,
    /// What the client sent, and what the steps of the scenario expected and received, step by step.
    pub steps: Vec<Line>,
    /// What the client received and no step expected, sorted by text.
    pub also: Vec<Line>,
}

/// One packet, or the end of a connection.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Line {
    /// Whether the client sent or received it.
    pub direction: Direction,
    text: String,
}

/// Whether the client sent or received a packet.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Direction {
    /// The client sent it.
    Sent,
    /// The client received it.
    Received,
}

impl Heading {
    /// Returns the heading of a scenario's section. Control characters in the names are escaped.
    pub fn new(id: &str, transport: Transport, profile: Option<&str>) -> Self {
        Self {
            id: on_one_line(id),
            transport,
            profile: profile.map(on_one_line),
        }
    }

    /// Returns the id of the scenario, without its transport.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the transport of each client whose transport the scenario does not name.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Returns the profile of the target. `None` for the target's own settings.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }
}

impl fmt::Display for Heading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} · {}", self.id, self.transport)?;
        match &self.profile {
            Some(profile) => write!(formatter, " · profile {profile}"),
            None => Ok(()),
        }
    }
}

impl Section {
    /// Returns a section. Control characters in the verdict are escaped.
    pub fn new(heading: Heading, verdict: &str, lanes: Vec<Lane>) -> Self {
        Self {
            heading,
            verdict: on_one_line(verdict),
            lanes,
        }
    }

    /// Returns the verdict, followed by the kind of failure if there is one.
    pub fn verdict(&self) -> &str {
        &self.verdict
    }
}

impl Lane {
    /// Returns the traffic of a client. Control characters in the name are escaped.
    pub fn new(client: &str, steps: Vec<Line>, also: Vec<Line>) -> Self {
        Self {
            client: on_one_line(client),
            steps,
            also,
        }
    }

    /// Returns the name of the client, or of the first and the last: `crowd[1] … crowd[50]`.
    pub fn client(&self) -> &str {
        &self.client
    }

    /// Returns the lines as they stand in a file.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let also = (!self.also.is_empty()).then(|| ALSO.to_owned());
        let steps = self.steps.iter().map(Line::to_string);
        steps
            .chain(also)
            .chain(self.also.iter().map(Line::to_string))
    }
}

/// The line before what a client received and no step expected.
pub(super) const ALSO: &str = "also:";

impl Line {
    /// Returns a line. Control characters in the text are escaped, so that it stays one line in every editor.
    pub fn new(direction: Direction, text: &str) -> Self {
        Self {
            direction,
            text: on_one_line(text),
        }
    }

    /// Returns the packet without the sign of its direction.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.text.is_empty() { "" } else { " " };
        write!(formatter, "{}{space}{}", self.direction.sign(), self.text)
    }
}

impl Direction {
    /// Returns the first character of a line.
    fn sign(self) -> char {
        match self {
            Self::Sent => '>',
            Self::Received => '<',
        }
    }
}

/// Escapes what would not be seen in an editor: control characters, and a space at the end, which editors and insta
/// remove.
fn on_one_line(text: &str) -> String {
    let mut text = escape::visible(text, Newlines::Escape);
    let kept = text.trim_end().len();
    let spaces: String = text.drain(kept..).collect();
    text.extend(spaces.chars().flat_map(char::escape_unicode));
    text
}
