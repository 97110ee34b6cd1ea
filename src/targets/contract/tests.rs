//! Compares the lists of the contract with the pages that describe them.

use super::*;
use crate::targets::Capability;

const CONTRACT: &str = include_str!("../../../docs/contract.md");
const TARGETS: &str = include_str!("../../../docs/targets.md");

/// Returns the first quoted name of each table row in the sections of docs/contract.md about events.
fn listed() -> Vec<&'static str> {
    let sections = CONTRACT.split("\n## ").filter(|section| {
        ["Events", "Requests", "Rooms", "Users", "Leaving"]
            .iter()
            .any(|title| section.starts_with(title))
    });
    let rows = sections.flat_map(str::lines);
    rows.filter_map(|row| row.strip_prefix("| `")?.split('`').next())
        .collect()
}

#[test]
fn the_page_has_a_row_for_every_operation() {
    let names: Vec<_> = OPERATIONS.iter().map(|operation| operation.name).collect();
    assert_eq!(listed(), names);
    for operation in OPERATIONS {
        let row = format!("| `{}`", operation.name);
        let row = CONTRACT.lines().find(|line| line.starts_with(&row));
        for capability in operation.capabilities {
            assert!(Capability::find(capability).is_some(), "{capability}");
            let named = format!("`{capability}`");
            let is_asking = operation.name.starts_with("ask");
            assert!(
                is_asking || row.is_some_and(|row| row.contains(&named)),
                "{named}"
            );
        }
    }
}

#[test]
fn the_page_says_which_event_an_operation_causes() {
    for operation in OPERATIONS {
        let row = format!("| `{}`", operation.name);
        let row = CONTRACT.lines().find(|line| line.starts_with(&row));
        let row = row.unwrap();
        // The row of `watch-room` describes what the kicks cause, and some rows refer to the row of a sibling.
        let mut events = EVENTS.iter().map(|event| event.name);
        let named = events
            .find(|event| operation.name != "watch-room" && row.contains(&format!("`{event}`")));
        let sibling = OPERATIONS
            .iter()
            .find(|other| row.contains(&format!("as `{}`", other.name)));
        let caused = match (named, sibling) {
            (Some(event), _) => Some(event),
            (None, Some(sibling)) => sibling.causes,
            (None, None) if operation.name == "kick-me" => Some("member-left"),
            (None, None) => None,
        };
        assert_eq!(operation.causes, caused, "{}", operation.name);
    }
    assert!(causes("announce-except", "room-message"));
    assert!(!causes("join-room", "room-message"));
}

#[test]
fn the_pages_name_every_event_namespace_and_credential() {
    for event in EVENTS.iter().map(|event| event.name) {
        assert!(CONTRACT.contains(&format!("`{event}`")), "{event}");
    }
    let section = CONTRACT
        .split("\n## ")
        .find(|part| part.starts_with("Namespaces"));
    let rows = section.unwrap_or_default().lines();
    let mut rows: Vec<_> = rows
        .filter_map(|row| row.strip_prefix("| `/")?.split('`').next())
        .filter(|name| !name.contains('<'))
        .map(|name| format!("/{name}"))
        .collect();
    rows.sort();
    assert_eq!(rows, NAMESPACES);
    for credential in CREDENTIALS {
        assert!(TARGETS.contains(&format!("`{credential}`")), "{credential}");
    }
}

/// Returns the names of the fields of an object as the page writes it: `room` and `after` for `{room, after: ms}`.
fn fields(written: &str) -> Option<Vec<&str>> {
    let inside = written.strip_prefix('{')?.strip_suffix('}')?;
    let parts = inside.split(", ");
    Some(
        parts
            .map(|part| part.split(':').next().unwrap_or_default())
            .collect(),
    )
}

#[test]
fn the_page_says_which_fields_a_payload_has() {
    for operation in OPERATIONS {
        let start = format!("| `{}`", operation.name);
        let row = CONTRACT.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap();
        let after = row[start.len()..].trim();
        let written = after
            .strip_prefix('`')
            .and_then(|text| text.split('`').next());
        match (operation.sent, written.and_then(fields)) {
            (Payload::Fields(known), Some(written)) => assert_eq!(known, written, "{row}"),
            (Payload::Fields(known), None) => {
                assert!(known.is_empty() && after.starts_with('|'), "{row}")
            }
            (Payload::Any, Some(_)) => panic!("{row}"),
            (Payload::Any, None) => assert!(!after.starts_with('|'), "{row}"),
        }
        // Many rows leave out the usual answer, `{"success":true}`.
        let unwritten = |name: &&&str| **name != "success" && !row.contains(&format!("\"{name}\""));
        let unwritten: Vec<_> = operation.answer.fields().iter().filter(unwritten).collect();
        assert!(unwritten.is_empty(), "{row}: {unwritten:?}");
    }
    for event in EVENTS {
        let written = format!("`{}` `{{", event.name);
        let shown = CONTRACT.match_indices(&written).filter_map(|(start, _)| {
            let text = &CONTRACT[start + written.len() - 1..];
            fields(text.split('`').next()?)
        });
        let mut all: Vec<_> = shown.flatten().map(|name| name.trim_matches('"')).collect();
        all.sort_unstable();
        all.dedup();
        let mut known = event.payload.fields().to_vec();
        known.sort_unstable();
        assert!(
            all.iter().all(|name| known.contains(name)),
            "{}: {all:?}",
            event.name
        );
        assert_eq!(
            event.payload == Payload::Any,
            known.is_empty(),
            "{}",
            event.name
        );
    }
}
