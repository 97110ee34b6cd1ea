//! Reads the names in steps and in the options of clients.

use std::collections::BTreeSet;

use super::{
    events::{EventMention, EventRole, FieldMention, FieldUse, Origin},
    mention::{Mention, items},
    values::Values,
};
use crate::scenario::{
    keys::{ARGUMENTS, NAMESPACE},
    node::{Entry, Node, NodeKind},
    verbs::{EventUse, Options, ValueType, Verb},
};

/// The keys of a step that expects the server to refuse the request.
const REFUSALS: &[&str] = &["refused", "rejected", "no-reply"];

/// The operators whose operands are expectations of the same value.
const SAME_VALUE: &[&str] = &["$eq", "$exactly", "$not", "$oneOf"];

/// Collects the names in the steps of a file. The rows of a table share their steps, so each name counts once.
#[derive(Debug, Default)]
pub(super) struct StepNames {
    events: Vec<EventMention>,
    namespaces: Vec<Mention>,
    seen_events: BTreeSet<EventMention>,
    seen_namespaces: BTreeSet<Mention>,
}

impl StepNames {
    /// Returns the events and the namespaces, in the order of the file.
    pub(super) fn finish(self) -> (Vec<EventMention>, Vec<Mention>) {
        (self.events, self.namespaces)
    }

    /// Reads the namespaces under `clients:`.
    pub(super) fn read_clients(&mut self, clients: Option<&Node>, values: &Values<'_>) {
        let entries = clients.and_then(Node::entries).unwrap_or_default();
        for client in entries {
            let refused = client.value.get("connect").is_some();
            let namespace = client.value.get(NAMESPACE.name);
            // The steps decide whether the server has to accept a client that they connect themselves.
            if let Some(namespace) = namespace.filter(|_| !refused) {
                self.add_namespace(namespace, values);
            }
        }
    }

    /// Reads a list of steps and the blocks inside it.
    pub(super) fn read_steps(&mut self, steps: Option<&Node>, values: &Values<'_>) {
        for step in steps.into_iter().flat_map(items) {
            let entries = step.entries().unwrap_or_default();
            if let Some((first, beside)) = entries.split_first()
                && let Some(verb) = Verb::named(&first.key)
            {
                self.read_step(verb, &first.value, beside, values);
            }
        }
    }

    fn read_step(&mut self, verb: Verb, value: &Node, beside: &[Entry], values: &Values<'_>) {
        let spec = verb.spec();
        let within = match spec.options {
            Options::BesideOrWithin => value.entries().unwrap_or_default(),
            Options::Beside => &[],
        };
        let is_refused = expects_refusal(beside);
        for entry in beside.iter().chain(within) {
            let mut keys = spec.keys.iter().copied().flatten();
            match keys.find(|key| key.name == entry.key).map(|key| key.kind) {
                Some("steps") => self.read_steps(Some(&entry.value), values),
                Some("namespace") if !is_refused => self.add_namespace(&entry.value, values),
                Some(_) | None => {}
            }
        }
        match spec.value {
            ValueType::Event(EventUse::Sent) if is_refused => {
                self.add_event(value, EventRole::SentInVain, beside, values);
            }
            ValueType::Event(EventUse::Sent) => {
                self.add_event(value, EventRole::Sent, beside, values);
            }
            ValueType::Event(EventUse::Received) => {
                self.add_event(value, EventRole::Received, beside, values);
            }
            ValueType::Event(EventUse::Delivered) => {
                let role = if has_receivers(beside, values) {
                    EventRole::Received
                } else {
                    EventRole::Forbidden
                };
                self.add_event(value, role, beside, values);
            }
            ValueType::Unwanted => self.add_event(value, EventRole::Forbidden, beside, values),
            ValueType::Steps => self.read_steps(Some(value), values),
            ValueType::Namespace if is_refused => {}
            ValueType::Namespace => self.add_namespace(value, values),
            ValueType::Closed
            | ValueType::Frame
            | ValueType::Incoming
            | ValueType::Layer
            | ValueType::Nothing
            | ValueType::Packets
            | ValueType::Reading
            | ValueType::Text
            | ValueType::Times
            | ValueType::Value => {}
        }
    }

    fn add_namespace(&mut self, node: &Node, values: &Values<'_>) {
        let name = values.name(node).filter(|name| name.name.starts_with('/'));
        if let Some(name) = name
            && self.seen_namespaces.insert(name.clone())
        {
            self.namespaces.push(name);
        }
    }

    fn add_event(&mut self, node: &Node, role: EventRole, beside: &[Entry], values: &Values<'_>) {
        let Some(name) = values.name(node) else {
            return;
        };
        let origin = if name.span == node.span {
            Origin::Step
        } else {
            Origin::Variable
        };
        let event = EventMention {
            name,
            origin,
            role,
            fields: payload(beside, values),
        };
        if self.seen_events.insert(event.clone()) {
            self.events.push(event);
        }
    }
}

/// Returns the fields of the payload: of `with`, or of the first item of `args`.
fn payload(beside: &[Entry], values: &Values<'_>) -> Vec<FieldMention> {
    let mut arguments = beside
        .iter()
        .filter(|entry| ARGUMENTS.contains(&entry.key.as_str()));
    let Some(entry) = arguments.next() else {
        return Vec::new();
    };
    let value = values.resolve(&entry.value);
    let first = match &value.kind {
        NodeKind::Sequence(args) if entry.key != "with" => args.first(),
        _ => Some(value),
    };
    let mut fields = Vec::new();
    if let Some(first) = first {
        add_fields(first, FieldUse::Present, values, &mut fields);
    }
    fields
}

fn add_fields(node: &Node, used: FieldUse, values: &Values<'_>, fields: &mut Vec<FieldMention>) {
    let node = values.resolve(node);
    for entry in node.entries().unwrap_or_default() {
        if SAME_VALUE.contains(&entry.key.as_str()) {
            let used = if entry.key == "$not" {
                FieldUse::Absent
            } else {
                used
            };
            for operand in items(&entry.value) {
                add_fields(operand, used, values, fields);
            }
            continue;
        }
        let name = match entry.key.strip_prefix('$') {
            None => entry.key.as_str(),
            Some(rest) if rest.starts_with('$') => rest,
            Some(_) => continue,
        };
        let value = values.resolve(&entry.value);
        let is_absent = value.get("$not").is_some()
            || value
                .text()
                .is_some_and(|text| text == "<absent>" || text.starts_with("<absent as "));
        fields.push(FieldMention {
            name: Mention {
                name: name.to_owned(),
                span: entry.key_span,
            },
            used: if is_absent { FieldUse::Absent } else { used },
        });
    }
}

/// Returns true if a `deliver` step names a client that receives the event.
fn has_receivers(beside: &[Entry], values: &Values<'_>) -> bool {
    let to = beside.iter().find(|entry| entry.key == "to");
    to.is_none_or(|to| match &values.resolve(&to.value).kind {
        NodeKind::Sequence(clients) => !clients.is_empty(),
        NodeKind::Mapping(_) | NodeKind::Scalar(_) => true,
    })
}

/// Returns true if a step with these keys expects the server to refuse the request, in one of the forms that it accepts.
fn expects_refusal(keys: &[Entry]) -> bool {
    keys.iter().any(|entry| {
        let forms = match entry.key.as_str() {
            "accept" => entry.value.entries().unwrap_or_default(),
            _ => &[],
        };
        REFUSALS.contains(&entry.key.as_str())
            || forms
                .iter()
                .any(|form| expects_refusal(form.value.entries().unwrap_or_default()))
    })
}
