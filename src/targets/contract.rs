//! The contract: the operations, events and credentials that scenarios expect of an application (docs/contract.md).

/// An operation: an event that the contract application handles, such as `join-room`.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name of the event in scenarios.
    pub name: &'static str,
    /// The capabilities that a target with this operation provides.
    pub capabilities: &'static [&'static str],
}

/// All operations, in the order of docs/contract.md.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "echo",
        capabilities: &["acks"],
    },
    Operation {
        name: "message",
        capabilities: &["events", "binary"],
    },
    Operation {
        name: "message-with-ack",
        capabilities: &["acks"],
    },
    Operation {
        name: "whoami",
        capabilities: &["acks"],
    },
    Operation {
        name: "ack-nothing",
        capabilities: &["acks"],
    },
    Operation {
        name: "ack-error",
        capabilities: &["acks"],
    },
    Operation {
        name: "ack-late",
        capabilities: &["acks"],
    },
    Operation {
        name: "ack-twice",
        capabilities: &["acks"],
    },
    Operation {
        name: "ack-never",
        capabilities: &["acks"],
    },
    Operation {
        name: "fail",
        capabilities: &["exceptions"],
    },
    Operation {
        name: "crash",
        capabilities: &["exceptions"],
    },
    Operation {
        name: "validate",
        capabilities: &["exceptions"],
    },
    Operation {
        name: "ask",
        capabilities: &["server-acks"],
    },
    Operation {
        name: "ask-room",
        capabilities: &["server-acks", "broadcast-acks"],
    },
    Operation {
        name: "join-room",
        capabilities: &["rooms"],
    },
    Operation {
        name: "join-room-late",
        capabilities: &["late-joins"],
    },
    Operation {
        name: "leave-room",
        capabilities: &["rooms"],
    },
    Operation {
        name: "send-to-room",
        capabilities: &["rooms"],
    },
    Operation {
        name: "announce-to-room",
        capabilities: &["rooms"],
    },
    Operation {
        name: "send-to-rooms",
        capabilities: &["rooms"],
    },
    Operation {
        name: "send-except",
        capabilities: &["rooms-except"],
    },
    Operation {
        name: "announce-except",
        capabilities: &["rooms-except"],
    },
    Operation {
        name: "send-to-others",
        capabilities: &["broadcast"],
    },
    Operation {
        name: "announce",
        capabilities: &["broadcast"],
    },
    Operation {
        name: "announce-local",
        capabilities: &["broadcast"],
    },
    Operation {
        name: "announce-volatile",
        capabilities: &["volatile"],
    },
    Operation {
        name: "send-binary-to-room",
        capabilities: &["rooms", "binary"],
    },
    Operation {
        name: "send-direct",
        capabilities: &["direct"],
    },
    Operation {
        name: "members",
        capabilities: &["room-counts"],
    },
    Operation {
        name: "sockets",
        capabilities: &["room-counts"],
    },
    Operation {
        name: "move-members",
        capabilities: &["sockets-join"],
    },
    Operation {
        name: "online",
        capabilities: &["presence"],
    },
    Operation {
        name: "kick-me",
        capabilities: &["server-disconnect"],
    },
    Operation {
        name: "kick-room",
        capabilities: &["server-disconnect"],
    },
    Operation {
        name: "watch-room",
        capabilities: &["watch"],
    },
];

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
