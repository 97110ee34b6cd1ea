//! Groups of equal changes, so that a reviewer answers one question for what changed in many scenarios.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use regex::{Captures, Regex};

use super::{Change, LaneDifference, Presence, Row, differences};

/// What two changes have in common if they are the same change in two scenarios.
#[derive(Eq, Hash, PartialEq)]
enum Kind {
    /// A new section with this verdict.
    New(String),
    /// A section that is gone.
    Gone,
    /// Other lines, another verdict, or both.
    Changed {
        /// Each piece of a lane that differs: the lines before, and the lines after.
        pieces: BTreeSet<(Vec<String>, Vec<String>)>,
        /// Whether only one version has one of the clients.
        lone_clients: BTreeSet<Presence>,
        verdicts: Option<(String, String)>,
    },
}

/// Returns the changes in groups, as their places in `changes`. The changes of a group replace the same lines by the
/// same lines, however often and in whichever lanes, and change the verdict in the same way. Largest groups come first.
///
/// Lines are the same if they differ only in the names of clients and rooms, in marked texts, and in the ids of
/// acknowledgements, because the author of a scenario chooses these.
pub fn groups(changes: &[&Change]) -> Vec<Vec<usize>> {
    let mut places: HashMap<Kind, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let place = *places.entry(kind(change)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

fn kind(change: &Change) -> Kind {
    match change {
        Change::New(section) => Kind::New(section.verdict().to_owned()),
        Change::Gone(_) => Kind::Gone,
        Change::Changed { .. } => Kind::Changed {
            pieces: differences(change).iter().flat_map(pieces).collect(),
            lone_clients: differences(change)
                .iter()
                .map(|lane| lane.presence)
                .filter(|presence| *presence != Presence::Both)
                .collect(),
            verdicts: change
                .verdicts()
                .map(|(old, new)| (old.to_owned(), new.to_owned())),
        },
    }
}

/// Returns the pieces of a lane that differ: the lines before, and the lines after.
fn pieces(lane: &LaneDifference) -> Vec<(Vec<String>, Vec<String>)> {
    let runs = lane
        .rows
        .chunk_by(|one, next| one.differs() == next.differs());
    runs.filter(|rows| rows.iter().any(Row::differs))
        .map(|rows| {
            let mut names = Names::default();
            let old = rows.iter().filter_map(Row::before);
            let old = old.map(|line| names.number(line)).collect();
            let new = rows.iter().filter_map(Row::after);
            (old, new.map(|line| names.number(line)).collect())
        })
        .collect()
}

/// A placeholder that names a client, or one of several values: `<sid:alice>`, `<session:bob>`, `<id:3>`.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("<(sid|session|pid|offset|id|unique|bytes):([^<>]*)>")
        .expect("the pattern is a literal")
});

/// A text that the author of a scenario chose, with a unique name in it: `"<room>"`, `"the-<room>"`.
static CHOSEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""[^"<>]*<(?:room|other_room|user|marker|text|unique)(?::[^<>]*)?>[^"<>]*""#)
        .expect("the pattern is a literal")
});

/// The id of an acknowledgement, in front of the arguments: `42/chat,17["join"]`.
static ACKNOWLEDGED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^([<>] 4[2356](?:\d+-)?(?:/[^,]*,)?)\d+\[").expect("the pattern is a literal")
});

/// Numbers the names and the chosen texts in one group of lines, in the order in which they appear. Different names get
/// different numbers.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    /// Returns a line with numbers in place of names, and without the id of an acknowledgement.
    fn number(&mut self, line: &str) -> String {
        let line = CHOSEN.replace_all(line, |found: &Captures<'_>| {
            format!("\"<chosen:{}>\"", self.number_of(&found[0]))
        });
        let line = NAMED.replace_all(&line, |found: &Captures<'_>| {
            format!("<{}:{}>", &found[1], self.number_of(&found[2]))
        });
        let line = ACKNOWLEDGED.replace(&line, |found: &Captures<'_>| format!("{}N[", &found[1]));
        line.into_owned()
    }

    fn number_of(&mut self, name: &str) -> usize {
        let next = self.0.len() + 1;
        *self.0.entry(name.to_owned()).or_insert(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_loses_what_the_author_of_a_scenario_chose() {
        for (line, kept) in [
            (r#"< 40{"sid":"<sid:alice>"}"#, r#"< 40{"sid":"<sid:1>"}"#),
            (
                r#"< 42["m","<sid:bob>","<sid:al>","<sid:bob>"]"#,
                r#"< 42["m","<sid:1>","<sid:2>","<sid:1>"]"#,
            ),
            (
                r#"> 40{"token":"<token:valid>"}"#,
                r#"> 40{"token":"<token:valid>"}"#,
            ),
            (r#"> 4217["join","a"]"#, r#"> 42N["join","a"]"#),
            (r#"< 43/chat,2[{"ok":true}]"#, r#"< 43/chat,N[{"ok":true}]"#),
            (r#"< 461-/chat,2[{}]"#, r#"< 461-/chat,N[{}]"#),
            (r#"< 42["n",17]"#, r#"< 42["n",17]"#),
            (
                r#"> 42["m","the-<room>","<other_room>","the-<room>"]"#,
                r#"> 42["m","<chosen:1>","<chosen:2>","<chosen:1>"]"#,
            ),
            ("< closed: close frame 1000", "< closed: close frame 1000"),
        ] {
            assert_eq!(Names::default().number(line), kept);
        }
    }
}
