//! How an application counts the length of a text.

/// What an application counts when it limits the length of a text (`text_unit:`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TextUnit {
    /// The bytes of the text in UTF-8.
    Bytes,
    /// The characters, as Unicode counts them: an emoji such as U+1F30D is one.
    #[default]
    Characters,
    /// The code units of UTF-16, as `length` in JavaScript and Java: an emoji such as U+1F30D is two.
    Utf16,
}

impl TextUnit {
    /// All units, sorted by name.
    pub const ALL: [Self; 3] = [Self::Bytes, Self::Characters, Self::Utf16];

    /// Returns the length of a text in this unit.
    pub fn length(self, text: &str) -> u64 {
        let length = match self {
            Self::Bytes => text.len(),
            Self::Characters => text.chars().count(),
            Self::Utf16 => text.encode_utf16().count(),
        };
        length as u64
    }

    /// Returns the name in manifests and scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Characters => "characters",
            Self::Utf16 => "utf16",
        }
    }
}
