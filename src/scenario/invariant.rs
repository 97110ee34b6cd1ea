//! The rules that hold for every client in every scenario, by the names that `without:` switches them off.

/// A rule and what it demands.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// `invariant/one-ack`.
    pub id: &'static str,
    /// One sentence.
    pub rule: &'static str,
}

/// All rules, sorted by id.
pub static INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "invariant/connect-first",
        rule: "The first packet of a namespace is the answer to CONNECT.",
    },
    Invariant {
        id: "invariant/no-internals",
        rule: "No stack trace and no path of the server's files is sent to a client.",
    },
    Invariant {
        id: "invariant/no-secrets",
        rule: "No token or secret is sent to a client.",
    },
    Invariant {
        id: "invariant/nothing-after-disconnect",
        rule: "After DISCONNECT nothing more comes for that namespace.",
    },
    Invariant {
        id: "invariant/one-ack",
        rule: "A request is acknowledged at most once, and nothing that was no request.",
    },
    Invariant {
        id: "invariant/unique-ids",
        rule: "Ids of sessions and of sockets are unique.",
    },
    Invariant {
        id: "invariant/well-formed",
        rule: "Everything that arrives is legal by its protocol.",
    },
];
