//! Verbs about events: `emit`, `call`, `expect`, `never`, `deliver`, `reply`.

use super::{
    connection::refusal,
    raw::{frame_pattern, order},
    steps::StepReader,
};
use crate::scenario::{
    Action, Answer, Call, Deliver, Emit, EventPattern, Expect, Matcher, Never, Operation, Order,
    Reply, ReplyHow, Template,
    fields::{Field, Fields, is_bare},
    node::Node,
};

/// One step does not wait for more events.
const MAX_COUNT: u64 = 1_000_000;

pub(super) fn emit(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    let operation = operation(value, fields, steps)?;
    let refused = refusal(fields, steps);
    Some(Action::Emit(Emit { operation, refused }))
}

pub(super) fn call(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    fields.exclusive(&["reply", "replies", "refused", "no-reply"], steps.problems);
    let operation = operation(value, fields, steps);
    let reply = steps.matcher_of(fields, "reply");
    let replies = fields
        .raw("replies")
        .and_then(|replies| expected_arguments(&replies, steps));
    let refused = refusal(fields, steps);
    let no_reply = steps.flag(fields, "no-reply");
    let answer = if let Some(reply) = reply {
        Answer::Reply(reply)
    } else if let Some(replies) = replies {
        Answer::Replies(replies)
    } else if let Some(refused) = refused {
        Answer::Refused(refused)
    } else if no_reply {
        Answer::None
    } else {
        Answer::Any
    };
    Some(Action::Call(Call {
        operation: operation?,
        answer: answer.into(),
    }))
}

pub(super) fn expect(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    let event = pattern(value, fields, steps);
    let count = count(fields, steps);
    let order = order(fields, steps).unwrap_or(Order::Any);
    let asks_ack = fields
        .get("acknowledged")
        .and_then(|asks| asks.boolean(steps.problems));
    Some(Action::Expect(Expect {
        event: event?.into(),
        count,
        order,
        asks_ack,
    }))
}

pub(super) fn never(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    if let Some([entry]) = value.node.entries()
        && entry.key == "frame"
    {
        let frame = Field {
            key: "frame",
            node: &entry.value,
        };
        return frame_pattern(&frame, steps).map(|frame| Action::Never(Never::Frame(frame)));
    }
    let event = pattern(value, fields, steps)?;
    Some(Action::Never(Never::Event(event)))
}

pub(super) fn deliver(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    let event = pattern(value, fields, steps);
    let count = count(fields, steps);
    let to = fields.require("to", steps.problems)?;
    let to = steps.cast.resolve(&to, steps.problems);
    Some(Action::Deliver(Deliver {
        event: event?,
        to,
        count,
    }))
}

pub(super) fn reply(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    fields.exclusive(&["with", "values"], steps.problems);
    fields.exclusive(&["twice", "late", "withhold", "wrong-id"], steps.problems);
    let name = event_name(value, steps);
    let namespace = namespace(fields, steps);
    let values = match (steps.template_of(fields, "with"), fields.raw("values")) {
        (Some(with), _) => vec![with],
        (None, Some(values)) => arguments(&values, steps).unwrap_or_default(),
        (None, None) => Vec::new(),
    };
    let late = fields
        .get("late")
        .and_then(|late| late.duration(steps.problems));
    let twice = steps.flag(fields, "twice");
    let withhold = steps.flag(fields, "withhold");
    let wrong_id = steps.flag(fields, "wrong-id");
    let how = match late {
        Some(late) => ReplyHow::Late(late),
        None if twice => ReplyHow::Twice,
        None if withhold => ReplyHow::Withhold,
        None if wrong_id => ReplyHow::WrongId,
        None => ReplyHow::Once,
    };
    Some(Action::Reply(Reply {
        event: EventPattern {
            name: name?,
            with: None,
            args: None,
            namespace,
        },
        values,
        how,
    }))
}

fn operation(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Operation> {
    fields.exclusive(&["with", "args"], steps.problems);
    let name = event_name(value, steps);
    let with = steps.template_of(fields, "with");
    let args = fields.raw("args").and_then(|args| arguments(&args, steps));
    let namespace = namespace(fields, steps);
    Some(Operation {
        name: name?,
        with,
        args,
        namespace,
    })
}

fn pattern(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<EventPattern> {
    fields.exclusive(&["with", "args"], steps.problems);
    let name = event_name(value, steps);
    let with = steps.matcher_of(fields, "with");
    let args = fields
        .raw("args")
        .and_then(|args| expected_arguments(&args, steps));
    let namespace = namespace(fields, steps);
    Some(EventPattern {
        name: name?,
        with,
        args,
        namespace,
    })
}

fn event_name(value: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Option<Template> {
    // An empty text is an event name, too: only quotes can mean it.
    if is_bare(value.node) || value.node.text().is_none() {
        value.wrong("the name of an event", steps.problems);
        return None;
    }
    Some(steps.text(value.node))
}

fn namespace(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> Option<Template> {
    let field = fields.raw("namespace")?;
    Some(super::connection::namespace(&field, steps))
}

fn arguments(field: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Option<Vec<Template>> {
    let items = items(field, steps)?;
    Some(items.iter().map(|item| steps.template(item)).collect())
}

fn expected_arguments(field: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Option<Vec<Matcher>> {
    let items = items(field, steps)?;
    Some(items.iter().map(|item| steps.matcher(item)).collect())
}

fn items(field: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Option<Vec<Node>> {
    let items = steps.items_of(field);
    if items.is_none() {
        field.wrong("a list of all arguments", steps.problems);
    }
    items
}

fn count(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> usize {
    let count = fields
        .get("count")
        .and_then(|count| count.number(1, MAX_COUNT, steps.problems))
        .unwrap_or(1);
    usize::try_from(count).unwrap_or(1)
}
