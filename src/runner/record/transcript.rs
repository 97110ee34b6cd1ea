//! The transcript of an attempt: what each client sent and received, in a form that is the same in every run of a server
//! that behaves the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::Transport;

/// The transcript of one attempt. The last attempt of a scenario counts.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Transcript {
    /// The id of the item: the scenario's id, followed by `@` and the transport if it ran on more than one.
    pub id: String,
    /// The number of the attempt, from 1.
    pub attempt: usize,
    /// The id of the scenario.
    pub scenario: String,
    /// The transport of each client whose transport the scenario does not name.
    pub transport: Transport,
    /// The profile of the server; `None` if the server ran with the manifest's own settings.
    pub profile: Option<String>,
    /// One lane for each client, in the order in which the scenario names them, then the requests of `http` steps.
    /// Neighbours of one group with the same lines are one lane.
    pub lanes: Vec<TranscriptLane>,
}

/// What one client sent and received.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct TranscriptLane {
    /// The name of the client, or the first and the last name of a group's members: `crowd[1] … crowd[50]`.
    pub client: String,
    /// What the client sent, and what the steps of the scenario received, in the order of the steps.
    pub lines: Vec<TranscriptLine>,
    /// What the client received besides, sorted by text.
    pub also: Vec<TranscriptLine>,
}

/// One packet, frame, request or response, or the end of a connection.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct TranscriptLine {
    /// True if the client received it, false if the client sent it.
    pub received: bool,
    /// The text with placeholders for values that differ from run to run. It has no line breaks.
    pub text: String,
}
