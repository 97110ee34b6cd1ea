//! The refusal of a login or a request, as a scenario expects it.

use crate::scenario::Matcher;

/// The fields of the report of a refusal, in which the runner looks at every target's reports.
pub(crate) const REPORT_FIELDS: &[&str] = &["code", "field", "message", "status"];

/// The refusal that a `connect`, `call` or `emit` step expects (`refused:`).
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The expectation of the report `{code, message, status, field}`.
    pub report: Matcher,
    /// The reason for which the server has to refuse the client or its request (`reason:`). The target's manifest can
    /// say how the target reports it.
    pub reason: Option<RefusalReason>,
}

/// Generates the enum `RefusalReason` from a table with a row for each reason: variant, name, meaning.
macro_rules! refusal_reasons {
    ($($reason:ident: $name:literal, $meaning:literal;)*) => {
        /// A reason for which a server refuses a client's login or request.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum RefusalReason {
            $(#[doc = $meaning] $reason,)*
        }

        impl RefusalReason {
            const COUNT: usize = [$($name),*].len();

            /// All reasons, sorted by name.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$reason),*];

            /// Returns the name of the reason in scenarios and manifests.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$reason => $name,)*
                }
            }

            /// Returns a sentence that says what the reason means.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$reason => $meaning,)*
                }
            }
        }
    };
}

refusal_reasons! {
    Banned: "banned", "The token names a user who is banned.";
    Deleted: "deleted", "The token names a user who does not exist any more.";
    Expired: "expired", "The token has expired.";
    Forbidden: "forbidden", "The token is valid, but its user may not join the namespace.";
    Invalid: "invalid", "The token is malformed, is not signed, or has a wrong signature.";
    Missing: "missing", "The client presents no token.";
    NotYetValid: "not_yet_valid", "The token is not valid yet.";
    Payload: "payload", "The payload of an event is not valid.";
    Unexpected: "unexpected", "The handler of an event failed unexpectedly.";
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/targets.md");

    #[test]
    fn the_page_has_a_row_for_every_reason() {
        for reason in RefusalReason::ALL {
            let row = format!("| `{}` | {} |", reason.name(), reason.meaning());
            assert!(PAGE.contains(&row), "{row}");
        }
    }

    #[test]
    fn reasons_are_sorted_by_name() {
        assert!(RefusalReason::ALL.map(RefusalReason::name).is_sorted());
    }
}
