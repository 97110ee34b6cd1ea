//! Reads the key `fence` of a manifest.

use crate::{
    data::Data,
    scenario::{Field, Fields, Problems},
    targets::Fence,
};

/// The argument of the fence's request if the manifest states none.
const ARGUMENT: &str = "fence";

/// Reads the request and its answer: `{ call: operation }`, or `{ emit: event, expect: event }`.
pub(super) fn read(field: Field<'_>, problems: &mut Problems) -> Option<Fence> {
    let fields = Fields::new(field.node, "`fence`", problems)?;
    fields.exclusive(&[&["call", "emit"], &["call", "expect"]], problems);
    let emitted = fields.get("emit");
    let called = match emitted {
        Some(_) => fields.get("call"),
        None => fields.require("call", problems),
    };
    let expected = match emitted {
        Some(_) => fields.require("expect", problems),
        None => fields.get("expect"),
    };
    let request = emitted.or(called).and_then(|field| field.text(problems));
    let expects = expected.and_then(|field| field.text(problems));
    let with = fields.raw("with").map(|with| with.node.to_data());
    fields.finish(problems);
    let (path, line) = (problems.source().path.display(), field.node.span.line);
    Some(Fence {
        request: request?.to_owned(),
        expects: expects.map(str::to_owned),
        with: with.unwrap_or_else(|| Data::from(ARGUMENT)),
        place: format!("{path}:{line}"),
    })
}
