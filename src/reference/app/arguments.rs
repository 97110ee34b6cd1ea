//! Access to the fields of an event's first argument.

use std::time::Duration;

use super::exception::Failure;
use crate::{data::Data, reference::socket::Call};

impl Call {
    /// Returns the field `name` of the first argument.
    pub(super) fn field(&self, name: &str) -> Option<&Data> {
        self.args.first()?.get(name)
    }

    /// Returns the field `name` of the first argument; null if it is missing.
    pub(super) fn value(&self, name: &str) -> Data {
        self.field(name).cloned().unwrap_or_default()
    }

    /// Returns the field `name` of the first argument, which has to be a string.
    pub(super) fn string(&self, name: &'static str) -> Result<&str, Failure> {
        self.field(name)
            .and_then(Data::as_str)
            .ok_or_else(|| Failure::field(name, format!("{name} must be a string")))
    }

    /// Returns the field `name` of the first argument, which has to be a list of strings.
    pub(super) fn strings(&self, name: &'static str) -> Result<Vec<String>, Failure> {
        self.field(name)
            .and_then(Data::as_array)
            .and_then(all_strings)
            .ok_or_else(|| Failure::field(name, format!("{name} must be a list of strings")))
    }

    /// Returns the field `name` of the first argument, which has to be a string or a list of
    /// strings.
    pub(super) fn one_or_more(&self, name: &'static str) -> Result<Vec<String>, Failure> {
        match self.field(name) {
            Some(Data::String(one)) => Ok(vec![one.clone()]),
            _ => self.strings(name),
        }
    }

    /// Returns the field `name` of the first argument as a time in milliseconds. Limits the time to
    /// `most`, and returns `most` if the field is missing.
    pub(super) fn duration(&self, name: &str, most: Duration) -> Duration {
        self.field(name)
            .and_then(Data::as_u64)
            .map_or(most, Duration::from_millis)
            .min(most)
    }

    /// Acknowledges the event if the client asked for it.
    pub(super) fn acknowledge(&self, args: Vec<Data>) {
        if let Some(ack) = &self.ack {
            ack.send(args);
        }
    }

    /// Acknowledges with `{"success": true}`.
    pub(super) fn succeed(&self) {
        self.acknowledge(vec![Data::object([("success", Data::from(true))])]);
    }
}

fn all_strings(items: &[Data]) -> Option<Vec<String>> {
    items
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect()
}
