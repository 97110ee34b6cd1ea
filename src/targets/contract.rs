//! The contract: the operations, events and credentials that scenarios expect of an application (docs/contract.md).

/// An operation: an event that the contract application handles, such as `join-room`.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name of the event in scenarios.
    pub name: &'static str,
    /// The capabilities that a target with this operation provides.
    pub capabilities: &'static [&'static str],
    /// The event that the application sends because of this operation; `None` if it sends none.
    pub causes: Option<&'static str>,
}

/// All operations, in the order of docs/contract.md.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "echo",
        capabilities: &["acks"],
        causes: Some("echo-back"),
    },
    Operation {
        name: "message",
        capabilities: &["events", "binary"],
        causes: Some("message-back"),
    },
    Operation {
        name: "message-with-ack",
        capabilities: &["acks"],
        causes: None,
    },
    Operation {
        name: "whoami",
        capabilities: &["acks"],
        causes: None,
    },
    Operation {
        name: "ack-nothing",
        capabilities: &["acks"],
        causes: None,
    },
    Operation {
        name: "ack-error",
        capabilities: &["acks"],
        causes: None,
    },
    Operation {
        name: "ack-late",
        capabilities: &["acks"],
        causes: None,
    },
    Operation {
        name: "ack-twice",
        capabilities: &["acks"],
        causes: None,
    },
    Operation {
        name: "ack-never",
        capabilities: &["acks"],
        causes: None,
    },
    Operation {
        name: "fail",
        capabilities: &["exceptions"],
        causes: Some("exception"),
    },
    Operation {
        name: "crash",
        capabilities: &["exceptions"],
        causes: Some("exception"),
    },
    Operation {
        name: "validate",
        capabilities: &["exceptions"],
        causes: Some("exception"),
    },
    Operation {
        name: "ask",
        capabilities: &["server-acks"],
        causes: Some("question"),
    },
    Operation {
        name: "ask-room",
        capabilities: &["server-acks", "broadcast-acks"],
        causes: Some("question"),
    },
    Operation {
        name: "join-room",
        capabilities: &["rooms"],
        causes: None,
    },
    Operation {
        name: "join-room-late",
        capabilities: &["late-joins"],
        causes: None,
    },
    Operation {
        name: "leave-room",
        capabilities: &["rooms"],
        causes: None,
    },
    Operation {
        name: "send-to-room",
        capabilities: &["rooms"],
        causes: Some("room-message"),
    },
    Operation {
        name: "announce-to-room",
        capabilities: &["rooms"],
        causes: Some("room-message"),
    },
    Operation {
        name: "send-to-rooms",
        capabilities: &["rooms"],
        causes: Some("room-message"),
    },
    Operation {
        name: "send-except",
        capabilities: &["rooms-except"],
        causes: Some("room-message"),
    },
    Operation {
        name: "announce-except",
        capabilities: &["rooms-except"],
        causes: Some("room-message"),
    },
    Operation {
        name: "send-to-others",
        capabilities: &["broadcast"],
        causes: Some("broadcast-message"),
    },
    Operation {
        name: "announce",
        capabilities: &["broadcast"],
        causes: Some("broadcast-message"),
    },
    Operation {
        name: "announce-local",
        capabilities: &["broadcast"],
        causes: Some("broadcast-message"),
    },
    Operation {
        name: "announce-volatile",
        capabilities: &["volatile"],
        causes: Some("broadcast-message"),
    },
    Operation {
        name: "send-binary-to-room",
        capabilities: &["rooms", "binary"],
        causes: Some("room-binary"),
    },
    Operation {
        name: "send-direct",
        capabilities: &["direct"],
        causes: Some("direct-message"),
    },
    Operation {
        name: "members",
        capabilities: &["room-counts"],
        causes: None,
    },
    Operation {
        name: "sockets",
        capabilities: &["room-counts"],
        causes: None,
    },
    Operation {
        name: "move-members",
        capabilities: &["sockets-join"],
        causes: None,
    },
    Operation {
        name: "online",
        capabilities: &["presence"],
        causes: None,
    },
    Operation {
        name: "kick-me",
        capabilities: &["server-disconnect"],
        causes: Some("member-left"),
    },
    Operation {
        name: "kick-room",
        capabilities: &["server-disconnect"],
        causes: Some("member-left"),
    },
    Operation {
        name: "watch-room",
        capabilities: &["watch"],
        causes: None,
    },
];

/// Returns true if the operation causes the event: the contract application sends the event because of the operation.
pub fn causes(operation: &str, event: &str) -> bool {
    OPERATIONS
        .iter()
        .any(|known| known.name == operation && known.causes == Some(event))
}

/// The events that the application sends, sorted by name.
pub const EVENTS: &[&str] = &[
    "auth",
    "broadcast-message",
    "direct-message",
    "echo-back",
    "exception",
    "member-left",
    "message-back",
    "question",
    "room-binary",
    "room-message",
];

/// The namespaces of the contract, except those with any number of digits (`/dynamic-…`). A target's manifest can give
/// them other names or declare them absent.
pub const NAMESPACES: &[&str] = &["/", "/admin", "/chat", "/custom", "/late", "/slow"];

/// The credentials that the shipped scenarios present, in the order of docs/targets.md.
pub const CREDENTIALS: &[&str] = &[
    "valid",
    "other",
    "admin",
    "expired",
    "not_yet_valid",
    "wrong_signature",
    "wrong_algorithm",
    "unsigned",
    "malformed",
    "banned",
    "deleted",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::Capability;

    const CONTRACT: &str = include_str!("../../docs/contract.md");
    const TARGETS: &str = include_str!("../../docs/targets.md");

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
            let named = EVENTS.iter().find(|event| {
                operation.name != "watch-room" && row.contains(&format!("`{event}`"))
            });
            let sibling = OPERATIONS
                .iter()
                .find(|other| row.contains(&format!("as `{}`", other.name)));
            let caused = match (named, sibling) {
                (Some(event), _) => Some(*event),
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
        for event in EVENTS {
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
}
