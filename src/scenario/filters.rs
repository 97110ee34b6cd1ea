//! The filters (`x | length`) and tests (`x is defined`) of expressions, and a check that finds unknown filters and
//! tests.

/// The names of the filters that expressions can use. A filter follows `|`, as in `x | length`.
pub const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "trim",
    "unique",
    "upper",
    "zip",
];

/// The names of the tests that expressions can use. A test follows `is`, as in `x is defined`.
pub const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// A use of a filter (`x | length`) or a test (`x is defined`) in an expression.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Applied {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// The offset of the name in the expression, in bytes.
    pub(super) offset: usize,
}

/// Whether a name in an expression is a filter or a test.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Filter,
    Test,
}

impl Kind {
    /// Returns all names of this kind.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Filter => FILTERS,
            Self::Test => TESTS,
        }
    }
}

/// Returns the filters and tests in an expression that do not exist.
///
/// MiniJinja does not report them when it compiles the expression, but only when it evaluates the expression.
pub(super) fn unknown(source: &str) -> Vec<Applied> {
    let mut found = applied(source);
    found.retain(|applied| !applied.kind.names().contains(&applied.name.as_str()));
    found
}

/// A token of an expression.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Token<'s> {
    /// An operator or punctuation that is none of the tokens below, such as `+` or `(`.
    Other,
    /// A token that can end an operand: `)`, `]`, `}`, a quoted text, a number, a field after a dot.
    End,
    Dot,
    Pipe,
    Word(&'s str),
}

fn applied(source: &str) -> Vec<Applied> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    for (index, (token, _)) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| tokens.get(index));
        let kind = match token {
            Token::Pipe => Kind::Filter,
            // The word `is` starts a test only after an operand. Elsewhere it is a field (`x.is`) or a
            // variable.
            Token::Word("is")
                if matches!(before, Some((Token::End, _)))
                    || matches!(before, Some((Token::Word(word), _)) if !OPERATORS.contains(word)) =>
            {
                Kind::Test
            }
            _ => continue,
        };
        let mut rest = tokens.iter().skip(index + 1).peekable();
        if kind == Kind::Test {
            rest.next_if(|(token, _)| *token == Token::Word("not"));
        }
        if let Some((Token::Word(name), offset)) = rest.next() {
            found.push(Applied {
                kind,
                name: (*name).to_owned(),
                offset: *offset,
            });
        }
    }
    found
}

/// The words that are operators, after which an operand follows. A word `is` directly after one of these words is an
/// operand (a variable), and so does not start a test such as `is defined`.
const OPERATORS: &[&str] = &["and", "else", "if", "in", "is", "not", "or"];

/// Returns the tokens of an expression with their offsets in bytes.
fn tokens(source: &str) -> Vec<(Token<'_>, usize)> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let offset = source.len() - rest.len();
        let (token, length) = match first {
            '\'' | '"' => (Token::End, quoted(rest, first)),
            '.' => (Token::Dot, 1),
            '|' => (Token::Pipe, 1),
            ')' | ']' | '}' => (Token::End, 1),
            _ if first.is_ascii_digit() => {
                let end = rest.find(|digit: char| !digit.is_ascii_alphanumeric() && digit != '_');
                (Token::End, end.unwrap_or(rest.len()))
            }
            _ if is_word(first) => {
                let end = rest.find(|character| !is_word(character));
                let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                let is_field = matches!(tokens.last(), Some((Token::Dot, _)));
                (
                    if is_field {
                        Token::End
                    } else {
                        Token::Word(word)
                    },
                    word.len(),
                )
            }
            _ => (Token::Other, first.len_utf8()),
        };
        if !first.is_whitespace() {
            tokens.push((token, offset));
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Returns the length of a quoted text in bytes, with both quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use minijinja::Environment;
    use proptest::prelude::*;

    use super::*;

    fn names(source: &str) -> Vec<String> {
        let name = |applied: Applied| {
            assert!(source[applied.offset..].starts_with(&applied.name));
            format!("{:?} {}", applied.kind, applied.name).to_lowercase()
        };
        applied(source).into_iter().map(name).collect()
    }

    #[test]
    fn filters_and_tests_are_found() {
        for (source, expected) in [
            ("x | length", &["filter length"][..]),
            ("x|a(1|b)|c", &["filter a", "filter b", "filter c"]),
            ("'x | no' ~ \"is no\"", &[]),
            (r"'it\'s | no'", &[]),
            ("x is defined", &["test defined"]),
            (
                "x[0] is not odd and (y) is even",
                &["test odd", "test even"],
            ),
            ("x.is", &[]),
            ("x.is is string", &["test string"]),
            ("5 is odd", &["test odd"]),
            ("a.if is odd", &["test odd"]),
            ("is", &[]),
            ("x |", &[]),
            ("x is", &[]),
        ] {
            assert_eq!(names(source), expected, "{source}");
        }
    }

    #[test]
    fn the_lists_name_exactly_the_filters_and_tests_of_minijinja() {
        // Take the names from MiniJinja's debug output, because MiniJinja has no function that lists its filters and
        // tests.
        let debug = format!("{:?}", Environment::new());
        let list = |key: &str| -> Vec<String> {
            let (_, rest) = debug.split_once(&format!("{key}: [")).unwrap();
            let (names, _) = rest.split_once(']').unwrap();
            let names = names
                .split(", ")
                .map(|name| name.trim_matches('"').to_owned());
            // MiniJinja also lists operators such as `==` as tests. Leave them out, because expressions can't use them
            // by name.
            names.filter(|name| name.chars().all(is_word)).collect()
        };
        assert_eq!(list("filters"), FILTERS);
        assert_eq!(list("tests"), TESTS);
    }

    proptest! {
        #[test]
        fn any_text_is_split_into_tokens(text in "\\PC{0,40}") {
            for applied in applied(&text) {
                prop_assert!(text[applied.offset..].starts_with(&applied.name));
            }
        }
    }
}
