//! The words that a reviewer can answer with.

/// An answer to the question about a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reply {
    Accept(Extent),
    Reject(Extent),
    Skip(Extent),
    /// Show the ids of the scenarios with the same change.
    List,
    /// Show the change again.
    Again,
    Undo,
    Quit,
    Help,
}

/// Which changes an answer is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Extent {
    /// The change that is shown.
    One,
    /// All changes of the same kind that have no answer yet.
    Kind,
}

/// The words for each reply, and what the reply does.
const WORDS: [(&[&str], Reply, &str); 11] = [
    (
        &["a", "accept"],
        Reply::Accept(Extent::One),
        "accept the change: the stored transcript is replaced",
    ),
    (
        &["A", "all", "accept all"],
        Reply::Accept(Extent::Kind),
        "accept every change of this kind",
    ),
    (
        &["r", "reject"],
        Reply::Reject(Extent::One),
        "reject the change: the stored transcript stays",
    ),
    (
        &["R", "reject all"],
        Reply::Reject(Extent::Kind),
        "reject every change of this kind",
    ),
    (
        &["s", "skip"],
        Reply::Skip(Extent::One),
        "decide later: the change stays pending",
    ),
    (
        &["S", "skip all"],
        Reply::Skip(Extent::Kind),
        "decide later about every change of this kind",
    ),
    (
        &["l", "list"],
        Reply::List,
        "list the scenarios with a change of this kind",
    ),
    (&["d", "diff"], Reply::Again, "show the change again"),
    (&["u", "undo"], Reply::Undo, "take the last answer back"),
    (
        &["q", "quit"],
        Reply::Quit,
        "end; all answers so far are written",
    ),
    (&["?", "h", "help"], Reply::Help, "show these words"),
];

impl Reply {
    /// Returns the reply that a line means. A single letter can be a capital; words can have any case.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        let is_meant = |word: &&str| match word.len() {
            1 => *word == line,
            _ => word.eq_ignore_ascii_case(line),
        };
        let entry = WORDS.iter().find(|(words, ..)| words.iter().any(is_meant));
        entry.map(|(_, reply, _)| *reply)
    }

    /// Returns a line for each reply: its words, and what it does.
    pub(super) fn help() -> String {
        WORDS
            .iter()
            .map(|(words, _, purpose)| format!("  {:20} {purpose}\n", words.join(", ")))
            .collect()
    }
}
