//! `accept:`, what is strictly right and what is tolerated, as overlays of a step.

use super::steps::StepReader;
use crate::scenario::{
    Action,
    fields::{Field, Fields, is_bare, substituted},
    node::{Entry, Node, NodeKind},
};

/// Keys that mean the same with every verb.
pub(super) const COMMON_KEYS: &[&str] = &["accept", "after", "as", "level", "within"];

/// Keys of which a step has at most one; an overlay's key takes the place of the step's.
const ALTERNATIVES: &[&[&str]] = &[
    &["reply", "replies", "refused", "rejected", "no-reply"],
    &["with", "args"],
    &["answer", "refused"],
];

impl StepReader<'_, '_> {
    /// The step with each overlay of `accept:` laid over it.
    pub(super) fn overlays(
        &mut self,
        node: &Node,
        accept: &Entry,
        verb: &str,
    ) -> (Node, Option<Node>) {
        let field = Field {
            key: "accept",
            node: &accept.value,
        };
        let node_of = substituted(field.node, Some(self.substitutes));
        if node_of.text().is_some() && is_bare(node_of) {
            return (node.clone(), None);
        }
        let Some(fields) = Fields::new(node_of, "`accept`", self.problems) else {
            return (node.clone(), None);
        };
        let strict = fields.get("strict");
        let lenient = fields.get("lenient");
        if strict.is_none() && lenient.is_none() {
            fields.missing("lenient", self.problems);
        }
        fields.finish(self.problems);
        // Where one of the two is left out, the step as it is written takes its place.
        let strict = strict.and_then(|strict| self.overlay(node, strict, verb));
        let lenient = match lenient {
            None => Some(node.clone()),
            Some(lenient) => self.overlay(node, lenient, verb),
        };
        (strict.unwrap_or_else(|| node.clone()), lenient)
    }

    fn overlay(&mut self, base: &Node, over: Field<'_>, verb: &str) -> Option<Node> {
        let (Some(own), Some(over)) = (base.entries(), over.node.entries()) else {
            over.wrong("a mapping of the step's expectations", self.problems);
            return None;
        };
        for entry in over {
            if COMMON_KEYS.contains(&entry.key.as_str()) {
                self.problems.error(
                    "unknown-key",
                    entry.key_span,
                    format!("`{}` can't differ between strict and lenient", entry.key),
                );
            }
        }
        let gives_way = |key: &str| {
            over.iter().any(|entry| {
                entry.key == key
                    || ALTERNATIVES.iter().any(|keys| {
                        key != verb && keys.contains(&key) && keys.contains(&entry.key.as_str())
                    })
            })
        };
        let mut entries: Vec<Entry> = own
            .iter()
            .filter(|entry| entry.key == verb || !gives_way(&entry.key))
            .cloned()
            .collect();
        for entry in over {
            match entries.iter_mut().find(|own| own.key == entry.key) {
                Some(own) => *own = entry.clone(),
                None => entries.push(entry.clone()),
            }
        }
        Some(Node {
            span: base.span,
            kind: NodeKind::Mapping(entries),
        })
    }
}

/// Puts what `lenient` tolerates beside what `strict` expects.
pub(super) fn with_lenient(strict: Action, lenient: Option<Action>) -> Action {
    match (strict, lenient) {
        (Action::Call(mut call), Some(Action::Call(lenient))) => {
            call.answer.lenient = Some(lenient.answer.strict);
            Action::Call(call)
        }
        (Action::Closed(mut closed), Some(Action::Closed(lenient))) => {
            closed.lenient = Some(lenient.strict);
            Action::Closed(closed)
        }
        (Action::Connect(mut connect), Some(Action::Connect(lenient))) => {
            connect.answer.lenient = Some(lenient.answer.strict);
            Action::Connect(connect)
        }
        (Action::Expect(mut expect), Some(Action::Expect(lenient))) => {
            expect.event.lenient = Some(lenient.event.strict);
            Action::Expect(expect)
        }
        (Action::Http(mut http), Some(Action::Http(lenient))) => {
            http.response.lenient = Some(lenient.response.strict);
            Action::Http(http)
        }
        (Action::Open(mut open), Some(Action::Open(lenient))) => {
            open.expected.lenient = Some(lenient.expected.strict);
            Action::Open(open)
        }
        (Action::Receive(mut receive), Some(Action::Receive(lenient))) => {
            receive.what.lenient = Some(lenient.what.strict);
            Action::Receive(receive)
        }
        (Action::Send(mut send), Some(Action::Send(lenient))) => {
            send.response.lenient = Some(lenient.response.strict);
            Action::Send(send)
        }
        (strict, _) => strict,
    }
}
