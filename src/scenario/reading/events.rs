//! Reads events that steps send or expect: names, arguments, and the key `order`.

use super::{connections, context::StepContext};
use crate::scenario::{
    EventPattern, Matcher, Operation, Order, Template,
    fields::{Field, Fields, is_bare},
    node::Node,
};

/// The limit on the key `count`, a number of events.
const MAX_COUNT: u64 = 1_000_000;

pub(in crate::scenario) fn operation(
    value: &Field<'_>,
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Operation> {
    fields.exclusive(&["with", "args"], context.problems);
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
    fields.exclusive(&["with", "args"], context.problems);
    let name = event_name(value, context);
    let with = context.matcher_of(fields, "with");
    let args = fields
        .raw("args")
        .and_then(|args| expected_arguments(&args, context));
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

pub(in crate::scenario) fn arguments(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Vec<Template>> {
    let items = items(field, context)?;
    Some(items.iter().map(|item| context.template(item)).collect())
}

pub(in crate::scenario) fn expected_arguments(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Vec<Matcher>> {
    let items = items(field, context)?;
    Some(items.iter().map(|item| context.matcher(item)).collect())
}

pub(in crate::scenario) fn items(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Vec<Node>> {
    let items = context.items_of(field);
    if items.is_none() {
        field.wrong("a list of all arguments", context.problems);
    }
    items
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
    let orders = [("any", Order::Any), ("strict", Order::Strict)];
    fields.get("order")?.choice(&orders, context.problems)
}
