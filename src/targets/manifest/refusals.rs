//! Reads the key `refusals` of a manifest: how the target reports the refusal of a login or a request.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    data::Data,
    scenario::{
        Entry, Field, Fields, Matcher, Problems, REPORT_FIELDS, RefusalReason, Template,
        ValueReader,
    },
    text::hint,
};

/// How the target reports the refusal of a login or a request, by the reason for the refusal: the expectation of the
/// report `{code, message, status, field}`. If a reason is missing here, the target may report it in any words.
pub(super) type Refusals = BTreeMap<RefusalReason, Matcher>;

/// The value of `refusals` for a target that uses the messages and codes of docs/contract.md.
const CONTRACT: &str = "contract";

/// The capability of a target whose refusals have data, such as a code.
const WITH_DATA: &str = "refusal-data";

/// The code of docs/contract.md for a payload that is not valid. The message depends on the payload.
const PAYLOAD_CODE: &str = "VALIDATION_FAILED";

/// The message of docs/contract.md for a handler that failed unexpectedly. The report has no fixed code.
const UNEXPECTED_MESSAGE: &str = "Internal server error";

/// The messages and codes of docs/contract.md, section "Tokens". The reason `payload` has no fixed message, and the
/// reason `unexpected` has no fixed code.
const OF_CONTRACT: [(RefusalReason, &str, &str); RefusalReason::ALL.len() - 2] = [
    (RefusalReason::Banned, "Account banned", "ACCOUNT_BANNED"),
    (RefusalReason::Deleted, "User not found", "USER_NOT_FOUND"),
    (RefusalReason::Expired, "Token expired", "TOKEN_EXPIRED"),
    (RefusalReason::Forbidden, "Admin role required", "FORBIDDEN"),
    (RefusalReason::Invalid, "Invalid token", "AUTH_INVALID"),
    (
        RefusalReason::Missing,
        "Authentication required",
        "AUTH_REQUIRED",
    ),
    (
        RefusalReason::NotYetValid,
        "Token not active",
        "TOKEN_NOT_ACTIVE",
    ),
];

/// Reads `refusals`: the word `contract`, or a mapping of reasons to the target's message or report.
pub(super) fn read(
    field: Option<Field<'_>>,
    provides: &BTreeSet<String>,
    problems: &mut Problems,
) -> Refusals {
    let Some(field) = field else {
        return Refusals::new();
    };
    if field.node.text() == Some(CONTRACT) {
        let has_data = provides.contains(WITH_DATA);
        let of_reason = |(reason, message, code)| {
            let code = has_data.then_some(("code", Data::from(code)));
            let report = [("message", Data::from(message))].into_iter().chain(code);
            let report = Template::literal(Data::object(report));
            (reason, Matcher::value(report))
        };
        let with = |key, value| {
            let report = Data::object([(key, Data::from(value))]);
            Matcher::value(Template::literal(report))
        };
        return OF_CONTRACT
            .into_iter()
            .map(of_reason)
            .chain([
                (RefusalReason::Payload, with("code", PAYLOAD_CODE)),
                (
                    RefusalReason::Unexpected,
                    with("message", UNEXPECTED_MESSAGE),
                ),
            ])
            .collect();
    }
    let Some(fields) = Fields::new(field.node, "`refusals`", problems) else {
        return Refusals::new();
    };
    let mut refusals = Refusals::new();
    for entry in fields.entries() {
        if let Some((reason, report)) = refusal(entry, problems) {
            refusals.insert(reason, report);
        }
    }
    refusals
}

/// Reads one reason and the target's report of it. A text is the report's message.
fn refusal(entry: &Entry, problems: &mut Problems) -> Option<(RefusalReason, Matcher)> {
    let names = || RefusalReason::ALL.map(RefusalReason::name).into_iter();
    let reason = RefusalReason::ALL
        .into_iter()
        .find(|reason| reason.name() == entry.key);
    if reason.is_none() {
        let message = format!("there is no reason `{}` for a refusal", entry.key);
        problems.error("unknown-key", entry.key_span, message).help =
            Some(hint(&entry.key, "the reasons are", names()));
    }
    if entry.value.entries().is_some() {
        let fields = Fields::new(&entry.value, "a refusal", problems)?;
        for key in REPORT_FIELDS {
            fields.raw(key);
        }
        fields.finish(problems);
        let report = ValueReader::new(problems).matcher(&entry.value);
        return Some((reason?, report));
    }
    let field = Field {
        key: "refusals",
        node: &entry.value,
    };
    let message = field.text(problems)?;
    let report = Data::object([("message", Data::from(message))]);
    Some((reason?, Matcher::value(Template::literal(report))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/contract.md");

    #[test]
    fn the_texts_are_those_of_the_contract() {
        let mut reasons: Vec<_> = OF_CONTRACT.iter().map(|(reason, ..)| *reason).collect();
        reasons.dedup();
        reasons.extend([RefusalReason::Payload, RefusalReason::Unexpected]);
        assert_eq!(reasons, RefusalReason::ALL);
        for value in [PAYLOAD_CODE, UNEXPECTED_MESSAGE] {
            assert!(PAGE.contains(&format!("\"{value}\"")));
        }
        for (_, message, code) in OF_CONTRACT {
            let row = PAGE
                .lines()
                .find(|row| row.contains(&format!("`{message}`")));
            let row = row.unwrap_or_else(|| panic!("docs/contract.md does not name `{message}`"));
            assert!(row.contains(&format!("\"{code}\"")), "{row}");
        }
    }
}
