//! The invariants: rules that hold for every client in every scenario. A scenario can disable an invariant by its id
//! with `without:`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Defines the enum `Invariant`. Each line of the input gives a variant, its id and its rule (a sentence).
macro_rules! invariants {
    ($($variant:ident: $id:tt, $rule:literal;)*) => {
        /// An invariant: a rule that holds for every client in every scenario.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
        pub enum Invariant {
            $(
                #[doc = $rule]
                #[serde(rename = $id)]
                $variant,
            )*
        }

        impl Invariant {
            /// All invariants, in the order of docs/language.md.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the id that scenarios and reports use: `invariant/one-ack`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                }
            }

            /// Returns the rule in the words of docs/language.md.
            pub fn rule(self) -> &'static str {
                match self {
                    $(Self::$variant => $rule,)*
                }
            }
        }
    };
}

invariants! {
    ConnectFirst: "invariant/connect-first",
        "a namespace's first packet is its CONNECT reply, unless the client recovers missed packets";
    NothingAfterDisconnect: "invariant/nothing-after-disconnect",
        "no packet of a namespace follows its DISCONNECT";
    OneAck: "invariant/one-ack",
        "each ack id is acknowledged at most once, and only if the client used it";
    UniqueIds: "invariant/unique-ids",
        "no two sessions and no two sockets have the same id";
    WellFormed: "invariant/well-formed",
        "every frame and packet is legal, and attachments are complete; a session has one open packet, and the server \
         sends no packet that only clients send (`should`). On a connection from `open`, only frames are checked. \
         Data after a close frame counts only in a scenario that verifies \
         `ws.close.no-frames-after-server-close`";
    NoSecrets: "invariant/no-secrets",
        "the server sends back no secret of the scenario";
    NoInternals: "invariant/no-internals",
        "the server sends no stack trace and no file path";
}

impl Invariant {
    /// Returns the invariant with this id.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|invariant| invariant.id() == id)
    }

    /// Returns the ids of all invariants.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|invariant| invariant.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGE: &str = include_str!("../../docs/language.md");

    #[test]
    fn the_page_has_one_row_for_each_invariant() {
        let rows: Vec<_> = LANGUAGE
            .lines()
            .filter(|line| line.starts_with("| `invariant/"))
            .collect();
        let expected: Vec<_> = Invariant::ALL
            .iter()
            .map(|invariant| format!("| `{}` | {} |", invariant.id(), invariant.rule()))
            .collect();
        assert_eq!(rows, expected);
    }
}
