//! `check`: fails if an expression is not true.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    Template,
    fields::{Field, Fields},
    keys::{Key, key},
    reading::context::StepContext,
};

const KEYS: &[Key] = &[key(
    "because",
    "text",
    "the sentence that reports the failure",
)];

/// The data of a `check` step.
#[derive(Clone, Debug)]
pub struct Check {
    /// The expression that has to be true.
    pub expression: Template,
    /// The expression as the scenario writes it, for messages.
    pub written: String,
    /// The sentence to report if the expression is not true (`because:`).
    pub because: Option<String>,
}

impl VerbModel for Check {
    const SPEC: VerbSpec = VerbSpec {
        example: "check: expression",
        chapter: Chapter::Blocks,
        meaning: "the expression has to be true; use it for checks that no verb offers",
        key_notes: "`because`: the sentence that reports the failure",
        actors: Actors::None,
        puts_on_wire: false,
        can_fail: true,
        value: ValueType::Text,
        options: Options::Beside,
        keys: &[KEYS],
        exclusive: &[],
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
        let Some(written) = value.node.text() else {
            value.wrong("an expression", context.problems);
            return None;
        };
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
                    "the value of the expression does not depend on the server",
                )
                .help = Some(
                "use a value that an earlier step captured: `<integer as count>`, then `count > 0`"
                    .to_owned(),
            );
        }
        Some(Self {
            expression,
            written: written.to_owned(),
            because,
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Something, ConnectionUse::None, WireUse::Observes)
    }
}
