//! Checks the variables that a step uses: built-in variables, those of the `each:` table, those of earlier steps.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    scenario::{
        ClientField, HANDSHAKE_FIELDS, Span, TargetField,
        diagnostic::Problems,
        expression::function_names,
        node::Entry,
        reference::Reference,
        scope::{BUILT_IN, RESERVED, split_index},
        template::is_name,
    },
    text::{did_you_mean, hint},
};

/// The built-in variables that have fields.
const OBJECTS: &[&str] = &["credentials", "target"];

/// The variables that have a value at one point of a scenario, after the steps before this point have been read.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Variables {
    /// The names of the variables that are set.
    set: BTreeSet<String>,
    /// The values of `vars:` or of a row of `each:` that can't be computed before the first step: expectations such as
    /// `<string>`, and values that use a client's fields or a variable that a step sets. Such a value can replace
    /// `$name` only where `$name` is the whole value, not a part of a text.
    inlined: BTreeSet<String>,
    clients: BTreeSet<String>,
    /// The number of members of each group.
    groups: BTreeMap<String, usize>,
    /// The uses of variables that no earlier step had set. [`Self::finish`] reports them after the last step, when it
    /// also knows whether a later step sets the variable.
    unresolved: Vec<Reference>,
}

impl Variables {
    pub(in crate::scenario) fn set(&mut self, name: &str) {
        self.set.insert(name.to_owned());
    }

    pub(in crate::scenario) fn is_set(&self, name: &str) -> bool {
        self.set.contains(name)
    }

    pub(in crate::scenario) fn unset(&mut self, name: &str) {
        self.set.remove(name);
    }

    /// Returns the names of the variables that are set.
    pub(in crate::scenario) fn names(&self) -> BTreeSet<String> {
        self.set.clone()
    }

    /// Makes the variables in `names` the only variables that are set, and returns the others.
    pub(in crate::scenario) fn take_since(&mut self, names: BTreeSet<String>) -> BTreeSet<String> {
        let since = self.set.difference(&names).cloned().collect();
        self.set = names;
        since
    }

    pub(in crate::scenario) fn add_inlined(&mut self, name: &str) {
        self.inlined.insert(name.to_owned());
    }

    pub(in crate::scenario) fn add_client(&mut self, name: &str) {
        self.clients.insert(name.to_owned());
    }

    pub(in crate::scenario) fn add_group(&mut self, name: &str, members: usize) {
        self.groups.insert(name.to_owned(), members);
    }

    /// Returns the reason why a scenario can't define a variable with this name, such as the name of a client. Returns
    /// `None` if the scenario can define the variable.
    pub(in crate::scenario) fn reserved(&self, name: &str) -> Option<&'static str> {
        if RESERVED.contains(&name) {
            return Some("it is a built-in variable");
        }
        if self.clients.contains(name) || self.groups.contains_key(name) {
            return Some("it is the name of a client");
        }
        if function_names().contains(&name) {
            return Some("it is the name of a function, which would hide it in expressions");
        }
        None
    }

    /// Returns true if all variables that a value uses have a value at this point of the scenario.
    pub(in crate::scenario) fn can_resolve(&self, references: &[Reference]) -> bool {
        references.iter().all(|reference| {
            let name = head(&reference.name);
            self.set.contains(name) || is_built_in(name)
        })
    }

    /// Checks that all variables that a value uses are set.
    pub(in crate::scenario) fn check(
        &mut self,
        references: Vec<Reference>,
        problems: &mut Problems,
    ) {
        for reference in references {
            self.reference(reference, problems);
        }
    }

    /// Reports the uses of variables that no earlier step had set. `hint` can return a special hint for the name of
    /// such a variable.
    pub(in crate::scenario) fn finish(
        mut self,
        hint: impl Fn(&str) -> Option<String>,
        problems: &mut Problems,
    ) {
        for reference in std::mem::take(&mut self.unresolved) {
            let name = head(&reference.name);
            let help = if self.set.contains(name) {
                Some("a later step sets this variable: move that step up".to_owned())
            } else if self.inlined.contains(name) {
                Some(format!(
                    "the value of `{name}` is an expectation or is known only during the run: write `${name}` as a whole value, and not inside the value of `{name}`"
                ))
            } else if name == "index" {
                Some(
                    "`index` is set only inside `repeat`; it is the number of the round".to_owned(),
                )
            } else {
                hint(name)
            };
            let help = help
                .or_else(|| did_you_mean(name, self.known_names(&reference)))
                .unwrap_or_else(|| {
                    format!(
                        "set it in `vars:`, in a row of `each:`, or with `<string as {name}>` in an earlier step"
                    )
                });
            problems
                .error(
                    "unknown-variable",
                    reference.span,
                    format!("nothing sets `{}`", reference.written),
                )
                .help = Some(help);
        }
    }

    fn known_names(&self, reference: &Reference) -> Vec<&str> {
        let own = self
            .set
            .iter()
            .chain(&self.clients)
            .chain(self.groups.keys())
            .map(String::as_str);
        let mut names: Vec<&str> = own.collect();
        names.extend(BUILT_IN.iter().map(|(name, _)| *name));
        if !reference.written.starts_with('$') {
            let functions: Vec<&str> = function_names();
            names.extend(functions);
        }
        names
    }

    fn reference(&mut self, reference: Reference, problems: &mut Problems) {
        let mut parts = reference.name.split('.');
        let first = parts.next().unwrap_or_default();
        let field = parts.next();
        let (name, index) = match split_index(first) {
            Some((name, index)) => (name, Some(index)),
            None => (first, None),
        };
        if let Some(members) = self.groups.get(name).copied() {
            match index {
                Some(index) if (1..=members).contains(&index) => {
                    check_client_field(&reference, problems);
                }
                Some(_) => {
                    problems
                        .error(
                            "unknown-client",
                            reference.span,
                            format!("the group `{name}` has no member `{first}`"),
                        )
                        .help = Some(format!("it has the members 1 to {members}"));
                }
                // In an expression, where names have no `$`, the name of a group is allowed: it is a map from numbers
                // to members.
                None if !reference.written.starts_with('$') => {}
                None => {
                    problems
                        .error(
                            "group-as-value",
                            reference.span,
                            format!("`{name}` is a group of {members} clients"),
                        )
                        .help = Some(format!("choose one: `${name}[1]`"));
                }
            }
            return;
        }
        if self.clients.contains(name) {
            check_client_field(&reference, problems);
            return;
        }
        if name == "target" && !self.set.contains(name) {
            check_field("`target`", field, TargetField::names, &reference, problems);
            return;
        }
        if let Some(field) = field
            && is_built_in(name)
            && !self.set.contains(name)
            && !OBJECTS.contains(&name)
        {
            refuse_field_of_text(name, field, &reference, problems);
            return;
        }
        if !self.set.contains(name) && !is_built_in(name) {
            self.unresolved.push(reference);
        }
    }
}

/// Reports a field that a client does not have, and a field of its open packet that is nearly a known one.
fn check_client_field(reference: &Reference, problems: &mut Problems) {
    let mut fields = reference.name.split('.').skip(1);
    let field = fields.next();
    check_field("a client", field, ClientField::names, reference, problems);
    let inner = fields
        .next()
        .filter(|_| field == Some(ClientField::Handshake.name()));
    let known = || HANDSHAKE_FIELDS.iter().copied();
    let near = inner.and_then(|inner| did_you_mean(inner, known().filter(|name| *name != inner)));
    if let (Some(inner), Some(near)) = (inner, near)
        && known().all(|name| name != inner)
    {
        let message = format!("an open packet has no `{inner}`");
        let problem = problems.error("unknown-field", reference.span, message);
        problem.help = Some(near);
    }
}

/// Reports a field of a built-in variable that holds a text.
fn refuse_field_of_text(name: &str, field: &str, reference: &Reference, problems: &mut Problems) {
    let message = format!("`{name}` is a text, which has no `{field}`");
    let problem = problems.error("unknown-field", reference.span, message);
    problem.help = Some(format!("for a dot after it write `${{{name}}}.{field}`"));
}

/// Reports a field that a built-in object does not have. `object` names the object at the start of a sentence.
fn check_field<N: Iterator<Item = &'static str>>(
    object: &str,
    field: Option<&str>,
    names: impl Fn() -> N,
    reference: &Reference,
    problems: &mut Problems,
) {
    let Some(field) = field else { return };
    let field = split_index(field).map_or(field, |(field, _)| field);
    if names().any(|name| name == field) {
        return;
    }
    problems
        .error(
            "unknown-field",
            reference.span,
            format!("{object} has no `{field}`"),
        )
        .help = Some(hint(field, "it has", names()));
}

pub(in crate::scenario) fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|(built_in, _)| *built_in == name)
}

fn head(name: &str) -> &str {
    let first = name.split('.').next().unwrap_or(name);
    split_index(first).map_or(first, |(name, _)| name)
}

/// Reports a key of `vars:` or `each:` that can't be the name of a variable.
pub(in crate::scenario) fn refuse_bad_name(entry: &Entry, problems: &mut Problems) {
    if is_name(&entry.key) {
        return;
    }
    let message = format!("`{}` can't be the name of a variable", entry.key);
    let problem = problems.error("bad-name", entry.key_span, message);
    let help = "a name consists of letters, digits and `_`, and does not start with a digit";
    problem.help = Some(help.to_owned());
}

/// Reports a variable that a scenario sets if its name is reserved, such as the name of a client.
pub(in crate::scenario) fn refuse_reserved(
    name: &str,
    span: Span,
    variables: &Variables,
    problems: &mut Problems,
) {
    if let Some(reason) = variables.reserved(name) {
        problems.error(
            "reserved-name",
            span,
            format!("`{name}` can't be set: {reason}"),
        );
    }
}
