//! Lanes of a group's members that are the same become one lane, and equal lines one line.

use crate::runner::record::transcript::{TranscriptLane, TranscriptLine};

/// The number of equal lines from which on they are shown as one line.
const COUNTED_FROM: usize = 3;

/// Returns the lanes with each run of neighbours of one group, whose lines are the same, as one lane. In its lines, `n`
/// stands for the number of the lane's own member: `<sid:crowd[n]>`.
pub(super) fn folded(lanes: Vec<TranscriptLane>) -> Vec<TranscriptLane> {
    let mut folded: Vec<Run> = Vec::new();
    for lane in lanes {
        let general = general(&lane);
        if let Some(run) = folded.last_mut()
            && general.is_some()
            && run.general == general
        {
            run.last.clone_from(&lane.client);
            continue;
        }
        folded.push(Run {
            last: lane.client.clone(),
            first: lane,
            general,
        });
    }
    folded.into_iter().map(Run::into_lane).collect()
}

/// Returns the lines with each run of equal ones as one line that says how many there are.
pub(super) fn counted(lines: Vec<TranscriptLine>) -> Vec<TranscriptLine> {
    let runs = lines.chunk_by(|one, next| one == next);
    let mut counted = Vec::new();
    for run in runs {
        match run {
            [first, ..] if run.len() >= COUNTED_FROM => counted.push(TranscriptLine {
                received: first.received,
                text: format!("{} ({} times)", first.text, run.len()),
            }),
            run => counted.extend_from_slice(run),
        }
    }
    counted
}

/// Neighbours with the same lines.
struct Run {
    first: TranscriptLane,
    /// The name of the last of them.
    last: String,
    general: Option<General>,
}

/// A lane without the number of its member.
#[derive(Clone, Eq, PartialEq)]
struct General {
    group: String,
    lines: Vec<TranscriptLine>,
    also: Vec<TranscriptLine>,
}

impl Run {
    fn into_lane(self) -> TranscriptLane {
        match self.general {
            Some(general) if self.last != self.first.client => TranscriptLane {
                client: format!("{} … {}", self.first.client, self.last),
                lines: general.lines,
                also: general.also,
            },
            _ => self.first,
        }
    }
}

/// Returns a lane without the number of its member, or `None` if its client belongs to no group.
fn general(lane: &TranscriptLane) -> Option<General> {
    let (group, _) = lane.client.strip_suffix(']')?.split_once('[')?;
    let own = format!(":{}", lane.client);
    let any = format!(":{group}[n]");
    let of = |lines: &[TranscriptLine]| {
        let lines = lines.iter().map(|line| TranscriptLine {
            received: line.received,
            text: line.text.replace(&own, &any),
        });
        lines.collect()
    };
    Some(General {
        group: group.to_owned(),
        lines: of(&lane.lines),
        also: of(&lane.also),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(client: &str, texts: &[&str]) -> TranscriptLane {
        let lines = texts.iter().map(|text| TranscriptLine {
            received: true,
            text: (*text).to_owned(),
        });
        TranscriptLane {
            client: client.to_owned(),
            lines: lines.collect(),
            also: Vec::new(),
        }
    }

    #[test]
    fn neighbours_with_the_same_lines_are_one_lane() {
        let lanes = vec![
            lane("sender", &["x"]),
            lane("crowd[1]", &["40<sid:crowd[1]>", "x"]),
            lane("crowd[2]", &["40<sid:crowd[2]>", "x"]),
            lane("crowd[3]", &["40<sid:crowd[3]>"]),
            lane("crowd[4]", &["40<sid:crowd[4]>", "x"]),
        ];
        let folded = folded(lanes);
        let names: Vec<_> = folded.iter().map(|lane| lane.client.as_str()).collect();
        assert_eq!(
            names,
            ["sender", "crowd[1] … crowd[2]", "crowd[3]", "crowd[4]"]
        );
        let texts: Vec<_> = folded[1].lines.iter().map(|line| &*line.text).collect();
        assert_eq!(texts, ["40<sid:crowd[n]>", "x"]);
    }

    #[test]
    fn equal_lines_are_counted() {
        let lines = lane("x", &["a", "a", "b", "b", "b", "a"]).lines;
        let texts: Vec<_> = counted(lines).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["a", "a", "b (3 times)", "a"]);
    }

    #[test]
    fn a_member_that_received_the_id_of_another_one_is_not_folded() {
        let lanes = vec![
            lane("crowd[1]", &["<sid:crowd[1]>"]),
            lane("crowd[2]", &["<sid:crowd[1]>"]),
        ];
        assert_eq!(folded(lanes).len(), 2);
    }
}
