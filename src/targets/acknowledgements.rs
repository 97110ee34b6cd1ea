//! How the acknowledgements of a target report success and failure.

use super::normalise_refusal;
use crate::{
    data::Data,
    scenario::{Matcher, Scope},
};

/// The patterns of a target's acknowledgements, as the manifest describes them.
#[derive(Clone, Debug, Default)]
pub struct AckPatterns {
    /// The argument of an acknowledgement that reports success; `None` if every acknowledgement that reports no failure
    /// does.
    pub success: Option<Matcher>,
    /// An argument of an acknowledgement that reports a failure; `None` if sockspec recognizes failures by the usual
    /// forms, such as `{success: false}`.
    pub failure: Option<Matcher>,
}

impl AckPatterns {
    /// Returns the failure that an acknowledgement reports, in the form of [`normalise_refusal`]. Returns `None` if it
    /// reports none.
    ///
    /// Without a pattern, an object is a failure if it has an `error` other than `null` and `false`, a `success` or
    /// `ok` of `false`, or the `status` `"error"`.
    pub fn failure_in(&self, args: &[Data]) -> Option<Data> {
        let reply = match &self.failure {
            Some(pattern) => args.iter().find(|argument| matches(pattern, argument)),
            None => args.iter().find(|argument| is_failure(argument)),
        };
        reply.map(|reply| normalise_refusal(Some(reply)))
    }
}

/// Returns true if a value meets a pattern of the manifest, which has no variables.
fn matches(pattern: &Matcher, value: &Data) -> bool {
    let checked = pattern.check(Some(value), &Scope::default());
    checked.is_ok_and(|compared| compared.is_ok())
}

/// Returns true if an argument of an acknowledgement reports a failure in one of the usual forms.
fn is_failure(argument: &Data) -> bool {
    let denied = |name| argument.get(name).and_then(Data::as_bool) == Some(false);
    let error = argument
        .get("error")
        .is_some_and(|error| !matches!(error, Data::Null | Data::Bool(false)));
    let status = argument.get("status").and_then(Data::as_str) == Some("error");
    error || status || denied("success") || denied("ok")
}
