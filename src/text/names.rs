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

/// Returns the known name that the author of a name that is wrong in any case most probably meant. Returns `None` if
/// more than half of the letters differ.
pub fn closest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let wanted = found.to_lowercase();
    let distances = known.into_iter().map(|name| {
        let distance = strsim::damerau_levenshtein(&wanted, &name.to_lowercase());
        (distance, name)
    });
    let near = distances.filter(|(distance, name)| {
        let shorter = name.chars().count().min(wanted.chars().count());
        *distance <= shorter / 2
    });
    near.min().map(|(_, name)| name)
}

/// Returns the known name that differs from `found` by at most two letters, if `found` itself is unknown.
///
/// For long names that users may also choose themselves: two such names can be similar on purpose.
pub fn mistyped<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let name = nearest(found, known)?;
    let distance = strsim::damerau_levenshtein(found, name);
    (1..=2).contains(&distance).then_some(name)
}

/// Returns "did you mean `name`?" for the nearest known name, or `None` if none is near.
pub fn did_you_mean<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    nearest(found, known).map(|name| format!("did you mean `{name}`?"))
}

/// The limit, in bytes, on a list of all known names in a hint. A longer list would be cut when it is shown.
const LONGEST_LIST: usize = 500;

/// The number of similar names in the hint for a name of a long list.
const SIMILAR: usize = 8;

/// Returns the hint for a name that is none of the known names: "did you mean `name`?" if one is near, else all of them
/// behind the words `intro`: "the rules are `a` or `b`".
pub fn hint<'k>(found: &str, intro: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = did_you_mean(found, known.iter().copied()) {
        return near;
    }
    let all = one_of(known.iter().copied());
    if all.len() <= LONGEST_LIST {
        return format!("{intro} {all}");
    }
    let mut similar = known;
    similar.sort_by_key(|name| strsim::damerau_levenshtein(found, name));
    let others = similar.split_off(SIMILAR.min(similar.len())).len();
    format!("{intro} {}, among {others} others", one_of(similar))
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

/// Returns texts as a list inside a sentence: "a, b and c".
pub fn join_names(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
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
        assert_eq!(nearest("ekko", ["echo"]), None);
        assert_eq!(closest("ekko", ["emit", "echo"]), Some("echo"));
        assert_eq!(closest("/admin", ["echo"]), None);
        assert_eq!(
            mistyped("rooms.leaev", ["rooms.leave"]),
            Some("rooms.leave")
        );
        assert_eq!(mistyped("rooms.leave", ["rooms.leave"]), None);
        assert_eq!(
            mistyped("rooms.to-excludes-member", ["rooms.to-excludes-sender"]),
            None
        );
    }

    #[test]
    fn a_hint_names_the_nearest_name_or_all_names() {
        let known = ["file", "pem"];
        assert_eq!(hint("fle", "write", known), "did you mean `file`?");
        assert_eq!(hint("key", "write", known), "write `file` or `pem`");
        let many: Vec<String> = (1000..1100).map(|number| format!("n{number}")).collect();
        let names = many.iter().map(String::as_str);
        let long = hint("n1042-x-y-z", "write", names);
        assert!(long.starts_with("write `n1042`, "), "{long}");
        assert!(long.ends_with(", among 92 others"), "{long}");
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(join_names(names.clone()), "a, b and c");
        assert_eq!(first_names(&names, 3), "a, b, c");
        assert_eq!(first_names(&names, 1), "a and 2 more");
    }
}
