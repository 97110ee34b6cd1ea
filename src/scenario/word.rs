//! Values that files write as one word from a fixed list. The reader, the JSON Schema and reports use the same table.

/// A value that files write as one word from a fixed list, such as the level `must`.
pub(crate) trait Word: Copy + 'static {
    /// The words, in the order of messages, each with its value.
    const WORDS: &'static [(&'static str, Self)];

    /// Returns the word of the value.
    fn word(self) -> &'static str;
}

/// Implements [`Word`] for an enum. The compiler names a variant that has no word.
macro_rules! words {
    ($type:ident: $($word:literal = $variant:ident),* $(,)?) => {
        impl $crate::scenario::word::Word for $type {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

pub(super) use words;
