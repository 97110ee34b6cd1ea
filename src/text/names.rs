//! Lists of names for messages, and the known name that the author of an unknown name probably meant.

/// Returns the known name that is nearest to `found`, or `None` if none is near enough to be a typing mistake.
pub fn nearest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let wanted = found.to_lowercase();
    known
        .into_iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&wanted, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, name)| {
            // Allow fewer changes in a short word, because a short word differs from many others by only one or two
            // letters.
            let shorter = name.chars().count().min(wanted.chars().count());
            *distance <= 1 + shorter / 5 && *distance < shorter
        })
        .min()
        .map(|(_, name)| name)
}

/// Returns "did you mean `name`?" for the nearest known name, or `None` if none is near.
pub fn did_you_mean<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    nearest(found, known).map(|name| format!("did you mean `{name}`?"))
}

/// Returns the names in quotes, as a choice: "`a`, `b` or `c`".
pub fn one_of<'k>(names: impl IntoIterator<Item = &'k str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// Returns the first `limit` names, and how many more there are: "a, b and 3 more".
pub fn first_names(names: &[String], limit: usize) -> String {
    let shown = names.get(..limit).unwrap_or(names);
    let more = match names.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_offered_only_when_it_is_near() {
        let known = ["expect", "emit", "deliver", "within"];
        assert_eq!(nearest("exepct", known), Some("expect"));
        assert_eq!(nearest("Emit", known), Some("emit"));
        assert_eq!(nearest("wihtin", known), Some("within"));
        assert_eq!(nearest("teleport", known), None);
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(first_names(&names, 3), "a, b, c");
        assert_eq!(first_names(&names, 1), "a and 2 more");
    }
}
