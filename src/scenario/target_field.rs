//! The fields of the target that scenarios can read, such as `name` in `$target.name`.

/// A field of the variable `target`.
///
/// The runner computes the value of each field in a `match` without a wildcard arm. So the compiler reports a new field
/// for which the runner has no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TargetField {
    /// `grace`: the milliseconds by which an announced time may be exceeded.
    Grace,
    /// `name`: the name in the manifest.
    Name,
    /// `speaks`: the protocol inside the WebSocket.
    Speaks,
    /// `text_unit`: how the application counts the length of a text.
    TextUnit,
    /// `url`: the address.
    Url,
}

impl TargetField {
    /// All fields, sorted by name.
    pub const ALL: [Self; 5] = [
        Self::Grace,
        Self::Name,
        Self::Speaks,
        Self::TextUnit,
        Self::Url,
    ];

    /// Returns the name of the field in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grace => "grace",
            Self::Name => "name",
            Self::Speaks => "speaks",
            Self::TextUnit => "text_unit",
            Self::Url => "url",
        }
    }

    /// Returns the names of all fields.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(Self::name)
    }
}
