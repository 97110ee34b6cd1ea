//! Converts [`Data`] to values of MiniJinja, which evaluates the expressions, and back.

use bytes::Bytes;
use minijinja::{ErrorKind, Value, value::ValueKind};
use serde_json::Number;

use crate::data::Data;

/// The limit on the nesting of lists and objects in the result of an expression.
const MAX_DEPTH: usize = 128;

/// Converts data to a value of MiniJinja.
pub(super) fn from_data(data: &Data) -> Value {
    match data {
        Data::Null => Value::from(()),
        Data::Bool(value) => Value::from(*value),
        Data::Number(number) => {
            if let Some(value) = number.as_i64() {
                Value::from(value)
            } else if let Some(value) = number.as_u64() {
                Value::from(value)
            } else {
                Value::from(number.as_f64().unwrap_or(f64::NAN))
            }
        }
        Data::String(text) => Value::from(text.as_str()),
        Data::Bytes(bytes) => Value::from_bytes(bytes.to_vec()),
        Data::Array(items) => items.iter().map(from_data).collect(),
        Data::Object(fields) => Value::from_pairs(
            fields
                .iter()
                .map(|(key, value)| (key.as_str(), from_data(value))),
        ),
    }
}

/// Converts a value of MiniJinja to data. `depth` counts the lists and objects around the value.
///
/// # Errors
///
/// Returns an error if the value is undefined, is nested too deep, or can't be written as JSON.
pub(super) fn to_data(value: &Value, depth: usize) -> Result<Data, minijinja::Error> {
    let unusable = |what: &str| {
        Err(minijinja::Error::new(
            ErrorKind::InvalidOperation,
            what.to_owned(),
        ))
    };
    if depth > MAX_DEPTH {
        return unusable("the result is nested too deep");
    }
    match value.kind() {
        ValueKind::Undefined => Err(minijinja::Error::new(
            ErrorKind::UndefinedError,
            "the result is undefined",
        )),
        ValueKind::None => Ok(Data::Null),
        ValueKind::Bool => Ok(Data::Bool(value.is_true())),
        ValueKind::Number => number(value),
        ValueKind::String => Ok(Data::String(value.as_str().unwrap_or_default().to_owned())),
        ValueKind::Bytes => Ok(Data::Bytes(Bytes::copy_from_slice(
            value.as_bytes().unwrap_or_default(),
        ))),
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()?
            .map(|item| to_data(&item, depth + 1))
            .collect::<Result<_, _>>()
            .map(Data::Array),
        ValueKind::Map => value
            .try_iter()?
            .map(|key| {
                let field = value.get_item(&key)?;
                Ok((key.to_string(), to_data(&field, depth + 1)?))
            })
            .collect::<Result<_, _>>()
            .map(Data::Object),
        _ => unusable("the result has no form in JSON"),
    }
}

fn number(value: &Value) -> Result<Data, minijinja::Error> {
    let number = if value.is_integer() {
        value
            .as_i64()
            .map(Number::from)
            .or_else(|| u64::try_from(value.clone()).ok().map(Number::from))
    } else {
        f64::try_from(value.clone()).ok().and_then(Number::from_f64)
    };
    number.map(Data::Number).ok_or_else(|| {
        minijinja::Error::new(
            ErrorKind::InvalidOperation,
            format!("JSON can't represent the number {value}"),
        )
    })
}
