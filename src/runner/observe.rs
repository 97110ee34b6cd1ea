//! Which events of a journal an observation is about.

use super::{
    attempt::Attempt,
    cast::{Client, Link},
    finding::Stepped,
    sought::Sought,
};
use crate::{
    client::{Entry, What},
    data::Data,
    scenario::{EventPattern, Mismatch, Scope, TemplateError},
    wire::socket_io::{AckId, Packet},
};

/// How an entry compares with what is sought.
#[derive(Debug)]
pub(super) enum Likeness {
    /// It is what is sought.
    Match {
        /// What the matchers captured.
        captures: Vec<(String, Data)>,
        /// The id, where the event asks for an ack.
        id: Option<AckId>,
    },
    /// The right event with other arguments.
    Near(Mismatch),
    /// Something else.
    Other,
}

impl Sought {
    /// Resolves a pattern for one client.
    pub(super) fn new(
        attempt: &Attempt<'_>,
        client: &Client,
        pattern: &EventPattern,
    ) -> Stepped<Self> {
        let scope = attempt.scope();
        let spoken = pattern.name.render_text(&scope)?;
        let binding = attempt.target.manifest.bindings.entries.get(&spoken);
        let namespace = match &pattern.namespace {
            Some(template) => template.render_text(&scope)?,
            None => binding
                .and_then(|binding| binding.namespace.clone())
                .unwrap_or_else(|| client.state().namespace.clone()),
        };
        Ok(Self {
            event: binding.map_or_else(|| spoken.clone(), |binding| binding.event.clone()),
            spoken,
            namespace,
            with: pattern.with.clone(),
            args: pattern.args.clone(),
        })
    }

    /// Compares one entry.
    pub(super) fn compare(
        &self,
        attempt: &Attempt<'_>,
        scope: &Scope,
        entry: &Entry,
    ) -> Result<Likeness, TemplateError> {
        let What::Socket(Packet::Event {
            namespace,
            id,
            name,
            args,
        }) = &entry.what
        else {
            return Ok(Likeness::Other);
        };
        if *namespace != self.namespace || (self.event != "*" && *name != self.event) {
            return Ok(Likeness::Other);
        }
        let mut captures = Vec::new();
        let args = attempt
            .target
            .manifest
            .bindings
            .incoming(&self.spoken, args);
        if let Some(matcher) = &self.with {
            match matcher.check(args.first(), scope)? {
                Ok(found) => captures.extend(found),
                Err(mismatch) => return Ok(Likeness::Near(mismatch)),
            }
        }
        if let Some(matchers) = &self.args {
            let args = match args.split_last() {
                // Recovery's offset comes behind the event's own arguments.
                Some((Data::String(_), own))
                    if attempt.target.recovery() && id.is_none() && own.len() == matchers.len() =>
                {
                    own
                }
                _ => &args,
            };
            for index in 0..matchers.len().max(args.len()) {
                let Some(matcher) = matchers.get(index) else {
                    return Ok(Likeness::Near(Mismatch {
                        path: format!("args[{index}]"),
                        expected: format!("{} arguments", matchers.len()),
                        received: args.get(index).cloned(),
                    }));
                };
                match matcher.check(args.get(index), scope)? {
                    Ok(found) => captures.extend(found),
                    Err(mut mismatch) => {
                        mismatch.path = format!("args[{index}]{}", mismatch.path);
                        return Ok(Likeness::Near(mismatch));
                    }
                }
            }
        }
        Ok(Likeness::Match { captures, id: *id })
    }

    /// Indices of all matching entries of a link that no observation has claimed.
    pub(super) fn unclaimed(&self, attempt: &Attempt<'_>, link: &Link) -> Stepped<Vec<usize>> {
        let scope = attempt.scope().clone();
        let state = link.state();
        let entries = link.connection.journal().entries();
        let mut found = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if !state.claimed.contains(&index)
                && matches!(
                    self.compare(attempt, &scope, entry)?,
                    Likeness::Match { .. }
                )
            {
                found.push(index);
            }
        }
        Ok(found)
    }
}
