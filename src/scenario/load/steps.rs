//! Steps: what all verbs share, and which verb it is.

use super::{
    accept::{COMMON_KEYS, with_lenient},
    cast::Cast,
    connection, events, raw,
    variables::Variables,
    verbs::{Actors, VERBS, about, unfolded},
};
use crate::{
    data::Data,
    scenario::{
        Action, Check, ClientName, Level, Matcher, Span, Step, Template, WaitBound,
        diagnostic::Problems,
        fields::{Field, Fields, Substitutes, is_bare},
        node::{Entry, Node, NodeKind, Quoting, Scalar},
        values::{Reference, ValueReader},
    },
    text::{did_you_mean, one_of},
};

/// Keys of some verbs, with which no step begins; whoever begins one so left out its verb.
const OWN_KEYS: &[&str] = &[
    "args",
    "because",
    "namespace",
    "order",
    "steps",
    "to",
    "with",
];

/// Whether a key is one that steps have, beside their verb.
pub(super) fn is_step_key(key: &str) -> bool {
    COMMON_KEYS.contains(&key) || OWN_KEYS.contains(&key)
}

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

    /// A text to expect, whatever it looks like: `45` is the text "45".
    pub(super) fn text_matcher(&mut self, node: &Node) -> Matcher {
        match &node.kind {
            NodeKind::Scalar(scalar) if !matches!(scalar.value(), Data::String(_)) => {
                Matcher::value(self.text(node))
            }
            _ => self.matcher(node),
        }
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
        for (index, capture) in captures.iter().enumerate() {
            if captures
                .iter()
                .take(index)
                .any(|first| first.name == capture.name)
            {
                self.problems.error(
                    "captured-twice",
                    capture.span,
                    format!("`{}` is captured twice in one value", capture.name),
                );
            }
        }
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
        let step = Step {
            span: verb
                .key_span
                .to(verb.value.span)
                .first_line(&self.problems.source().text),
            actors,
            action: with_lenient(action, lenient.map(|(action, _)| action)),
            within: self.wait_bound(&common, "within"),
            after: self.wait_bound(&common, "after"),
            level: self.level(&common),
        };
        self.refuse_pointless(&step, verb, entries);
        Some(step)
    }

    /// Bounds and tolerance of a step that observes nothing.
    fn refuse_pointless(&mut self, step: &Step, verb: &Entry, entries: &[Entry]) {
        let pointless: &[&str] = match &step.action {
            Action::Bytes(_)
            | Action::Disconnect(_)
            | Action::Frame(_)
            | Action::Reading(_)
            | Action::Reply(_) => &["accept", "after"],
            Action::Emit(emit) if emit.refused.is_none() => &["accept", "after"],
            Action::Send(send) if send.response.strict.is_empty() => &["accept", "after"],
            Action::Never(_) => &["after"],
            _ => &[],
        };
        for entry in entries {
            if pointless.contains(&entry.key.as_str()) {
                let sentence = format!("`{}` has no meaning with `{}`", entry.key, verb.key);
                let why = match &step.action {
                    Action::Never(_) => {
                        "silence is proved by a round trip and by the scenario's `settle`"
                    }
                    _ => "the step awaits nothing",
                };
                self.problems
                    .error("pointless-key", entry.key_span, sentence)
                    .help = Some(why.to_owned());
            }
        }
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
        if first.key == "<<" {
            self.problems
                .error(
                    "merge-key",
                    first.key_span,
                    "YAML's merge keys are not part of the language",
                )
                .help = Some("write the step's keys out".to_owned());
            return None;
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
        if is_step_key(&first.key) {
            self.problems
                .error_at_line("missing-verb", first.key_span, "the step has no verb")
                .help = Some(format!(
                "`{}` belongs to the step before, or a verb is missing above it",
                first.key
            ));
            return None;
        }
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
            "reading" => raw::reading(&value, self),
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
        for entry in others {
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
        let (expression, reads_something) = self.read(|values| {
            let expression = values.expression(value.node);
            (expression, !values.references.is_empty())
        });
        let expression = expression?;
        if !reads_something {
            self.problems
                .error_at_line(
                    "cannot-fail",
                    value.node.span,
                    "the expression is the same whatever the server does",
                )
                .help = Some(
                "use what an earlier step captured: `<integer as count>`, then `count > 0`"
                    .to_owned(),
            );
        }
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
