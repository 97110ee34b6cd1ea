//! Reads one entry of `scenarios:`. An entry with an `each:` table becomes one scenario for each row.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    clients,
    connected::{already_connected, never_joined, not_connected, opened_by_hand},
    known::Known,
    steps::{is_step_key, steps},
    table::{Row, Table, plain_values, refuse_misspelt},
};
use crate::scenario::{
    Level, Scenario, Scope, Span, Step, Template, Tier, Transport,
    diagnostic::Problems,
    fields::{Field, Fields, Substitutes},
    keys,
    node::{Entry, Node, NodeKind},
    read_snapshot_rules,
    reading::{
        context::StepContext,
        variables::{refuse_bad_name, refuse_reserved},
        words::{list, names, transports},
    },
    values::{ValueReader, is_expectation},
};

/// The keys at the top level of a file that apply to all scenarios of the file.
pub(super) struct Defaults<'n> {
    pub(super) needs: Vec<String>,
    pub(super) level: Option<Level>,
    pub(super) tier: Option<Tier>,
    pub(super) transports: Option<Vec<Transport>>,
    pub(super) exclusive: Option<bool>,
    pub(super) background: &'n [Node],
}

/// Reads the scenarios of one file.
pub(super) struct ScenarioReader<'f, 'p> {
    pub(super) known: Known<'f>,
    defaults: &'f Defaults<'f>,
    pub(super) problems: &'p mut Problems,
    /// The ids and aliases found so far in this file, with their places.
    ids: BTreeMap<String, Span>,
}

impl<'f, 'p> ScenarioReader<'f, 'p> {
    pub(super) fn new(
        known: Known<'f>,
        defaults: &'f Defaults<'f>,
        problems: &'p mut Problems,
    ) -> Self {
        Self {
            known,
            defaults,
            problems,
            ids: BTreeMap::new(),
        }
    }

    /// Reads one entry of `scenarios:`. Returns one scenario, or one for each row of the entry's `each:` table.
    pub(super) fn entry(&mut self, node: &Node) -> Vec<Scenario> {
        let Some(fields) = Fields::new(node, "a scenario", self.problems) else {
            return Vec::new();
        };
        let id = self.id(&fields);
        let table = fields
            .raw("each")
            .map(|each| Table::read(&each, self.problems));
        match table {
            None => self.scenario(node, id, None).into_iter().collect(),
            Some(table) => {
                refuse_misspelt(&table, node, self.defaults.background, self.problems);
                let node = without_table(node);
                table
                    .rows
                    .iter()
                    .filter_map(|row| self.scenario(&node, id, Some((row, &table))))
                    .collect()
            }
        }
    }

    fn id<'n>(&mut self, fields: &Fields<'n>) -> Option<&'n str> {
        let field = fields.require("id", self.problems)?;
        let id = field.text(self.problems)?;
        self.check_id(id, field.node.span);
        if let Some(aliases) = fields.raw("aliases") {
            for (alias, item) in aliases.texts(self.problems) {
                self.check_id(alias, item.node.span);
            }
        }
        Some(id)
    }

    fn check_id(&mut self, id: &str, span: Span) {
        if !is_id(id) {
            self.problems
                .error("bad-id", span, format!("`{id}` can't be an id"))
                .help = Some(
                "an id is lower-case words joined by `-`, in parts joined by `/`: `rooms/sender-excluded`".to_owned(),
            );
        }
        if let Some(first) = self.ids.insert(id.to_owned(), span) {
            self.problems
                .error("duplicate-id", span, format!("the id `{id}` is taken"))
                .related = Some((first, "taken here".to_owned()));
        }
    }

    fn scenario(
        &mut self,
        node: &Node,
        id: Option<&str>,
        place: Option<(&Row<'_>, &Table<'_>)>,
    ) -> Option<Scenario> {
        let row = place.map(|(row, _)| row);
        let overridden = with_overrides(node, row);
        let whole = Fields::new(&overridden, "a scenario", self.problems)?;
        let vars = whole.raw("vars").and_then(|vars| self.vars(&vars));
        let vars: Vec<&Entry> = vars
            .unwrap_or_default()
            .iter()
            .filter(|entry| !is_in(row, &entry.key))
            .collect();
        let values = row.map(|row| row.values.as_slice()).unwrap_or_default();
        let substitutes: Substitutes<'_> = values
            .iter()
            .chain(&vars)
            .map(|entry| (entry.key.as_str(), &entry.value))
            .collect();
        let fields = whole
            .with_substitutes(&substitutes)
            .with_tables(&[keys::SCENARIO]);
        for key in ["id", "aliases", "each"] {
            fields.raw(key);
        }

        let title = self.sentence(&fields, "title", row);
        if title.is_none() && fields.raw("title").is_none() {
            fields.missing("title", self.problems);
        }
        let why = self.sentence(&fields, "why", row);
        let level = fields
            .get("level")
            .and_then(|level| level.word(self.problems));
        let tier = fields.get("tier").and_then(|tier| tier.word(self.problems));
        let transports = transports(&fields, self.problems);
        let exclusive = fields
            .get("exclusive")
            .and_then(|exclusive| exclusive.boolean(self.problems));
        let verifies = self.known.verifies(&fields, self.problems);
        let catches = self.known.catches(&fields, self.problems);
        let mut needs = self.defaults.needs.clone();
        if let Some(own) = fields.get("needs") {
            needs.extend(names(&own, self.problems));
        }
        needs.sort();
        needs.dedup();
        let settle = self.duration(&fields, "settle");
        let within = self.duration(&fields, "within");
        let without = Known::without(&fields, self.problems);
        let snapshot = fields.get("snapshot");
        let snapshot = snapshot.map(|field| read_snapshot_rules(field, self.problems));
        let snapshot = snapshot.unwrap_or_default();

        let mut context = StepContext::new(self.problems, &substitutes);
        let variables = variables(values, &vars, &mut context);
        if let Some(clients) = fields.raw("clients") {
            clients::read(&clients, &mut context);
        }
        let mut all_steps = steps(self.defaults.background, &mut context);
        let own_steps = fields.require("steps", context.problems);
        if let Some(own) = own_steps.and_then(|own| list(&own, context.problems)) {
            let before = context.problems.count();
            let own = steps(own, &mut context);
            // Report a scenario in which no step can fail, but only if all steps were read without a mistake: a step
            // with a mistake is not in `own`, and could be the step that can fail.
            if context.problems.count() == before && !own.iter().any(Step::can_fail) {
                context
                    .problems
                    .error_at_line(
                        "cannot-fail",
                        node.span,
                        "no step of this scenario can fail",
                    )
                    .help = Some(
                    "add a step that can fail, such as `expect`, `deliver`, `never` or `call`"
                        .to_owned(),
                );
            }
            all_steps.extend(own);
        }
        for entry in fields.unknown().filter(|entry| is_step_key(&entry.key)) {
            fields.mark_reported(entry);
            let sentence = format!("a scenario has no key `{}`", entry.key);
            context
                .problems
                .error("unknown-key", entry.key_span, sentence)
                .help = Some(format!(
                "`{}` belongs to a step: indent it as far as the step's verb",
                entry.key
            ));
        }
        fields.finish(context.problems);
        let (declared, names_in_force) = (context.declared, context.variables);
        let mentioned = context.mentioned;
        let clients = opened_by_hand(declared, &all_steps, self.problems);
        already_connected(&clients, &all_steps, self.problems);
        not_connected(&clients, &all_steps, self.problems);
        never_joined(&clients, &all_steps, self.problems);
        names_in_force.finish(|name| missing_in_row(name, place), self.problems);

        Some(Scenario {
            id: scenario_id(id?, row),
            aliases: self.aliases(&overridden, row),
            title: title?,
            why,
            level: level.or(self.defaults.level).unwrap_or(Level::Must),
            tier: tier.or(self.defaults.tier).unwrap_or_default(),
            verifies,
            catches,
            needs,
            transports: transports
                .or_else(|| self.defaults.transports.clone())
                .unwrap_or_default(),
            exclusive: exclusive.or(self.defaults.exclusive).unwrap_or(false),
            settle,
            within,
            without,
            snapshot,
            variables,
            clients,
            steps: all_steps,
            mentioned,
            source: Arc::clone(self.problems.source()),
            span: node.span,
            row: row.map(|row| row.span),
        })
    }

    fn vars<'n>(&mut self, field: &Field<'n>) -> Option<&'n [Entry]> {
        let NodeKind::Mapping(entries) = &field.node.kind else {
            field.wrong("a mapping of names to values", self.problems);
            return None;
        };
        for entry in entries {
            refuse_bad_name(entry, self.problems);
        }
        Some(entries)
    }

    /// Reads `title` or `why`, and inserts the values of the row of the `each:` table into it.
    fn sentence(
        &mut self,
        fields: &Fields<'_>,
        key: &'static str,
        row: Option<&Row<'_>>,
    ) -> Option<String> {
        let field = fields.raw(key)?;
        let text = field.text(self.problems)?;
        let mut scope = Scope::default();
        for (name, value) in plain_values(row) {
            scope.set(name, value);
        }
        let filled = Template::text(text)
            .map_err(|error| error.to_string())
            .and_then(|template| {
                template
                    .render_text(&scope)
                    .map_err(|error| error.to_string())
            });
        match filled {
            Ok(text) => Some(text),
            Err(reason) => {
                self.problems
                    .error("bad-template", field.node.span, reason)
                    .help = Some(format!(
                    "`{key}` can contain the variables of its row of the `each:` table, such as `$case`; write `$$` for a dollar sign"
                ));
                None
            }
        }
    }

    fn duration(&mut self, fields: &Fields<'_>, key: &'static str) -> Option<Duration> {
        fields.get(key)?.duration(self.problems)
    }

    fn aliases(&mut self, node: &Node, row: Option<&Row<'_>>) -> Vec<String> {
        let Some(node) = node.get("aliases") else {
            return Vec::new();
        };
        let own = row.is_some_and(|row| row.overrides.iter().any(|entry| entry.key == "aliases"));
        let field = Field {
            key: "aliases",
            node,
        };
        let texts = field.texts(self.problems).into_iter();
        texts
            .map(|(alias, _)| {
                if own {
                    alias.to_owned()
                } else {
                    scenario_id(alias, row)
                }
            })
            .collect()
    }
}

/// Keys of a row of an `each:` table whose items are added to the items of the scenario's key of the same name. Other
/// keys of a row, such as `level`, replace the scenario's key.
const ADDED: &[&str] = &["catches", "needs", "verifies"];

/// Returns the scenario's entry without its `each:` table. The loader copies the entry for each row; copies that
/// include the table would make the work grow with the square of the number of rows.
fn without_table(node: &Node) -> Node {
    let entries = node.entries().unwrap_or_default().iter();
    let others = entries.filter(|entry| entry.key != "each");
    Node {
        span: node.span,
        kind: NodeKind::Mapping(others.cloned().collect()),
    }
}

/// Returns a scenario's entry with the keys of a row of its `each:` table. A key of the row replaces the entry's key,
/// or adds its items to those of the entry's key (see [`ADDED`]).
fn with_overrides(node: &Node, row: Option<&Row<'_>>) -> Node {
    let (Some(row), NodeKind::Mapping(entries)) = (row, &node.kind) else {
        return node.clone();
    };
    let mut entries = entries.clone();
    for entry in &row.overrides {
        let Some(own) = entries.iter_mut().find(|own| own.key == entry.key) else {
            entries.push((*entry).clone());
            continue;
        };
        if ADDED.contains(&entry.key.as_str()) {
            let items = items(&own.value).chain(items(&entry.value)).cloned();
            own.value.kind = NodeKind::Sequence(items.collect());
        } else {
            *own = (*entry).clone();
        }
    }
    Node {
        span: node.span,
        kind: NodeKind::Mapping(entries),
    }
}

/// Returns the items of a list. A value that is not a list counts as a list with one item.
fn items(node: &Node) -> impl Iterator<Item = &Node> {
    match &node.kind {
        NodeKind::Sequence(items) => items.iter(),
        NodeKind::Mapping(_) | NodeKind::Scalar(_) => std::slice::from_ref(node).iter(),
    }
}

fn is_in(row: Option<&Row<'_>>, name: &str) -> bool {
    row.is_some_and(|row| row.values.iter().any(|entry| entry.key == name))
}

fn scenario_id(id: &str, row: Option<&Row<'_>>) -> String {
    match row {
        None => id.to_owned(),
        Some(row) => format!("{id}[{}]", row.label),
    }
}

fn is_id(id: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_')
            })
    };
    id.split('/').all(|part| part.split('-').all(is_word))
}

/// Returns the variables that the row of the `each:` table sets, then those of `vars:`. A variable can use the ones
/// before it.
fn variables<'n>(
    values: &[&'n Entry],
    vars: &[&'n Entry],
    context: &mut StepContext<'n, '_>,
) -> Vec<(String, Template)> {
    let mut variables = Vec::new();
    for entry in values.iter().chain(vars) {
        refuse_reserved(
            &entry.key,
            entry.key_span,
            &context.variables,
            context.problems,
        );
        if is_expectation(&entry.value) {
            context.inlined.insert(&entry.key, &entry.value);
            context.variables.add_inlined(&entry.key);
            continue;
        }
        let mut value = ValueReader::new(context.problems);
        value.inlined = Some(&context.inlined);
        let template = value.template(&entry.value);
        let references = value.references;
        context.mentioned.note_variables(&references);
        if context.variables.can_resolve(&references) {
            context.variables.set(&entry.key);
            variables.push((entry.key.clone(), template));
        } else {
            context.inlined.insert(&entry.key, &entry.value);
            context.variables.add_inlined(&entry.key);
        }
    }
    variables
}

/// Returns a hint if another row of the `each:` table sets the variable `name` and this row does not.
fn missing_in_row(name: &str, place: Option<(&Row<'_>, &Table<'_>)>) -> Option<String> {
    let (row, table) = place?;
    let other = table.first_row_with(name)?;
    Some(format!(
        "the row `{}` of the `each:` table has no `{name}`, but the row `{}` has one",
        row.label, other.label
    ))
}
