//! The functions that expressions can call, such as `jwt` and `repeat`.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use bytes::BytesMut;
use indexmap::IndexMap;
use minijinja::{
    Environment, Error, ErrorKind, State, Value,
    value::{Kwargs, Object, Rest, ValueKind},
};

use super::{
    expression_value::{from_data, to_data},
    jwt::{JwtAlgorithm, mint_jwt_as},
    private_key::PrivateKey,
    scope::{CLAIMS, MINTED, SECRET},
};
use crate::{
    clock,
    data::{Data, hex, unhex},
    random,
    wire::{
        socket_io::msgpack,
        websocket::{Deflate, DeflateOffer, Frame, OpCode, Role},
    },
};

/// The limit on the length, in bytes, of the text or bytes that a function returns.
const MAX_LENGTH: usize = 256 * 1024 * 1024;

/// The name of the variable that holds the format of the target's echo messages, which are messages that the target
/// answers with the same text. The value contains the text before and after the echoed text, and whether the echoed
/// text is a JSON string.
pub(crate) const ECHO_FORM: &str = "echo_form";

/// The tokens that calls of the function [`jwt`] have created so far, as a value of MiniJinja.
#[derive(Debug)]
pub(super) struct Minted(pub(super) Arc<Mutex<BTreeSet<String>>>);

impl Object for Minted {}

/// A function that expressions can call.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The name of the function with its parameters, as `docs/language.md` shows them: `base64(x)`.
    pub signature: &'static str,
    /// What the function returns, as `docs/language.md` describes it.
    pub meaning: &'static str,
    /// Adds the function to a MiniJinja environment under the given name.
    add: fn(&mut Environment<'_>, &'static str),
}

impl Function {
    /// Returns the name of the function: the part of the signature before the parameters.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or(self.signature)
    }
}

/// All functions, sorted by name.
pub const FUNCTIONS: &[Function] = &[
    Function {
        signature: "base64(x)",
        meaning: "standard base64 of text or bytes",
        add: |environment, name| {
            environment.add_function(name, |value: Value| {
                octets(&value).map(|octets| BASE64_STANDARD.encode(octets))
            })
        },
    },
    Function {
        signature: "base64url(x)",
        meaning: "base64 for URLs, without padding",
        add: |environment, name| {
            environment.add_function(name, |value: Value| {
                octets(&value).map(|octets| BASE64_URL_SAFE_NO_PAD.encode(octets))
            })
        },
    },
    Function {
        signature: "bytes(x)",
        meaning: "the UTF-8 bytes of a text; for a number n, n zero bytes",
        add: |environment, name| environment.add_function(name, bytes),
    },
    Function {
        signature: "close_payload(code, reason='')",
        meaning: "the payload of a WebSocket close frame",
        add: |environment, name| environment.add_function(name, close_payload),
    },
    Function {
        signature: "concat(x, …)",
        meaning: "the bytes of several texts and byte values, joined",
        add: |environment, name| environment.add_function(name, concat),
    },
    Function {
        signature: "deflate(x, after='', window=15, last=false)",
        meaning: "text or bytes, compressed to a message (RFC 7692) that can refer back to the message `after`; `last` sets BFINAL on its last block",
        add: |environment, name| environment.add_function(name, deflate),
    },
    Function {
        signature: "echo(text)",
        meaning: "the text of a message that the target answers with `text`",
        add: |environment, name| environment.add_function(name, echo),
    },
    Function {
        signature: "epoch_ms(offset='0s')",
        meaning: "milliseconds since 1970",
        add: |environment, name| {
            environment.add_function(name, |offset: Option<String>, named: Kwargs| {
                let offset = optional("offset", offset, &named)?;
                moment(offset.as_deref()).map(without_fraction)
            })
        },
    },
    Function {
        signature: "frame(payload, opcode=1)",
        meaning: "the bytes of a masked WebSocket frame whose masking key is zero",
        add: |environment, name| environment.add_function(name, frame),
    },
    Function {
        signature: "from_hex(text)",
        meaning: "the bytes that the hex digits encode",
        add: |environment, name| {
            environment.add_function(name, |text: String| {
                unhex(&text)
                    .map(Value::from_bytes)
                    .ok_or_else(|| invalid(format!("`{text}` is not hex")))
            })
        },
    },
    Function {
        signature: "from_json(text)",
        meaning: "the value of a JSON text",
        add: |environment, name| {
            environment.add_function(name, |text: String| {
                serde_json::from_str::<serde_json::Value>(&text)
                    .map(|json| from_data(&Data::from(json)))
                    .map_err(|error| invalid(format!("not JSON: {error}")))
            })
        },
    },
    Function {
        signature: "hex(x)",
        meaning: "hex digits of text or bytes",
        add: |environment, name| {
            environment.add_function(name, |value: Value| {
                octets(&value).map(|octets| hex(&octets))
            })
        },
    },
    Function {
        signature: "json(x)",
        meaning: "compact JSON of a value",
        add: |environment, name| {
            environment.add_function(name, |value: Value| {
                to_data(&value, 0).map(|data| data.to_string())
            })
        },
    },
    Function {
        signature: "jwt(sub=…, expires='1h', not_before='0s', issued='0s', secret=…, alg='HS256', …)",
        meaning: "a signed JWT; any other named argument becomes a claim",
        add: |environment, name| environment.add_function(name, jwt),
    },
    Function {
        signature: "length(x)",
        meaning: "the number of characters of a text, of bytes, of items of a list or of fields of an object",
        add: |environment, name| environment.add_function(name, length),
    },
    Function {
        signature: "msgpack(x)",
        meaning: "the bytes that socket.io-msgpack-parser writes for a value",
        add: |environment, name| {
            environment.add_function(name, |value: Value| {
                to_data(&value, 0).map(|data| Value::from_bytes(msgpack::value(&data).to_vec()))
            })
        },
    },
    Function {
        signature: "now(offset='0s')",
        meaning: "the time in ISO 8601",
        add: |environment, name| environment.add_function(name, now),
    },
    Function {
        signature: "random_bytes(n)",
        meaning: "n random bytes",
        add: |environment, name| {
            environment.add_function(name, |count: usize| {
                bounded(Some(count))?;
                let mut octets = vec![0; count];
                random::fill(&mut octets);
                Ok::<_, Error>(Value::from_bytes(octets))
            })
        },
    },
    Function {
        signature: "repeat(x, n)",
        meaning: "a text or bytes, repeated n times",
        add: |environment, name| environment.add_function(name, repeat),
    },
    Function {
        signature: "stored_block(x, last=false)",
        meaning: "a deflate block (RFC 1951) with up to 65535 uncompressed bytes",
        add: |environment, name| environment.add_function(name, stored_block),
    },
    Function {
        signature: "unique(prefix='')",
        meaning: "a text that no other run uses",
        add: |environment, name| {
            environment.add_function(name, |prefix: Option<String>, named: Kwargs| {
                let prefix = optional("prefix", prefix, &named)?.unwrap_or_default();
                Ok::<_, Error>(format!("{prefix}{:016x}", random::random::<u64>()))
            })
        },
    },
    Function {
        signature: "utf8(bytes)",
        meaning: "the text that the UTF-8 bytes encode",
        add: |environment, name| {
            environment.add_function(name, |value: Value| {
                String::from_utf8(octets(&value)?).map_err(|_| invalid("the bytes are not UTF-8"))
            })
        },
    },
];

/// Adds all functions to an environment.
pub(super) fn register(environment: &mut Environment<'_>) {
    for function in FUNCTIONS {
        (function.add)(environment, function.name());
    }
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

fn bounded(length: Option<usize>) -> Result<(), Error> {
    match length {
        Some(length) if length <= MAX_LENGTH => Ok(()),
        _ => Err(invalid(format!(
            "the result is longer than {MAX_LENGTH} bytes"
        ))),
    }
}

/// Returns the bytes of a value: the UTF-8 bytes of a text, or the bytes themselves.
fn octets(value: &Value) -> Result<Vec<u8>, Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Bytes => Ok(value.as_bytes().unwrap_or_default().to_vec()),
        kind => Err(invalid(format!("needs text or bytes, not {kind}"))),
    }
}

fn bytes(value: Value) -> Result<Value, Error> {
    if value.is_integer() {
        let count = usize::try_from(value)?;
        bounded(Some(count))?;
        return Ok(Value::from_bytes(vec![0; count]));
    }
    octets(&value).map(Value::from_bytes)
}

/// Returns an optional argument, which a caller gives by position (`placed`) or by name (`named`). Returns an error
/// for any other named argument.
fn optional(name: &str, placed: Option<String>, named: &Kwargs) -> Result<Option<String>, Error> {
    let value = match placed {
        Some(value) => Some(value),
        None => named.get(name)?,
    };
    named.assert_all_used()?;
    Ok(value)
}

/// Returns a close payload: two bytes of status code, then the reason (RFC 6455 section 5.5.1).
fn close_payload(code: u16, reason: Option<String>, named: Kwargs) -> Result<Value, Error> {
    let reason = optional("reason", reason, &named)?.unwrap_or_default();
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    Ok(Value::from_bytes(payload))
}

/// Returns a WebSocket frame with a masking key of zeros (RFC 6455 section 5.2), which leaves the payload readable.
fn frame(payload: Value, opcode: Option<u8>, named: Kwargs) -> Result<Value, Error> {
    let opcode = match opcode {
        Some(opcode) => opcode,
        None => named.get::<Option<u8>>("opcode")?.unwrap_or(1),
    };
    named.assert_all_used()?;
    if opcode > 15 {
        return Err(invalid(format!(
            "{opcode} is not an opcode; an opcode has four bits"
        )));
    }
    let frame = Frame {
        fin: true,
        rsv: 0,
        opcode: OpCode::from(opcode),
        mask: Some([0; 4]),
        payload: octets(&payload)?.into(),
    };
    let mut encoded = BytesMut::new();
    frame.encode(&mut encoded);
    Ok(Value::from_bytes(encoded.to_vec()))
}

/// Returns a message that the target answers with `text`, in the format of the target ([`ECHO_FORM`]). `text` stands
/// between the format's `before` and `behind`, as a JSON string if the format's `quoted` is true.
fn echo(state: &State<'_, '_>, text: String) -> Result<String, Error> {
    let form = state
        .lookup(ECHO_FORM)
        .filter(|form| form.kind() == ValueKind::Map)
        .ok_or_else(|| invalid("sockspec does not know how the target echoes messages"))?;
    let text = if form.get_attr("quoted")?.is_true() {
        serde_json::Value::from(text).to_string()
    } else {
        text
    };
    let (before, behind) = (form.get_attr("before")?, form.get_attr("behind")?);
    Ok(format!("{before}{text}{behind}"))
}

fn concat(parts: Rest<Value>) -> Result<Value, Error> {
    let mut all = Vec::new();
    for part in parts.iter() {
        all.extend(octets(part)?);
        bounded(Some(all.len()))?;
    }
    Ok(Value::from_bytes(all))
}

/// Compresses a message with DEFLATE. Removes the four bytes `00 00 ff ff` that a flush appends (RFC 7692 section
/// 7.2.1).
fn deflate(value: Value, arguments: Kwargs) -> Result<Value, Error> {
    let payload = octets(&value)?;
    let before = match arguments.get::<Option<Value>>("after")? {
        Some(before) => octets(&before)?,
        None => Vec::new(),
    };
    let window: u8 = arguments.get::<Option<u8>>("window")?.unwrap_or(15);
    if !(8..=15).contains(&window) {
        return Err(invalid(format!("`window` is 8 to 15, not {window}")));
    }
    let last = arguments.get::<Option<bool>>("last")?.unwrap_or_default();
    arguments.assert_all_used()?;
    let negotiated = DeflateOffer {
        client_max_window_bits: Some(Some(window)),
        ..DeflateOffer::default()
    };
    let mut deflate = Deflate::new(Role::Client, &negotiated);
    deflate.compress(&before);
    let compressed = if last {
        deflate.compress_last(&payload)
    } else {
        deflate.compress(&payload)
    };
    Ok(Value::from_bytes(compressed.to_vec()))
}

/// Returns an uncompressed DEFLATE block that starts at a byte boundary (RFC 1951 section 3.2.4).
fn stored_block(value: Value, arguments: Kwargs) -> Result<Value, Error> {
    let payload = octets(&value)?;
    let last = arguments.get::<Option<bool>>("last")?.unwrap_or_default();
    arguments.assert_all_used()?;
    let length = u16::try_from(payload.len()).map_err(|_| {
        invalid(format!(
            "an uncompressed deflate block holds at most 65535 bytes, not {}",
            payload.len()
        ))
    })?;
    let mut block = vec![u8::from(last)];
    block.extend(length.to_le_bytes());
    block.extend((!length).to_le_bytes());
    block.extend(payload);
    Ok(Value::from_bytes(block))
}

fn length(value: Value) -> Result<usize, Error> {
    match value.kind() {
        ValueKind::String => Ok(value.as_str().unwrap_or_default().chars().count()),
        ValueKind::Bytes => Ok(value.as_bytes().unwrap_or_default().len()),
        kind => value
            .len()
            .ok_or_else(|| invalid(format!("{kind} has no length"))),
    }
}

fn repeat(value: Value, times: usize) -> Result<Value, Error> {
    let octets = octets(&value)?;
    bounded(octets.len().checked_mul(times))?;
    let repeated = octets.repeat(times);
    if value.kind() == ValueKind::Bytes {
        return Ok(Value::from_bytes(repeated));
    }
    String::from_utf8(repeated)
        .map(Value::from)
        .map_err(|_| invalid("not UTF-8"))
}

fn now(offset: Option<String>, named: Kwargs) -> Result<String, Error> {
    let offset = optional("offset", offset, &named)?;
    let milliseconds = without_fraction(moment(offset.as_deref())?);
    let timestamp = jiff::Timestamp::from_millisecond(milliseconds)
        .map_err(|error| invalid(error.to_string()))?;
    Ok(format!("{timestamp:.3}"))
}

fn jwt(state: &State<'_, '_>, arguments: Kwargs) -> Result<String, Error> {
    let text = |name: &str| arguments.get::<Option<String>>(name);
    let named = text("alg")?;
    let is_plain = named.is_none() && text("secret")?.is_none();
    let name = named.unwrap_or_else(|| "HS256".to_owned());
    let algorithm = JwtAlgorithm::from_name_in_any_case(&name).ok_or_else(|| {
        invalid(format!(
            "`alg` is one of {}",
            JwtAlgorithm::NAMES.join(", ")
        ))
    })?;
    let secret = match text("secret")? {
        Some(secret) => secret,
        None => state
            .lookup(SECRET)
            .filter(|secret| secret.kind() == ValueKind::String)
            .map(|secret| secret.to_string())
            .or_else(|| (algorithm == JwtAlgorithm::None).then(String::new))
            .ok_or_else(|| invalid("the target has no secret; give `secret=…`"))?,
    };
    let usual = state.lookup(CLAIMS).map(|claims| to_data(&claims, 0));
    let mut claims = match usual.transpose()? {
        Some(Data::Object(claims)) => claims,
        _ => IndexMap::new(),
    };
    for (argument, claim) in [("expires", "exp"), ("not_before", "nbf"), ("issued", "iat")] {
        if let Some(offset) = text(argument)? {
            let seconds = without_fraction(moment(Some(&offset))? / 1000.0);
            claims.insert(claim.to_owned(), Data::from(seconds));
        }
    }
    for name in arguments.args() {
        if ["alg", "secret", "expires", "not_before", "issued"].contains(&name) {
            continue;
        }
        match to_data(&arguments.get::<Value>(name)?, 0)? {
            Data::Null => claims.shift_remove(name),
            claim => claims.insert(name.to_owned(), claim),
        };
    }
    let claims = Data::Object(claims);
    // A target with a private key has the key in the place of the secret.
    let token = match is_plain.then(|| PrivateKey::parse(&secret)).flatten() {
        Some(key) => key.sign(&claims),
        None => mint_jwt_as(&name, &claims, algorithm, &secret),
    };
    let noted = state.lookup(MINTED);
    if let Some(minted) = noted
        .as_ref()
        .and_then(|value| value.downcast_object_ref::<Minted>())
    {
        let mut tokens = minted.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(token.clone());
    }
    Ok(token)
}

/// Returns the current time in milliseconds since 1970, plus `offset`: a duration with an optional sign, like `-60s`.
fn moment(offset: Option<&str>) -> Result<f64, Error> {
    let now = clock::since_epoch();
    let offset = offset.unwrap_or("0s");
    let (sign, duration) = match offset.strip_prefix('-') {
        Some(duration) => (-1.0, duration),
        None => (1.0, offset.strip_prefix('+').unwrap_or(offset)),
    };
    let duration = humantime::parse_duration(duration).map_err(|_| {
        invalid(format!(
            "`{offset}` is not a duration; write `-60s` or `1h`"
        ))
    })?;
    Ok(now
        .as_secs_f64()
        .mul_add(1000.0, sign * duration.as_secs_f64() * 1000.0))
}

/// Rounds a time in milliseconds down to a whole number. An `i64` can hold the milliseconds of any realistic date.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and real dates are far from the limits of `i64`"
)]
fn without_fraction(number: f64) -> i64 {
    number.floor() as i64
}

#[cfg(test)]
mod tests;
