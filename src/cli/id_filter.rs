//! The expression of `-E`: patterns of ids, joined by `and`, `or` and `not`.

use globset::{Glob, GlobMatcher};

/// An expression that selects scenarios by their ids: `rooms/* and not *crowd*`.
#[derive(Clone, Debug)]
pub(super) enum IdFilter {
    /// Both expressions have to select the id.
    And(Box<Self>, Box<Self>),
    /// The expression must not select the id.
    Not(Box<Self>),
    /// One of the expressions has to select the id.
    Or(Box<Self>, Box<Self>),
    /// The id has to match the pattern.
    Pattern(Box<GlobMatcher>),
}

/// The limit on nested parentheses and on `not` before `not`.
const DEPTH: usize = 50;

impl IdFilter {
    /// Parses an expression. `not` binds more tightly than `and`, and `and` more tightly than `or`. Parentheses group.
    ///
    /// # Errors
    ///
    /// Returns a sentence that says what is wrong with the expression.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ");
        let mut words: Words<'_> = spaced
            .split_whitespace()
            .collect::<Vec<_>>()
            .into_iter()
            .peekable();
        let filter = or(&mut words, 0)?;
        match words.next() {
            None => Ok(filter),
            Some(")") => Err("a `)` has no `(`".to_owned()),
            Some(word) => Err(format!("write `and` or `or` before `{word}`")),
        }
    }

    /// Returns true if the expression selects the id.
    pub(super) fn selects(&self, id: &str) -> bool {
        match self {
            Self::And(one, other) => one.selects(id) && other.selects(id),
            Self::Not(inner) => !inner.selects(id),
            Self::Or(one, other) => one.selects(id) || other.selects(id),
            Self::Pattern(pattern) => pattern.glob().glob() == id || pattern.is_match(id),
        }
    }
}

type Words<'t> = std::iter::Peekable<std::vec::IntoIter<&'t str>>;

fn or(words: &mut Words<'_>, depth: usize) -> Result<IdFilter, String> {
    let mut filter = and(words, depth)?;
    while words.next_if_eq(&"or").is_some() {
        filter = IdFilter::Or(Box::new(filter), Box::new(and(words, depth)?));
    }
    Ok(filter)
}

fn and(words: &mut Words<'_>, depth: usize) -> Result<IdFilter, String> {
    let mut filter = operand(words, depth)?;
    while words.next_if_eq(&"and").is_some() {
        filter = IdFilter::And(Box::new(filter), Box::new(operand(words, depth)?));
    }
    Ok(filter)
}

fn operand(words: &mut Words<'_>, depth: usize) -> Result<IdFilter, String> {
    if depth > DEPTH {
        return Err(format!("it nests deeper than {DEPTH} levels"));
    }
    match words.next() {
        None => Err("a pattern of ids is missing at the end".to_owned()),
        Some("not") => Ok(IdFilter::Not(Box::new(operand(words, depth + 1)?))),
        Some("(") => {
            let inner = or(words, depth + 1)?;
            match words.next() {
                Some(")") => Ok(inner),
                _ => Err("a `(` has no `)`".to_owned()),
            }
        }
        Some(word @ (")" | "and" | "or")) => {
            Err(format!("a pattern of ids is missing before `{word}`"))
        }
        Some(pattern) => {
            let glob = Glob::new(pattern);
            let glob =
                glob.map_err(|error| format!("`{pattern}` is no pattern: {}", error.kind()))?;
            Ok(IdFilter::Pattern(Box::new(glob.compile_matcher())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 4] = ["rooms/crowd", "rooms/leave", "acks/value", "acks/late[x]"];

    fn selected(text: &str) -> Vec<&'static str> {
        let filter = IdFilter::parse(text).unwrap();
        IDS.into_iter().filter(|id| filter.selects(id)).collect()
    }

    #[test]
    fn patterns_are_joined_by_words() {
        assert_eq!(selected("rooms/*"), ["rooms/crowd", "rooms/leave"]);
        assert_eq!(selected("rooms/* and not *crowd*"), ["rooms/leave"]);
        assert_eq!(selected("acks/late[x]"), ["acks/late[x]"]);
        assert_eq!(selected("not (rooms/* or acks/value)"), ["acks/late[x]"]);
    }

    #[test]
    fn not_binds_more_tightly_than_and_and_and_more_tightly_than_or() {
        assert_eq!(
            selected("rooms/leave or acks/* and *value"),
            ["rooms/leave", "acks/value"]
        );
        assert_eq!(selected("not rooms/* and not *value"), ["acks/late[x]"]);
    }

    #[test]
    fn a_mistake_is_named() {
        let mistake = |text| IdFilter::parse(text).unwrap_err();
        insta::assert_snapshot!(
            ["", "a and", "a or )", "(a", "a)", "a b", "a/[", &"not ".repeat(60)].map(mistake).join("\n"),
            @r"
        a pattern of ids is missing at the end
        a pattern of ids is missing at the end
        a pattern of ids is missing before `)`
        a `(` has no `)`
        a `)` has no `(`
        write `and` or `or` before `b`
        `a/[` is no pattern: unclosed character class; missing ']'
        it nests deeper than 50 levels
        "
        );
    }
}
