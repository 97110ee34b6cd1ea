//! The values of a scenario's variables that are known before it runs: those of `vars:` and of a row of `each:`.

use std::collections::BTreeMap;

use super::mention::{Mention, items};
use crate::{
    data::Data,
    scenario::{Scope, Template, node::Node},
};

/// The limit on the length of a chain of variables that stand for each other.
const MAX_CHAIN: usize = 8;

/// The values of one scenario, or of one row of its table, by name.
#[derive(Debug, Default)]
pub(super) struct Values<'n> {
    values: BTreeMap<&'n str, &'n Node>,
}

impl<'n> Values<'n> {
    /// Returns the values of each row of the scenario's table, or of the scenario itself if it has no table.
    pub(super) fn of_rows(scenario: &'n Node) -> Vec<Self> {
        let of = |rows: Option<&'n Node>| {
            let mut found = Self::default();
            for node in [scenario.get("vars"), rows].into_iter().flatten() {
                let entries = node.entries().unwrap_or_default().iter();
                found
                    .values
                    .extend(entries.map(|entry| (entry.key.as_str(), &entry.value)));
            }
            found
        };
        match scenario.get("each").map(items) {
            None | Some([]) => vec![of(None)],
            Some(rows) => rows.iter().map(|row| of(Some(row))).collect(),
        }
    }

    /// Returns the value that `node` stands for: the value of `name` if `node` is exactly `$name`, else `node` itself.
    pub(super) fn resolve<'v>(&'v self, node: &'v Node) -> &'v Node {
        let mut node = node;
        for _ in 0..MAX_CHAIN {
            let name = node.text().and_then(|text| text.strip_prefix('$'));
            match name.and_then(|name| self.values.get(name)) {
                Some(value) => node = value,
                None => break,
            }
        }
        node
    }

    /// Returns the name that `node` holds, with the variables replaced by their values. Returns `None` if a variable is
    /// known only during the run, or if the node holds no text.
    pub(super) fn name(&self, node: &Node) -> Option<Mention> {
        let node = self.resolve(node);
        let text = node.text()?;
        let name = if text.contains('$') {
            Template::text(text).ok()?.render_text(&self.scope()).ok()?
        } else {
            text.to_owned()
        };
        let span = node.span;
        Some(Mention { name, span })
    }

    /// Returns the variables whose values are plain texts and numbers.
    fn scope(&self) -> Scope {
        let mut scope = Scope::default();
        for (name, node) in &self.values {
            let value = self.resolve(node).to_data();
            let is_plain = match &value {
                Data::String(text) => !text.contains(['$', '<']),
                Data::Number(_) | Data::Bool(_) => true,
                Data::Null | Data::Bytes(_) | Data::Array(_) | Data::Object(_) => false,
            };
            if is_plain {
                scope.set(*name, value);
            }
        }
        scope
    }
}
