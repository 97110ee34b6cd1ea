//! Reads the expected response of an HTTP request.

use super::{context::StepContext, forms};
use crate::scenario::{
    HttpPattern, Matcher,
    fields::{Field, Fields},
    keys,
};

/// Reads the expected response from the keys `status`, `response-headers`, `response`, `json` and `no-response`.
pub(in crate::scenario) fn http_pattern(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> HttpPattern {
    if let Some(status) = fields.get("status") {
        forms::number(&status, 100, 999, context);
    }
    HttpPattern {
        status: context.matcher_of(fields, "status"),
        headers: header_matchers(fields, context),
        body: context.matcher_of(fields, "response"),
        json: context.matcher_of(fields, "json"),
        no_response: context.flag(fields, "no-response"),
    }
}

/// Reads the expected response from the mapping that is the value of a key.
pub(in crate::scenario) fn response(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<HttpPattern> {
    let substitutes = context.substitutes;
    let fields = Fields::new(field.node, "an HTTP response", context.problems)?;
    let fields = fields
        .with_substitutes(substitutes)
        .with_tables(&[keys::RESPONSE]);
    fields.exclusive(keys::RESPONSE_EXCLUSIVE, context.problems);
    let pattern = http_pattern(&fields, context);
    fields.finish(context.problems);
    Some(pattern)
}

pub(in crate::scenario) fn header_matchers(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Vec<(String, Matcher)> {
    let Some(field) = fields.raw("response-headers") else {
        return Vec::new();
    };
    let Some(entries) = field.node.entries() else {
        field.wrong("a mapping of names to values", context.problems);
        return Vec::new();
    };
    entries
        .iter()
        .map(|entry| (entry.key.to_lowercase(), context.matcher(&entry.value)))
        .collect()
}
