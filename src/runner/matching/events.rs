//! Compares journal entries with the event that a step looks for.

use super::event_pattern::Sought;
use crate::{
    client::{Entry, What},
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::StepResult,
        journal::{
            recovery_offer::{Offsets, offsets},
            unrelated::is_of_another_scenario,
        },
        play::attempt::Attempt,
    },
    scenario::{EventPattern, Matcher, Mismatch, Scope, TemplateError},
    wire::socket_io::{AckId, Packet},
};

/// How an entry compares with the event that a step looks for.
#[derive(Debug)]
pub(in crate::runner) enum Likeness {
    /// The entry is the event that the step looks for.
    Match {
        /// The values that the step's pattern captured from the event.
        captures: Vec<(String, Data)>,
        /// The ack id, if the event asks for an acknowledgement.
        id: Option<AckId>,
    },
    /// The entry is an event with the right name, but its arguments differ from what the step looks for.
    Near(Mismatch),
    /// The entry is not an event with the right name and namespace.
    Other,
}

impl Sought {
    /// Resolves an event pattern for one client: the event's name on the wire, and the namespace.
    pub(in crate::runner) fn new(
        attempt: &Attempt<'_>,
        client: &Client,
        pattern: &EventPattern,
    ) -> StepResult<Self> {
        let spoken = pattern.name.render_text(&attempt.scope())?;
        let binding = attempt.target.manifest.bindings.entries.get(&spoken);
        let namespace = match &pattern.namespace {
            Some(template) => attempt.namespace(template)?,
            None => binding
                .and_then(|binding| binding.namespace.clone())
                .unwrap_or_else(|| client.state().namespace.clone()),
        };
        // Ask only the last connection whether the server appends offsets to events: all connections of a client are to
        // the same server.
        let link = client.link();
        let args = pattern.args.as_ref();
        let args = args.map(|args| args.matchers(&attempt.scope()));
        Ok(Self {
            offsets: link.map_or(Offsets::Absent, |link| offsets(attempt.target, &link)),
            event: binding.map_or_else(|| spoken.clone(), |binding| binding.event.clone()),
            spoken,
            namespace,
            with: pattern.with.clone(),
            args: args.transpose()?,
        })
    }

    /// Compares one journal entry with the event that the step looks for.
    pub(in crate::runner) fn compare(
        &self,
        attempt: &Attempt<'_>,
        scope: &Scope,
        entry: &Entry,
    ) -> Result<Likeness, TemplateError> {
        #[cfg(test)]
        crate::work::count("comparisons of events", 1);
        let What::Socket(Packet::Event {
            namespace,
            id,
            name,
            args,
        }) = &entry.what
        else {
            return Ok(Likeness::Other);
        };
        if *namespace != self.namespace || self.wire_name().is_some_and(|own| own != name) {
            return Ok(Likeness::Other);
        }
        // A step that accepts any event (`*`) still ignores greetings, which the server sends to every client, the
        // results of requests, and broadcasts of other scenarios, which run at the same time.
        if self.event == "*"
            && (attempt.target.manifest.is_side_event(name)
                || (id.is_none() && is_of_another_scenario(attempt, args)))
        {
            return Ok(Likeness::Other);
        }
        let mut captures = Vec::new();
        let args = attempt.target.manifest.incoming(&self.spoken, args);
        if let Some(matcher) = &self.with {
            match matcher.check(args.first(), scope)? {
                Ok(found) => captures.extend(found),
                Err(mismatch) => return Ok(Likeness::Near(mismatch)),
            }
        }
        if let Some(matchers) = &self.args {
            let args = self.own_args(matchers.len(), *id, &args);
            match check_args(matchers, args, scope)? {
                Ok(found) => captures.extend(found),
                Err(mismatch) => return Ok(Likeness::Near(mismatch)),
            }
        }
        Ok(Likeness::Match { captures, id: *id })
    }

    /// Returns the arguments of an event without the offset that connection state recovery adds behind them.
    fn own_args<'a>(&self, expected: usize, id: Option<AckId>, args: &'a [Data]) -> &'a [Data] {
        match args.split_last() {
            Some((Data::String(_), own))
                if self.offsets == Offsets::Appended && id.is_none() && own.len() == expected =>
            {
                own
            }
            _ => args,
        }
    }

    /// Returns the indices of the journal entries that match and that no step has claimed, that is, received as
    /// expected.
    pub(in crate::runner) fn unclaimed(
        &self,
        attempt: &Attempt<'_>,
        link: &Link,
    ) -> StepResult<Vec<usize>> {
        let scope = attempt.scope().clone();
        let mut state = link.state();
        let entries = link.connection.journal().entries();
        state.received.read(&entries);
        let mut found = Vec::new();
        for (index, entry) in state.received.unclaimed_events(self.wire_name(), &entries) {
            if let Likeness::Match { .. } = self.compare(attempt, &scope, entry)? {
                found.push(index);
            }
        }
        Ok(found)
    }
}

/// Compares arguments one by one; returns the captured values or the first difference.
fn check_args(
    matchers: &[Matcher],
    args: &[Data],
    scope: &Scope,
) -> Result<Result<Vec<(String, Data)>, Mismatch>, TemplateError> {
    let mut captures = Vec::new();
    for index in 0..matchers.len().max(args.len()) {
        let Some(matcher) = matchers.get(index) else {
            return Ok(Err(Mismatch {
                path: format!("args[{index}]"),
                expected: format!("{} arguments", matchers.len()),
                received: args.get(index).cloned(),
            }));
        };
        match matcher.check(args.get(index), scope)? {
            Ok(found) => captures.extend(found),
            Err(mut mismatch) => {
                let gap = match mismatch.path.chars().next() {
                    None | Some('[') => "",
                    Some('(') => " ",
                    Some(_) => ".",
                };
                mismatch.path = format!("args[{index}]{gap}{}", mismatch.path);
                return Ok(Err(mismatch));
            }
        }
    }
    Ok(Ok(captures))
}
