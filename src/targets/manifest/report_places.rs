//! Reads the key `refusal` of a manifest: where the target's refusals hold the code, the message and the field.

use crate::{
    scenario::{Field, Fields, Problems, REPORT_FIELDS, items},
    targets::{ReportPlace, ReportPlaces},
};

/// Reads the places of each field: one place, or a list of places.
pub(super) fn read(field: Field<'_>, problems: &mut Problems) -> ReportPlaces {
    let mut found = ReportPlaces::default();
    let Some(fields) = Fields::new(field.node, "`refusal`", problems) else {
        return found;
    };
    for name in REPORT_FIELDS {
        let Some(field) = fields.raw(name) else {
            continue;
        };
        let mut places = Vec::new();
        for node in items(field.node) {
            let field = Field {
                key: field.key,
                node,
            };
            let Some(text) = field.text(problems) else {
                continue;
            };
            match ReportPlace::parse(text) {
                Some(place) => places.push(place),
                None => {
                    let message = format!("`{text}` is no place in a refusal");
                    problems.error("bad-place", node.span, message).help =
                        Some("write names with dots between them, such as `data.code`; `$json` reads a text as JSON: `message.$json.code`".to_owned());
                }
            }
        }
        found.places.insert(name, places);
    }
    fields.finish(problems);
    found
}
