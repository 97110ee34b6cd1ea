//! Encodes and decodes the data of the open packet (Engine.IO v4, "Handshake").

use std::time::Duration;

use crate::data::Data;

/// The data of the server's open packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handshake {
    /// The session id.
    pub sid: String,
    /// The transports to which the client can upgrade.
    pub upgrades: Vec<String>,
    /// The time between two pings of the server.
    pub ping_interval: Duration,
    /// The time that the server waits for the pong that answers its ping.
    pub ping_timeout: Duration,
    /// The largest polling payload in bytes; version 3 does not announce it.
    pub max_payload: Option<u64>,
}

/// The reason why the data of an open packet is invalid.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenPacketError {
    /// The data of the open packet is not a JSON object.
    #[error("open packet's data is not a JSON object")]
    NotAnObject,
    /// A field is missing or of a wrong type.
    #[error("open packet's field {field} is {found}, expected {expected}")]
    Field {
        /// The name of the wrong or missing field.
        field: &'static str,
        /// The value of the field as JSON, or `absent` if the field is missing.
        found: String,
        /// The type that the field has to have, in words.
        expected: &'static str,
    },
}

impl Handshake {
    /// Decodes the data of an open packet.
    ///
    /// # Errors
    ///
    /// Names the first field that is missing or has a wrong type.
    pub fn decode(data: &str) -> Result<Self, OpenPacketError> {
        let data = serde_json::from_str::<Data>(data)
            .ok()
            .filter(|data| data.as_object().is_some())
            .ok_or(OpenPacketError::NotAnObject)?;
        let field = |field, expected| OpenPacketError::Field {
            field,
            found: data
                .get(field)
                .map_or_else(|| "absent".to_owned(), ToString::to_string),
            expected,
        };
        let text = |name| {
            data.get(name)
                .and_then(Data::as_str)
                .filter(|text| !text.is_empty())
                .ok_or_else(|| field(name, "a string that is not empty"))
        };
        let milliseconds = |name| {
            data.get(name)
                .and_then(Data::as_u64)
                .map(Duration::from_millis)
                .ok_or_else(|| field(name, "a whole number of milliseconds"))
        };
        let upgrades = data
            .get("upgrades")
            .and_then(Data::as_array)
            .and_then(|items| {
                items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect::<Option<Vec<_>>>()
            })
            .ok_or_else(|| field("upgrades", "an array of strings"))?;
        let max_payload = match data.get("maxPayload") {
            None => None,
            Some(value) => Some(
                value
                    .as_u64()
                    .ok_or_else(|| field("maxPayload", "a whole number of bytes"))?,
            ),
        };
        Ok(Self {
            sid: text("sid")?.to_owned(),
            upgrades,
            ping_interval: milliseconds("pingInterval")?,
            ping_timeout: milliseconds("pingTimeout")?,
            max_payload,
        })
    }

    /// Returns the data of an open packet as JSON.
    pub fn encode(&self) -> String {
        self.to_data().to_string()
    }

    /// Returns the data as a JSON object, with its fields in the order of the protocol specification.
    pub fn to_data(&self) -> Data {
        let milliseconds = |duration: Duration| {
            Data::from(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
        };
        let upgrades = self
            .upgrades
            .iter()
            .map(|upgrade| Data::from(upgrade.as_str()));
        let mut fields = vec![
            ("sid", Data::from(self.sid.as_str())),
            ("upgrades", upgrades.collect::<Vec<_>>().into()),
            ("pingInterval", milliseconds(self.ping_interval)),
            ("pingTimeout", milliseconds(self.ping_timeout)),
        ];
        fields.extend(
            self.max_payload
                .map(|limit| ("maxPayload", Data::from(limit))),
        );
        Data::object(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_errors() {
        let text = r#"{"sid":"a","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        assert_eq!(Handshake::decode(text).unwrap().encode(), text);
        assert_eq!(Handshake::decode("[]"), Err(OpenPacketError::NotAnObject));
        let wrong = Handshake::decode(
            r#"{"sid":"a","upgrades":[],"pingInterval":"25000","pingTimeout":1}"#,
        );
        assert!(matches!(
            wrong,
            Err(OpenPacketError::Field {
                field: "pingInterval",
                ..
            })
        ));
        let missing = Handshake::decode(r#"{"upgrades":[],"pingInterval":1,"pingTimeout":1}"#);
        assert!(
            matches!(missing, Err(OpenPacketError::Field { field: "sid", found, .. }) if found == "absent")
        );
    }
}
