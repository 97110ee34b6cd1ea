//! `check`: an expression that must be true.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    Template,
    fields::{Field, Fields},
    keys::{Key, key},
    reading::context::StepContext,
};

const KEYS: &[Key] = &[key("because", "text", "what it means when it is not true")];

/// `check:`.
#[derive(Clone, Debug)]
pub struct Check {
    /// Must give true.
    pub expression: Template,
    /// `because:` what it means when it does not.
    pub because: Option<String>,
}

impl VerbModel for Check {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "an expression that must be true",
        actors: Actors::None,
        value: "text",
        options: Options::Beside,
        keys: &[KEYS],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let because = fields
            .raw("because")
            .and_then(|because| because.text(context.problems))
            .map(str::to_owned);
        if value.node.text().is_none() {
            value.wrong("an expression", context.problems);
            return None;
        }
        let (expression, reads_something) = context.read(|values| {
            let expression = values.expression(value.node);
            (expression, !values.references.is_empty())
        });
        let expression = expression?;
        if !reads_something {
            context
                .problems
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
        Some(Self {
            expression,
            because,
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Something, ConnectionUse::None, WireUse::Observes)
    }
}
