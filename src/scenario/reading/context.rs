//! The state while the steps of a scenario are read: its clients, the variables that are set, the mistakes found.

use super::{
    declared_clients::DeclaredClients,
    variables::{Variables, refuse_reserved},
};
use crate::{
    data::Data,
    scenario::{
        Matcher, Mentioned, Template,
        diagnostic::Problems,
        fields::{Field, Fields, Substitutes},
        node::{Node, NodeKind, Quoting, Scalar},
        reference::Reference,
        values::ValueReader,
    },
};

/// The state while the steps of one scenario are read.
pub(in crate::scenario) struct StepContext<'c, 'p> {
    pub(in crate::scenario) problems: &'p mut Problems,
    pub(in crate::scenario) declared: DeclaredClients,
    pub(in crate::scenario) variables: Variables,
    pub(in crate::scenario) substitutes: &'c Substitutes<'c>,
    /// The values of `vars:` or of a row of `each:` that can't be computed before the first step: expectations such as
    /// `<string>`, and values that use a client's fields or a variable that a step sets. Such a value can replace
    /// `$name` only where `$name` is the whole value, not a part of a text.
    pub(in crate::scenario) inlined: Substitutes<'c>,
    /// The variables captured by the step that is being read now, as in `<string as name>`.
    pub(in crate::scenario) captured: Vec<Reference>,
    /// The credentials and namespaces that the scenario uses, as far as it has been read.
    pub(in crate::scenario) mentioned: Mentioned,
}

impl<'c, 'p> StepContext<'c, 'p> {
    pub(in crate::scenario) fn new(
        problems: &'p mut Problems,
        substitutes: &'c Substitutes<'c>,
    ) -> Self {
        Self {
            problems,
            declared: DeclaredClients::default(),
            variables: Variables::default(),
            substitutes,
            inlined: Substitutes::new(),
            captured: Vec::new(),
            mentioned: Mentioned::default(),
        }
    }

    /// Reads a value to send.
    pub(in crate::scenario) fn template(&mut self, node: &Node) -> Template {
        self.read(|values| values.template(node))
    }

    /// Reads a text to send. A YAML number becomes a text: `5` is the text "5".
    pub(in crate::scenario) fn text(&mut self, node: &Node) -> Template {
        self.read(|values| values.text_template(node))
    }

    /// Reads an expectation.
    pub(in crate::scenario) fn matcher(&mut self, node: &Node) -> Matcher {
        self.read(|values| values.matcher(node))
    }

    /// Reads the expectation of a text. A YAML number becomes a text: `45` is the text "45".
    pub(in crate::scenario) fn text_matcher(&mut self, node: &Node) -> Matcher {
        match &node.kind {
            NodeKind::Scalar(scalar) if !matches!(scalar.value(), Data::String(_)) => {
                Matcher::value(self.text(node))
            }
            _ => self.matcher(node),
        }
    }

    /// Reads the value of `key` as an expectation. Returns `None` if the key is missing.
    pub(in crate::scenario) fn matcher_of(
        &mut self,
        fields: &Fields<'_>,
        key: &'static str,
    ) -> Option<Matcher> {
        let field = fields.raw(key)?;
        Some(self.matcher(field.node))
    }

    /// Reads the value of `key` as a value to send. Returns `None` if the key is missing.
    pub(in crate::scenario) fn template_of(
        &mut self,
        fields: &Fields<'_>,
        key: &'static str,
    ) -> Option<Template> {
        let field = fields.raw(key)?;
        Some(self.template(field.node))
    }

    /// Returns the items of a list that stands in the step, or that a row of the `each:` table sets for `name` if the
    /// step contains `$name`. Returns `None` if the value is neither.
    pub(in crate::scenario) fn items_of(&mut self, field: &Field<'_>) -> Option<Vec<Node>> {
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
        // Each item is a reference (`$name[0]`) and not a copy of the item, so that an expression in the list is
        // evaluated only once.
        let item = |index| Node {
            span: field.node.span,
            kind: NodeKind::Scalar(Scalar {
                text: format!("${name}[{index}]"),
                quoting: Quoting::Quoted,
            }),
        };
        Some((0..items.len()).map(item).collect())
    }

    /// Returns true if the value of `key` is `true`. Returns false if the value is `false` or the key is missing.
    pub(in crate::scenario) fn flag(&mut self, fields: &Fields<'_>, key: &'static str) -> bool {
        fields
            .get(key)
            .and_then(|flag| flag.boolean(self.problems))
            .unwrap_or(false)
    }

    /// Calls `read` to read values, then checks the variables that these values use (`$name`) and capture (`<string as
    /// name>`).
    pub(in crate::scenario) fn read<T>(
        &mut self,
        read: impl FnOnce(&mut ValueReader<'_>) -> T,
    ) -> T {
        let mut values = ValueReader::new(self.problems);
        values.inlined = Some(&self.inlined);
        let value = read(&mut values);
        let (references, captures) = (values.references, values.captures);
        self.mentioned.note_variables(&references);
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

    /// Marks the variables that the step captures as set, so that later steps can use them.
    pub(in crate::scenario) fn commit(&mut self) {
        for capture in std::mem::take(&mut self.captured) {
            refuse_reserved(&capture.name, capture.span, &self.variables, self.problems);
            self.variables.set(&capture.name);
        }
    }
}
