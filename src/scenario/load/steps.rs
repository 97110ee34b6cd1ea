//! Reads steps: finds the verb of each step (the key that says what the step does, such as `emit`), and reads the keys
//! that steps of all verbs share.

use std::collections::BTreeSet;

use super::{
    accept::{lenient_form, overlays},
    unfolded::unfolded,
};
use crate::{
    scenario::{
        ClientName, Level, Parallel, Repeat, Sequence, Span, Step, WaitBound,
        fields::{Field, Fields},
        keys::{self, is_common},
        node::{Entry, Node},
        reading::{context::StepContext, words},
        verbs::{Actors, Awaits, ReadVerb, Verb, VerbModel},
    },
    text::{hint, nearest, one_of},
};

/// Returns true if some step can have this key beside its verb (the key that says what the step does, such as `emit`).
pub(super) fn is_step_key(name: &str) -> bool {
    let mut keys = Verb::ALL
        .iter()
        .flat_map(|verb| verb.spec().keys.iter().copied().flatten());
    is_common(name) || keys.any(|key| key.name == name)
}

/// Reads a list of steps that run one after the other.
pub(super) fn steps(nodes: &[Node], context: &mut StepContext<'_, '_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for node in nodes {
        steps.extend(step(node, context));
        context.commit();
    }
    steps
}

fn step(node: &Node, context: &mut StepContext<'_, '_>) -> Option<Step> {
    let node = &unfolded(node);
    let Some(entries) = node.entries() else {
        context
            .problems
            .error(
                "wrong-type",
                node.span,
                format!("a step has to be a mapping, found {}", node.describe()),
            )
            .help = Some("write `- emit: event-name`".to_owned());
        return None;
    };
    let (verb, entry) = verb(node, entries, context)?;
    let accept = entries.iter().find(|entry| entry.key == "accept");
    let (strict, lenient) = match accept.filter(|_| verb.takes_accept()) {
        None => (node.clone(), None),
        Some(accept) => overlays(node, accept, verb, context),
    };
    let common =
        Fields::new(node, "a step", context.problems)?.with_substitutes(context.substitutes);
    let actors = actors(&common, verb.actors(), entry.key_span, context);
    let action = verb.read(StepReader {
        verb,
        strict: &strict,
        lenient: lenient.as_ref(),
        context,
    })?;
    let step = Step {
        span: entry
            .key_span
            .to(entry.value.span)
            .first_line(&context.problems.source().text),
        actors,
        action,
        within: wait_bound(&common, "within", context),
        after: wait_bound(&common, "after", context),
        level: level(&common, context),
        tolerates: lenient.and(accept).map(|accept| {
            let form = lenient_form(accept, context.substitutes);
            let span = form.unwrap_or_else(|| entry.key_span.to(entry.value.span));
            let text = &context.problems.source().text;
            let words = text.get(span.start..span.end).unwrap_or_default();
            words.split_whitespace().collect::<Vec<_>>().join(" ")
        }),
    };
    refuse_pointless(&step, entries, context);
    Some(step)
}

/// Finds the verb of a step, which has to be the step's first key.
fn verb<'n>(
    node: &Node,
    entries: &'n [Entry],
    context: &mut StepContext<'_, '_>,
) -> Option<(Verb, &'n Entry)> {
    let problems = &mut *context.problems;
    let Some(first) = entries.first() else {
        problems.error("missing-verb", node.span, "the step is empty");
        return None;
    };
    if let Some(verb) = Verb::named(&first.key) {
        return Some((verb, first));
    }
    if first.key == "<<" {
        problems
            .error(
                "merge-key",
                first.key_span,
                "YAML's merge keys are not allowed in files of sockspec",
            )
            .help = Some("write all keys into the step".to_owned());
        return None;
    }
    let names = || Verb::ALL.iter().map(|verb| verb.name());
    // `reply` and `steps` are keys of other verbs too, so a mistyped verb above them is more probable.
    let is_mistyped = nearest(&first.key, names()).is_some();
    let later = entries.iter().find_map(|entry| Verb::named(&entry.key));
    if let Some(verb) = later.filter(|_| !is_mistyped) {
        problems
            .error(
                "verb-not-first",
                first.key_span,
                format!("a step begins with its verb, not with `{}`", first.key),
            )
            .help = Some(format!("move {} up", verb.quoted()));
        return None;
    }
    if is_step_key(&first.key) {
        problems
            .error_at_line("missing-verb", first.key_span, "the step has no verb")
            .help = Some(format!(
            "`{}` belongs to the step before, or a verb is missing above it",
            first.key
        ));
        return None;
    }
    problems
        .error(
            "unknown-verb",
            first.key_span,
            format!("there is no verb `{}`", first.key),
        )
        .help = Some(hint(&first.key, "a step begins with", names()));
    None
}

/// Reads one step after its verb has been found.
struct StepReader<'r, 'c, 'p> {
    verb: Verb,
    /// The YAML of the step after the keys inside `accept.strict` have replaced the step's own keys.
    strict: &'r Node,
    /// The YAML of the step after the keys inside `accept.lenient` have replaced the step's own keys. `None` if the
    /// step has no `accept:`.
    lenient: Option<&'r Node>,
    context: &'r mut StepContext<'c, 'p>,
}

impl ReadVerb for StepReader<'_, '_, '_> {
    fn read<T: VerbModel>(mut self) -> Option<T> {
        let strict = self.read_node(self.strict, T::read);
        // `accept.lenient` can also replace the verb's value, so the whole step is read a second time.
        let lenient = self
            .lenient
            .and_then(|lenient| self.read_node(lenient, T::read));
        let mut model = strict?;
        if let (Some(tolerate), Some(lenient)) = (T::TOLERATE, lenient) {
            tolerate(&mut model, lenient);
        }
        Some(model)
    }

    fn parallel(mut self) -> Option<Parallel> {
        self.read_node(self.strict, parallel)
    }

    fn repeat(mut self) -> Option<Repeat> {
        self.read_node(self.strict, repeat)
    }

    fn sequence(mut self) -> Option<Sequence> {
        self.read_node(self.strict, sequence)
    }
}

impl<'c, 'p> StepReader<'_, 'c, 'p> {
    /// Reads a step with `read`, and reports the keys that `read` does not use.
    fn read_node<T>(
        &mut self,
        node: &Node,
        read: impl FnOnce(&Field<'_>, &Fields<'_>, &mut StepContext<'c, 'p>) -> Option<T>,
    ) -> Option<T> {
        let context = &mut *self.context;
        let fields = Fields::new(node, self.verb.quoted(), context.problems)?
            .with_substitutes(context.substitutes);
        for key in keys::STEP {
            fields.raw(key.name);
        }
        if self.verb.actors() != Actors::None {
            fields.raw("as");
        }
        let value = fields.raw(self.verb.name())?;
        let fields = fields.with_tables(self.verb.spec().keys);
        fields.exclusive(self.verb.spec().exclusive, context.problems);
        let model = read(&value, &fields, context);
        refuse_second_verb(&fields, self.verb, context);
        fields.finish(context.problems);
        model
    }
}

/// Reads `parallel:`. A step of the block can't use variables that another step of the block captures. Steps after the
/// block can use all of them.
fn parallel(
    value: &Field<'_>,
    _fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Parallel> {
    let nodes = words::list(value, context.problems)?;
    let mut captured = Vec::new();
    let mut set = BTreeSet::new();
    let mut steps = Vec::new();
    for node in nodes {
        let before = context.variables.names();
        steps.extend(step(node, context));
        captured.append(&mut context.captured);
        // A block inside the block, such as `steps:`, has already set what its steps capture.
        set.append(&mut context.variables.take_since(before));
    }
    for name in &set {
        context.variables.set(name);
    }
    context.captured = captured;
    Some(Parallel { steps })
}

/// Reads a `steps:` block. A step of the block can use what earlier steps of the block capture.
fn sequence(
    value: &Field<'_>,
    _fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Sequence> {
    let nodes = words::list(value, context.problems)?;
    let steps = steps(nodes, context);
    Some(Sequence { steps })
}

/// Reads a `repeat:` block: the number of rounds and the steps of a round.
fn repeat(
    value: &Field<'_>,
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Repeat> {
    let times = context.template(value.node);
    let literal = times.as_literal();
    if literal.is_some_and(|times| {
        !times
            .as_u64()
            .is_some_and(|times| (1..=100_000).contains(&times))
    }) {
        value.wrong(
            "a whole number from 1 to 100000, or an expression",
            context.problems,
        );
    }
    let nodes = fields.require("steps", context.problems)?;
    let nodes = words::list(&nodes, context.problems)?;
    let outermost = !context.variables.is_set("index");
    context.variables.set("index");
    let steps = steps(nodes, context);
    if outermost {
        context.variables.unset("index");
    }
    Some(Repeat { times, steps })
}

/// Reports `accept` on a step that waits for nothing or whose verb does not allow it, and `after` on a step that waits
/// for nothing or only checks that something does not arrive.
fn refuse_pointless(step: &Step, entries: &[Entry], context: &mut StepContext<'_, '_>) {
    let verb = step.action.verb();
    let why = |key: &str| match (key, step.action.facts().awaits) {
        ("accept" | "after", Awaits::Nothing) if step.action.steps().is_empty() => {
            Some("the step waits for nothing".to_owned())
        }
        ("after", Awaits::Silence) => Some(
            "silence has no earliest time; write `within`, or `settle` in the scenario".to_owned(),
        ),
        ("accept", _) if !verb.takes_accept() => {
            let verbs = Verb::ALL.iter().filter(|verb| verb.takes_accept());
            let names = one_of(verbs.map(|verb| verb.name()));
            Some(format!("`accept` goes with {names}"))
        }
        _ => None,
    };
    for entry in entries {
        if let Some(why) = why(&entry.key) {
            let sentence = format!("`{}` has no meaning with {}", entry.key, verb.quoted());
            context
                .problems
                .error("pointless-key", entry.key_span, sentence)
                .help = Some(why);
        }
    }
}

/// Reads `as:`. If `as:` is missing and the verb needs a client, returns the scenario's only client.
fn actors(
    fields: &Fields<'_>,
    actors: Actors,
    verb: Span,
    context: &mut StepContext<'_, '_>,
) -> Vec<ClientName> {
    if actors == Actors::None {
        return Vec::new();
    }
    if let Some(field) = fields.get("as") {
        return context.declared.resolve(&field, context.problems);
    }
    match (actors, context.declared.only()) {
        (Actors::Required, Some(only)) => vec![only.clone()],
        (Actors::Required, None) => {
            let help = if context.declared.clients.is_empty() {
                "declare `clients:` in the scenario; with several clients, the step needs `as:`"
            } else {
                "the scenario has several clients; name those that act with `as:`"
            };
            context
                .problems
                .error("missing-actor", verb, "the step names no client")
                .help = Some(help.to_owned());
            Vec::new()
        }
        (Actors::None | Actors::Optional, _) => Vec::new(),
    }
}

/// Reports each key of a step that names a second verb, because a step has only one verb.
fn refuse_second_verb(fields: &Fields<'_>, verb: Verb, context: &mut StepContext<'_, '_>) {
    let others = fields
        .unknown()
        .filter(|entry| Verb::named(&entry.key).is_some());
    for entry in others {
        fields.mark_reported(entry);
        context
            .problems
            .error(
                "two-verbs",
                entry.key_span,
                format!("`{}` is a second verb beside {}", entry.key, verb.quoted()),
            )
            .help = Some("a step has one verb: start another item with `- `".to_owned());
    }
}

fn wait_bound(
    fields: &Fields<'_>,
    key: &'static str,
    context: &mut StepContext<'_, '_>,
) -> Option<WaitBound> {
    let field = fields.get(key)?;
    if field.node.text().is_some_and(|text| text.starts_with('$')) {
        return Some(WaitBound::Computed(context.template(field.node)));
    }
    field.duration(context.problems).map(WaitBound::Fixed)
}

fn level(fields: &Fields<'_>, context: &mut StepContext<'_, '_>) -> Option<Level> {
    fields.get("level")?.word(context.problems)
}
