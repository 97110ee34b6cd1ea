//! Transcripts that differ between the repeats of a scenario in one run, and what to write into the scenario.

use serde_json::Value;

use crate::runner::{Transcript, TranscriptLine};

/// How the transcripts of two repeats differ.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Unsteady {
    /// The lines that differ first: the lane, then `- one` and `+ other`.
    pub(super) difference: Vec<String>,
    /// What to write into the scenario; `None` if no value differs, but the lines do.
    pub(super) proposal: Option<String>,
}

/// Returns how two transcripts differ first, or `None` if they are the same.
pub(super) fn between(one: &Transcript, other: &Transcript) -> Option<Unsteady> {
    if one.lanes == other.lanes {
        return None;
    }
    let pairs = one.lanes.iter().zip(&other.lanes);
    let lane = pairs
        .filter(|(one, other)| one != other)
        .map(|(one, other)| {
            let lines = |lane: &crate::runner::TranscriptLane| {
                let lines = lane.lines.iter().chain(&lane.also);
                lines.cloned().collect::<Vec<_>>()
            };
            (one.client.clone(), lines(one), lines(other))
        })
        .next();
    let Some((client, one, other)) = lane else {
        return Some(Unsteady {
            difference: Vec::new(),
            proposal: None,
        });
    };
    let first = one
        .iter()
        .zip(&other)
        .position(|(one, other)| one != other)
        .unwrap_or_else(|| one.len().min(other.len()));
    let (one, other) = (one.get(first), other.get(first));
    let mut difference = vec![format!("[{client}]")];
    difference.extend(one.map(|line| format!("- {}", written(line))));
    difference.extend(other.map(|line| format!("+ {}", written(line))));
    Some(Unsteady {
        difference,
        proposal: one.zip(other).and_then(|(one, other)| proposal(one, other)),
    })
}

fn written(line: &TranscriptLine) -> String {
    let sign = if line.received { '<' } else { '>' };
    format!("{sign} {}", line.text)
}

/// Returns what to write into the scenario so that two lines are the same. Returns `None` if they differ in more than
/// the arguments of one packet.
fn proposal(one: &TranscriptLine, other: &TranscriptLine) -> Option<String> {
    let ((head, one), (other_head, other)) = (split(&one.text)?, split(&other.text)?);
    if head != other_head {
        return None;
    }
    // The first item of an event is its name.
    let names = match head.get(..2)? {
        "42" | "45" => 1,
        "43" | "46" => 0,
        _ => return None,
    };
    let (one, other) = (one.as_array()?, other.as_array()?);
    if one.len() != other.len() || one.get(..names) != other.get(..names) {
        return None;
    }
    let pairs = one.iter().zip(other).skip(names);
    let found = pairs.enumerate().find_map(|(index, (one, other))| {
        let path = format!("args.{index}");
        (one != other).then(|| difference(&path, one, other))
    });
    let (kind, path) = found?;
    Some(format!("snapshot: {{ {kind}: [{path}] }}"))
}

/// Returns the head of a packet, up to its arguments, and the arguments.
fn split(text: &str) -> Option<(&str, Value)> {
    let (head, body) = text.split_at(text.find('[')?);
    Some((head, serde_json::from_str(body).ok()?))
}

/// Returns `sort` and the place of the first list that holds the same items in another order, or `redact` and the place
/// of the first value that differs.
fn difference(path: &str, one: &Value, other: &Value) -> (&'static str, String) {
    match (one, other) {
        (Value::Array(first), Value::Array(second)) if first.len() == second.len() => {
            if sorted(first) == sorted(second) {
                return ("sort", path.to_owned());
            }
            let pairs = first.iter().zip(second).enumerate();
            let differing = pairs.into_iter().find(|(_, (one, other))| one != other);
            match differing {
                Some((index, (one, other))) => difference(&format!("{path}.{index}"), one, other),
                None => ("redact", path.to_owned()),
            }
        }
        (Value::Object(first), Value::Object(second)) => {
            let differing = first.iter().find_map(|(key, one)| {
                let other = second.get(key)?;
                (one != other).then_some((key, one, other))
            });
            match differing {
                Some((key, one, other)) => difference(&format!("{path}.{key}"), one, other),
                None => ("redact", path.to_owned()),
            }
        }
        _ => ("redact", path.to_owned()),
    }
}

fn sorted(items: &[Value]) -> Vec<String> {
    let mut texts: Vec<_> = items.iter().map(Value::to_string).collect();
    texts.sort();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed(one: &str, other: &str) -> Option<String> {
        let line = |text: &str| TranscriptLine {
            received: true,
            text: text.to_owned(),
        };
        proposal(&line(one), &line(other))
    }

    #[test]
    fn the_value_that_differs_is_proposed() {
        for (one, other, expected) in [
            (
                r#"42["news",{"id":1,"at":"a"}]"#,
                r#"42["news",{"id":1,"at":"b"}]"#,
                Some("snapshot: { redact: [args.0.at] }"),
            ),
            (
                r#"42/chat,["news",[{"id":1}]]"#,
                r#"42/chat,["news",[{"id":2}]]"#,
                Some("snapshot: { redact: [args.0.0.id] }"),
            ),
            (
                r#"430[true,{"members":["a","b"]}]"#,
                r#"430[true,{"members":["b","a"]}]"#,
                Some("snapshot: { sort: [args.1.members] }"),
            ),
            (r#"42["news"]"#, r#"42["other"]"#, None),
            (r#"42["news",1]"#, r#"42["news",1,2]"#, None),
            ("closed: close frame 1000", "closed: close frame 1001", None),
        ] {
            assert_eq!(proposed(one, other).as_deref(), expected, "{one}");
        }
    }
}
