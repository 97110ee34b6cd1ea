//! Checks of the readers of files that people write: scenarios, manifests, baselines, requirements, templates, and the
//! YAML layer that all of them use.

use std::{path::Path, sync::Arc};

use crate::{
    data::Data,
    runner::Baseline,
    scenario::{
        Colours, Diagnostic, Known, Node, NodeKind, Others, Requirements, Scope, SourceFile, Span,
        Template, load,
    },
    snapshots,
    targets::load_manifest_in,
};

/// The folder from which the fuzzed files seem to come. It does not exist, so that a fuzzed file can't include a real
/// file.
const FOLDER: &str = "/nonexistent/fuzzing";

/// Checks that a scenario file is either loaded or refused. Each reported mistake has to lie inside the file, and it
/// has to be possible to render it.
pub(super) fn scenario(input: &[u8]) {
    let known = Known {
        requirements: None,
        faults: None,
        others: Others::Refused,
    };
    let Some(source) = source_of(input) else {
        return;
    };
    match load(Arc::clone(&source), known) {
        Ok(scenarios) => {
            for scenario in scenarios {
                assert!(!scenario.id.is_empty(), "a loaded scenario has an empty id");
                check_span(scenario.span, &source.text);
                for step in &scenario.steps {
                    check_span(step.span, &source.text);
                }
            }
        }
        Err(found) => check_diagnostics(&found),
    }
}

/// Checks that a manifest is either loaded or refused. Each reported mistake has to lie inside the file, and it has to
/// be possible to render it.
pub(super) fn manifest(input: &[u8]) {
    let Some(source) = source_of(input) else {
        return;
    };
    if let Err(found) = load_manifest_in(source, FOLDER.into(), &|_| None) {
        check_diagnostics(&found);
    }
}

/// Checks that a baseline is read or refused, that each mistake of a refused file lies inside the file and can be
/// shown, and that a baseline that was read can be written and read again.
pub(super) fn baseline(input: &[u8]) {
    let Some(source) = source_of(input) else {
        return;
    };
    match Baseline::from_source(source) {
        Err(found) => check_diagnostics(&found),
        Ok(baseline) => {
            let text = baseline.to_yaml();
            let written = source_of(text.as_bytes()).map(Baseline::from_source);
            let Some(Ok(again)) = written else {
                panic!("what was written can't be read: {text}");
            };
            assert_eq!(again.to_yaml(), text);
        }
    }
}

/// Checks that a catalogue of requirements is read or refused, and that each mistake of a refused file lies inside the
/// file and can be shown.
pub(super) fn requirements(input: &[u8]) {
    let Some(source) = source_of(input) else {
        return;
    };
    match Requirements::load([source]) {
        Err(found) => check_diagnostics(&found),
        Ok(requirements) => {
            for (id, requirement) in &requirements.entries {
                assert_eq!(id, &requirement.id);
                assert!(!requirement.title.is_empty(), "{id} has a title");
            }
        }
    }
}

/// Checks that a snapshot of transcripts is read or refused, that the mistake of a refused file lies inside the file, and
/// that what was read can be written and read again.
pub(super) fn snapshot(input: &[u8]) {
    let Some(source) = source_of(input) else {
        return;
    };
    match snapshots::parse(&source) {
        Err(found) => check_diagnostics(&[*found]),
        Ok(file) => {
            let text = file.to_text();
            let written = source_of(text.as_bytes()).map(|source| snapshots::parse(&source));
            let Some(Ok(again)) = written else {
                panic!("what was written can't be read: {text}");
            };
            assert_eq!(again.to_text(), text);
        }
    }
}

/// Checks that a text is YAML or refused, and that each key, value and mistake has a place inside the text.
pub(super) fn yaml(input: &[u8]) {
    let Some(source) = source_of(input) else {
        return;
    };
    match Node::parse(&source) {
        Err(found) => check_diagnostics(&found),
        Ok(root) => check_node(&root, &source.text),
    }
}

fn check_node(node: &Node, text: &str) {
    check_span(node.span, text);
    let _ = node.to_data();
    match &node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter().for_each(|item| check_node(item, text)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                check_span(entry.key_span, text);
                check_node(&entry.value, text);
            }
        }
    }
}

/// Checks that the input is a template or is refused, that a template without variables gives its literal value, and
/// that a text in which every `$` is doubled is a template that gives the original text.
pub(super) fn template(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let scope = scope();
    if let Ok(template) = Template::text(text) {
        assert!(!template.describe(&scope).is_empty());
        if let Some(literal) = template.as_literal() {
            assert_eq!(template.render(&scope).as_ref(), Ok(literal));
        }
        let _ = template.render_bytes(&scope);
    }
    let escaped = text.replace('$', "$$");
    let literal = Template::text(&escaped).map(|template| template.render(&scope));
    assert_eq!(literal, Ok(Ok(Data::from(text))));
}

fn scope() -> Scope {
    let mut scope = Scope::default();
    scope.set("room", Data::from("r1"));
    scope.set("count", Data::from(3_u64));
    scope.set("sender", Data::object([("sid", Data::from("s"))]));
    scope.set("data", Data::Bytes(vec![0, 0xff].into()));
    scope
}

fn source_of(input: &[u8]) -> Option<Arc<SourceFile>> {
    let path = Path::new(FOLDER).join("input.yaml");
    match SourceFile::from_bytes(&path, input.to_vec()) {
        Ok(source) => Some(source),
        Err(diagnostic) => {
            check_diagnostics(&[*diagnostic]);
            None
        }
    }
}

fn check_diagnostics(found: &[Diagnostic]) {
    assert!(
        !found.is_empty(),
        "the loader refused a file without reporting a mistake"
    );
    for diagnostic in found {
        let related = diagnostic.related.as_ref().map(|(span, _)| *span);
        for span in diagnostic.span.into_iter().chain(related) {
            check_span(span, &diagnostic.source.text);
        }
        assert!(
            !diagnostic.message.is_empty(),
            "a reported mistake has an empty message"
        );
        assert!(!diagnostic.render_full(Colours::Off).is_empty());
        assert_eq!(diagnostic.render_short().lines().count(), 1);
        assert!(diagnostic.to_json().is_object());
    }
}

fn check_span(span: Span, text: &str) {
    let marked = text.get(span.start..span.end);
    assert!(
        marked.is_some(),
        "the span {span:?} cuts a character or lies outside of the file"
    );
    let before = text.get(..span.start).unwrap_or_default();
    let line_ends = before.matches(['\n', '\r']).count();
    assert!(
        span.line >= 1 && span.column >= 1,
        "the line or column of {span:?} is 0"
    );
    assert!(
        span.line <= line_ends + 1,
        "the line of {span:?} is too large"
    );
}
