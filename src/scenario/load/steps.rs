//! Steps: what all verbs share, and which verb it is.

use super::{cast::Cast, connection, events, raw, variables::Variables};
use crate::scenario::{
    Action, Check, ClientName, Level, Matcher, Span, Step, Template, WaitBound,
    diagnostic::{Problems, did_you_mean, one_of},
    fields::{Field, Fields, Substitutes, is_bare},
    node::{Entry, Node, NodeKind, Quoting, Scalar},
    values::{Reference, ValueReader},
};

/// Every verb, with what it means: for the reference of the language.
pub(crate) const VERBS: &[(&str, &str)] = &[
    ("alive", "a bystander still answers"),
    ("bytes", "raw bytes on the TCP stream"),
    ("call", "an event with an ack id, and its reply"),
    ("check", "an expression that must be true"),
    ("closed", "the connection ends"),
    ("connect", "join a namespace"),
    ("deliver", "who receives an event, over all clients"),
    ("disconnect", "leave a namespace, or end the connection"),
    ("emit", "an event without an ack id"),
    ("expect", "a client receives an event"),
    ("frame", "one WebSocket frame"),
    ("http", "one HTTP request"),
    ("never", "a client does not receive an event"),
    ("open", "a connection by hand"),
    ("parallel", "steps side by side"),
    ("receive", "the next packet on a connection by hand"),
    ("repeat", "a block several times"),
    ("reply", "the answer to an event that asks for one"),
    ("send", "packets on a connection by hand"),
];

/// Keys that mean the same with every verb.
const COMMON_KEYS: &[&str] = &["accept", "after", "as", "level", "within"];

/// Keys of which a step has at most one; an overlay's key takes the place of the step's.
const ALTERNATIVES: &[&[&str]] = &[
    &["reply", "replies", "refused", "rejected", "no-reply"],
    &["with", "args"],
];

/// Reads the steps of one scenario.
pub(super) struct StepReader<'c, 'p> {
    pub(super) problems: &'p mut Problems,
    pub(super) cast: Cast,
    pub(super) variables: Variables,
    pub(super) substitutes: &'c Substitutes<'c>,
    /// Values of the table that stand where their name stands alone.
    pub(super) inlined: Substitutes<'c>,
    /// What the step under way captures.
    captured: Vec<Reference>,
}

/// Who a verb needs.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Actors {
    /// `as:` is not taken.
    None,
    /// `as:` can be left out.
    Optional,
    /// `as:` can be left out where there is only one client.
    Required,
}

impl<'c, 'p> StepReader<'c, 'p> {
    pub(super) fn new(problems: &'p mut Problems, substitutes: &'c Substitutes<'c>) -> Self {
        Self {
            problems,
            cast: Cast::default(),
            variables: Variables::default(),
            substitutes,
            inlined: Substitutes::new(),
            captured: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> (Cast, Variables) {
        (self.cast, self.variables)
    }

    /// Steps one after the other.
    pub(super) fn steps(&mut self, nodes: &[Node]) -> Vec<Step> {
        let mut steps = Vec::new();
        for node in nodes {
            steps.extend(self.step(node));
            self.commit();
        }
        steps
    }

    /// A value to send.
    pub(super) fn template(&mut self, node: &Node) -> Template {
        self.read(|values| values.template(node))
    }

    /// Text, whatever it looks like.
    pub(super) fn text(&mut self, node: &Node) -> Template {
        self.read(|values| values.text_template(node))
    }

    /// A value to expect.
    pub(super) fn matcher(&mut self, node: &Node) -> Matcher {
        self.read(|values| values.matcher(node))
    }

    /// The matcher of a key, if it is there.
    pub(super) fn matcher_of(&mut self, fields: &Fields<'_>, key: &'static str) -> Option<Matcher> {
        let field = fields.raw(key)?;
        Some(self.matcher(field.node))
    }

    /// The template of a key, if it is there.
    pub(super) fn template_of(
        &mut self,
        fields: &Fields<'_>,
        key: &'static str,
    ) -> Option<Template> {
        let field = fields.raw(key)?;
        Some(self.template(field.node))
    }

    /// The items of a list; of a table's value its items one by one.
    pub(super) fn items_of(&mut self, field: &Field<'_>) -> Option<Vec<Node>> {
        if let NodeKind::Sequence(items) = &field.node.kind {
            return Some(items.clone());
        }
        let name = field.node.text().and_then(|text| text.strip_prefix('$'));
        let found = name.and_then(|name| Some((name, self.substitutes.get(name)?)));
        let (name, NodeKind::Sequence(items)) = found.map(|(name, node)| (name, &node.kind))?
        else {
            return None;
        };
        if self.inlined.contains_key(name) {
            return Some(items.clone());
        }
        // As parts of the variable, so that an expression among them is evaluated once.
        let item = |index| Node {
            span: field.node.span,
            kind: NodeKind::Scalar(Scalar {
                text: format!("${name}[{index}]"),
                quoting: Quoting::Quoted,
            }),
        };
        Some((0..items.len()).map(item).collect())
    }

    /// `true`, where a key says so.
    pub(super) fn flag(&mut self, fields: &Fields<'_>, key: &'static str) -> bool {
        fields
            .get(key)
            .and_then(|flag| flag.boolean(self.problems))
            .unwrap_or(false)
    }

    fn read<T>(&mut self, read: impl FnOnce(&mut ValueReader<'_>) -> T) -> T {
        let mut values = ValueReader::new(self.problems);
        values.inlined = Some(&self.inlined);
        let value = read(&mut values);
        let (references, captures) = (values.references, values.captures);
        self.variables.check(references, self.problems);
        self.captured.extend(captures);
        value
    }

    /// What a step captured can be used from the next step on.
    fn commit(&mut self) {
        for capture in std::mem::take(&mut self.captured) {
            super::variables::refuse_reserved(
                &capture.name,
                capture.span,
                &self.variables,
                self.problems,
            );
            self.variables.set(&capture.name);
        }
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let node = &unfolded(node);
        let Some(entries) = node.entries() else {
            self.problems
                .error(
                    "wrong-type",
                    node.span,
                    format!("a step must be a mapping, found {}", node.describe()),
                )
                .help = Some("write `- emit: event-name`".to_owned());
            return None;
        };
        let verb = self.verb(node, entries)?;
        let overlays = entries.iter().find(|entry| entry.key == "accept");
        let (strict, lenient) = match overlays {
            None => (node.clone(), None),
            Some(entry) => self.overlays(node, entry, verb.key.as_str()),
        };
        let action = self.action(&strict, verb);
        let lenient = lenient.and_then(|lenient| {
            // The verb's own value can be part of what is tolerated.
            let entries = lenient.entries()?;
            let verb = entries.iter().find(|entry| entry.key == verb.key)?;
            self.action(&lenient, verb)
        });
        let (action, actors) = action?;
        let common = Fields::new(node, "a step", self.problems)?.with_substitutes(self.substitutes);
        Some(Step {
            span: verb
                .key_span
                .to(verb.value.span)
                .first_line(&self.problems.source().text),
            actors,
            action,
            lenient: lenient.map(|(action, _)| Box::new(action)),
            within: self.wait_bound(&common, "within"),
            after: self.wait_bound(&common, "after"),
            level: self.level(&common),
        })
    }

    /// The verb: the first key.
    fn verb<'n>(&mut self, node: &Node, entries: &'n [Entry]) -> Option<&'n Entry> {
        let is_verb = |entry: &&Entry| VERBS.iter().any(|(verb, _)| *verb == entry.key);
        let Some(first) = entries.first() else {
            self.problems
                .error("missing-verb", node.span, "the step is empty");
            return None;
        };
        if is_verb(&first) {
            return Some(first);
        }
        if let Some(verb) = entries.iter().find(is_verb) {
            self.problems
                .error(
                    "verb-not-first",
                    first.key_span,
                    format!("a step begins with its verb, not with `{}`", first.key),
                )
                .help = Some(format!("move `{}` up", verb.key));
            return None;
        }
        let names = || VERBS.iter().map(|(verb, _)| *verb);
        self.problems
            .error(
                "unknown-verb",
                first.key_span,
                format!("there is no verb `{}`", first.key),
            )
            .help = Some(
            did_you_mean(&first.key, names())
                .unwrap_or_else(|| format!("a step begins with {}", one_of(names()))),
        );
        None
    }

    /// The step with each overlay of `accept:` laid over it.
    fn overlays(&mut self, node: &Node, accept: &Entry, verb: &str) -> (Node, Option<Node>) {
        let field = Field {
            key: "accept",
            node: &accept.value,
        };
        let node_of = super::super::fields::substituted(field.node, Some(self.substitutes));
        if is_bare(node_of) {
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

    fn action(&mut self, node: &Node, verb: &Entry) -> Option<(Action, Vec<ClientName>)> {
        let name = verb.key.as_str();
        let fields = Fields::new(node, "a step", self.problems)?.with_substitutes(self.substitutes);
        for key in COMMON_KEYS.iter().filter(|key| **key != "as") {
            fields.raw(key);
        }
        let (key, what, actors) = about(name)?;
        let fields = fields.named(what);
        let value = fields.raw(key)?;
        let actors = self.actors(&fields, actors, verb.key_span);
        let action = match name {
            "alive" => self.alive(&value),
            "bytes" => Some(raw::bytes(&value, &fields, self)),
            "call" => events::call(&value, &fields, self),
            "check" => self.check(&value, &fields),
            "closed" => raw::closed(&fields, self),
            "connect" => connection::connect(&value, &fields, self),
            "deliver" => events::deliver(&value, &fields, self),
            "disconnect" => Some(connection::disconnect(&value, &fields, self)),
            "emit" => events::emit(&value, &fields, self),
            "expect" => events::expect(&value, &fields, self),
            "frame" => Some(raw::frame(&fields, self)),
            "http" => connection::http(&value, &fields, self),
            "never" => events::never(&value, &fields, self),
            "open" => connection::open(&value, &fields, self),
            "parallel" => super::file::list(&value, self.problems)
                .map(|nodes| Action::Parallel(self.side_by_side(nodes))),
            "receive" => raw::receive(&value, &fields, self),
            "repeat" => self.repeat(&value, &fields),
            "reply" => events::reply(&value, &fields, self),
            _ => Some(raw::send(&value, &fields, self)),
        };
        self.refuse_second_verb(&fields, verb);
        fields.finish(self.problems);
        Some((action?, actors))
    }

    fn actors(&mut self, fields: &Fields<'_>, actors: Actors, verb: Span) -> Vec<ClientName> {
        if actors == Actors::None {
            return Vec::new();
        }
        if let Some(field) = fields.get("as") {
            return self.cast.resolve(&field, self.problems);
        }
        match (actors, self.cast.only()) {
            (Actors::Required, Some(only)) => vec![only.clone()],
            (Actors::Required, None) => {
                let help = if self.cast.clients.is_empty() {
                    "declare `clients:` in the scenario, and say `as:` where there are several"
                } else {
                    "the scenario has several clients; say which one by `as:`"
                };
                self.problems
                    .error("missing-actor", verb, "the step does not say who does it")
                    .help = Some(help.to_owned());
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// A key that is another verb, and that this verb does not take.
    fn refuse_second_verb(&mut self, fields: &Fields<'_>, verb: &Entry) {
        let others = fields.unknown().filter(|entry| about(&entry.key).is_some());
        for entry in others.collect::<Vec<_>>() {
            fields.forgive(entry);
            self.problems
                .error(
                    "two-verbs",
                    entry.key_span,
                    format!("`{}` is a second verb beside `{}`", entry.key, verb.key),
                )
                .help = Some("a step has one verb: start another item with `- `".to_owned());
        }
    }

    fn alive(&mut self, value: &Field<'_>) -> Option<Action> {
        if !is_bare(value.node) {
            value.wrong("empty", self.problems);
            return None;
        }
        Some(Action::Alive)
    }

    fn check(&mut self, value: &Field<'_>, fields: &Fields<'_>) -> Option<Action> {
        let because = fields
            .raw("because")
            .and_then(|because| because.text(self.problems))
            .map(str::to_owned);
        if value.node.text().is_none() {
            value.wrong("an expression", self.problems);
            return None;
        }
        let expression = self.read(|values| values.expression(value.node))?;
        Some(Action::Check(Check {
            expression,
            because,
        }))
    }

    /// No branch sees what another one captures; the steps that follow see all.
    fn side_by_side(&mut self, nodes: &[Node]) -> Vec<Step> {
        let mut captured = Vec::new();
        let mut steps = Vec::new();
        for node in nodes {
            steps.extend(self.step(node));
            captured.append(&mut self.captured);
        }
        self.captured = captured;
        steps
    }

    fn repeat(&mut self, value: &Field<'_>, fields: &Fields<'_>) -> Option<Action> {
        let times = self.template(value.node);
        let literal = times.as_literal();
        if literal.is_some_and(|times| {
            !times
                .as_u64()
                .is_some_and(|times| (1..=100_000).contains(&times))
        }) {
            value.wrong(
                "a whole number from 1 to 100000, or an expression",
                self.problems,
            );
        }
        let nodes = fields.require("steps", self.problems)?;
        let nodes = super::file::list(&nodes, self.problems)?;
        let outermost = !self.variables.is_set("index");
        self.variables.set("index");
        let steps = self.steps(nodes);
        if outermost {
            self.variables.unset("index");
        }
        Some(Action::Repeat { times, steps })
    }

    fn wait_bound(&mut self, fields: &Fields<'_>, key: &'static str) -> Option<WaitBound> {
        let field = fields.get(key)?;
        if field.node.text().is_some_and(|text| text.starts_with('$')) {
            return Some(WaitBound::Computed(self.template(field.node)));
        }
        field.duration(self.problems).map(WaitBound::Fixed)
    }

    fn level(&mut self, fields: &Fields<'_>) -> Option<Level> {
        super::file::level_of(&fields.get("level")?, self.problems)
    }
}

/// A verb's name as a key, what a step with it is called in messages, and who it needs.
fn about(verb: &str) -> Option<(&'static str, &'static str, Actors)> {
    Some(match verb {
        "alive" => ("alive", "`alive`", Actors::Optional),
        "bytes" => ("bytes", "`bytes`", Actors::Required),
        "call" => ("call", "`call`", Actors::Required),
        "check" => ("check", "`check`", Actors::None),
        "closed" => ("closed", "`closed`", Actors::Required),
        "connect" => ("connect", "`connect`", Actors::Required),
        "deliver" => ("deliver", "`deliver`", Actors::None),
        "disconnect" => ("disconnect", "`disconnect`", Actors::Required),
        "emit" => ("emit", "`emit`", Actors::Required),
        "expect" => ("expect", "`expect`", Actors::Required),
        "frame" => ("frame", "`frame`", Actors::Required),
        "http" => ("http", "`http`", Actors::None),
        "never" => ("never", "`never`", Actors::Required),
        "open" => ("open", "`open`", Actors::Required),
        "parallel" => ("parallel", "`parallel`", Actors::None),
        "receive" => ("receive", "`receive`", Actors::Required),
        "repeat" => ("repeat", "`repeat`", Actors::None),
        "reply" => ("reply", "`reply`", Actors::Required),
        "send" => ("send", "`send`", Actors::Required),
        _ => return None,
    })
}

/// A step with a bare verb as a mapping, and the options of `closed` and `frame` beside their verb.
fn unfolded(node: &Node) -> Node {
    let nothing = |span: Span| Node {
        span,
        kind: NodeKind::Scalar(Scalar {
            text: String::new(),
            quoting: Quoting::Plain,
        }),
    };
    match &node.kind {
        NodeKind::Scalar(scalar) if about(&scalar.text).is_some() => Node {
            span: node.span,
            kind: NodeKind::Mapping(vec![Entry {
                key: scalar.text.clone(),
                key_span: node.span,
                value: nothing(node.span),
            }]),
        },
        NodeKind::Mapping(entries) => {
            let Some((verb, rest)) = entries.split_first() else {
                return node.clone();
            };
            let NodeKind::Mapping(options) = &verb.value.kind else {
                return node.clone();
            };
            if !matches!(verb.key.as_str(), "closed" | "frame") {
                return node.clone();
            }
            let bare = Entry {
                value: nothing(verb.value.span),
                ..verb.clone()
            };
            let entries = std::iter::once(&bare).chain(options).chain(rest);
            Node {
                span: node.span,
                kind: NodeKind::Mapping(entries.cloned().collect()),
            }
        }
        _ => node.clone(),
    }
}

/// Whether a wrong server could fail this step.
pub(super) fn can_fail(step: &Step) -> bool {
    match &step.action {
        Action::Alive
        | Action::Call(_)
        | Action::Check(_)
        | Action::Closed(_)
        | Action::Connect(_)
        | Action::Deliver(_)
        | Action::Expect(_)
        | Action::Never(_)
        | Action::Open(_)
        | Action::Receive(_) => true,
        Action::Bytes(_) | Action::Disconnect(_) | Action::Frame(_) | Action::Reply(_) => false,
        Action::Emit(emit) => emit.refused.is_some(),
        Action::Http(http) => !http.response.is_empty(),
        Action::Parallel(steps) | Action::Repeat { steps, .. } => steps.iter().any(can_fail),
        Action::Send(send) => !send.response.is_empty(),
    }
}
