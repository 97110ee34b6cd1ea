//! Reads events that steps send or expect: names, arguments, and the key `order`.

use super::{connections, context::StepContext};
use crate::scenario::{
    Arguments, EventPattern, ExpectedArguments, Matcher, Operation, Order, Template,
    fields::{Field, Fields, is_bare},
};

/// The limit on the key `count`, a number of events.
const MAX_COUNT: u64 = 1_000_000;

pub(in crate::scenario) fn operation(
    value: &Field<'_>,
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Operation> {
    let name = event_name(value, context);
    let with = context.template_of(fields, "with");
    let args = fields
        .raw("args")
        .and_then(|args| arguments(&args, context));
    let namespace = namespace(fields, context);
    Some(Operation {
        name: name?,
        with,
        args,
        namespace,
    })
}

pub(in crate::scenario) fn pattern(
    value: &Field<'_>,
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<EventPattern> {
    let name = event_name(value, context);
    let with = context.matcher_of(fields, "with");
    let args = fields
        .raw("args")
        .and_then(|args| event_arguments(&args, context));
    let namespace = namespace(fields, context);
    Some(EventPattern {
        name: name?,
        with,
        args,
        namespace,
    })
}

pub(in crate::scenario) fn event_name(
    value: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Template> {
    // An empty text in quotes is a valid event name. A key without any value, such as `emit:`, is a mistake.
    if is_bare(value.node) || value.node.text().is_none() {
        value.wrong("the name of an event", context.problems);
        return None;
    }
    Some(context.text(value.node))
}

pub(in crate::scenario) fn namespace(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Template> {
    let field = fields.raw("namespace")?;
    Some(connections::namespace(&field, context))
}

/// Reads the arguments to send: a list, or one expression that gives a list.
pub(in crate::scenario) fn arguments(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Arguments> {
    if let Some(items) = context.items_of(field) {
        let items = items.iter().map(|item| context.template(item)).collect();
        return Some(Arguments::of_list(Template::array(items)));
    }
    whole_list(field, context)
}

/// Reads an expectation for each argument.
pub(in crate::scenario) fn expected_arguments(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Vec<Matcher>> {
    let Some(items) = context.items_of(field) else {
        field.wrong("a list of all arguments", context.problems);
        return None;
    };
    Some(items.iter().map(|item| context.matcher(item)).collect())
}

/// Reads the expected arguments of an event: a list of expectations, or one expression that gives the list of the
/// arguments.
fn event_arguments(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<ExpectedArguments> {
    if context.items_of(field).is_some() {
        return expected_arguments(field, context).map(ExpectedArguments::Each);
    }
    whole_list(field, context).map(ExpectedArguments::List)
}

/// Reads one expression, as the whole value, that gives a list of arguments.
fn whole_list(field: &Field<'_>, context: &mut StepContext<'_, '_>) -> Option<Arguments> {
    let text = field.node.text().unwrap_or_default();
    let is_row_value = text
        .strip_prefix('$')
        .is_some_and(|name| context.substitutes.contains_key(name));
    let template = (text.starts_with('$') && !is_row_value)
        .then(|| context.template(field.node))
        .filter(Template::is_one_expression);
    if template.is_none() {
        let wanted = "a list of all arguments, or one expression that gives a list";
        field.wrong(wanted, context.problems);
    }
    template.map(Arguments::of_list)
}

pub(in crate::scenario) fn count(fields: &Fields<'_>, context: &mut StepContext<'_, '_>) -> usize {
    let count = fields
        .get("count")
        .and_then(|count| count.number(1, MAX_COUNT, context.problems))
        .unwrap_or(1);
    usize::try_from(count).unwrap_or(1)
}

/// Reads `order:`: whether other packets or events can arrive before the expected one.
pub(in crate::scenario) fn order(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Order> {
    fields.get("order")?.word(context.problems)
}
