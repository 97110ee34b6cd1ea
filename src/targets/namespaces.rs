//! The names that a target uses for the namespaces of scenarios.

use std::collections::BTreeMap;

/// The main namespace of Socket.IO, which a scenario's client joins if the scenario names no other.
pub const MAIN: &str = "/";

/// The namespaces that a target calls by other names than the scenarios do.
#[derive(Clone, Debug, Default)]
pub struct Namespaces {
    /// The target's name of each renamed namespace, under the scenarios' name.
    names: BTreeMap<String, String>,
}

impl Namespaces {
    /// Records that the target calls the scenarios' namespace `spoken` by the name `own`.
    pub fn rename(&mut self, spoken: &str, own: &str) {
        if spoken != own {
            self.names.insert(spoken.to_owned(), own.to_owned());
        }
    }

    /// Returns true if the target uses the scenarios' names of all namespaces.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns true if the target calls the scenarios' namespace by another name.
    pub fn is_renamed(&self, spoken: &str) -> bool {
        self.names.contains_key(spoken)
    }

    /// Returns the scenarios' names of the renamed namespaces.
    pub fn renamed(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// Returns the target's name of a namespace of the scenarios.
    pub fn own<'a>(&'a self, spoken: &'a str) -> &'a str {
        self.names.get(spoken).map_or(spoken, String::as_str)
    }

    /// Returns the target's name of the main namespace.
    pub fn main(&self) -> &str {
        self.own(MAIN)
    }

    /// Returns the scenarios' name of a namespace of the target. `is_used` says whether the scenario uses a name. A
    /// namespace of the target that has no name in scenarios gets a text that is no namespace.
    pub fn spoken(&self, own: &str, is_used: impl Fn(&str) -> bool) -> String {
        let same = (!self.is_renamed(own)).then_some(own);
        let others = self.names.iter().filter(|(_, target)| *target == own);
        // Several names can stand for one namespace of the target. A scenario that uses two of them does not run.
        let others: Vec<&str> = others.map(|(spoken, _)| spoken.as_str()).collect();
        let names = || same.into_iter().chain(others.iter().copied());
        let likely = names().find(|name| *name == MAIN);
        let found = names().find(|name| is_used(name)).or(likely);
        match found.or(others.first().copied()).or(same) {
            Some(spoken) => spoken.to_owned(),
            None => format!("the target's {own}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_translated_there_and_back() {
        let mut namespaces = Namespaces::default();
        assert_eq!(namespaces.main(), "/");
        namespaces.rename("/", "/chat");
        namespaces.rename("/custom", "/rooms");
        namespaces.rename("/slow", "/slow");
        assert_eq!(namespaces.main(), "/chat");
        assert_eq!(namespaces.own("/custom"), "/rooms");
        assert_eq!(namespaces.own("/chat"), "/chat");
        let unused = |_: &str| false;
        assert_eq!(namespaces.spoken("/chat", unused), "/");
        assert_eq!(namespaces.spoken("/chat", |name| name == "/chat"), "/chat");
        assert_eq!(namespaces.spoken("/rooms", unused), "/custom");
        assert_eq!(namespaces.spoken("/late", unused), "/late");
        assert_eq!(namespaces.spoken("/", |_| true), "the target's /");
        assert!(!namespaces.is_renamed("/slow"));
        assert_eq!(namespaces.spoken("/chat", |name| name == "/x"), "/");
        namespaces.rename("/late", "/rooms");
        assert_eq!(namespaces.spoken("/rooms", |name| name == "/late"), "/late");
    }
    #[test]
    fn names_can_be_swapped_or_shared() {
        let mut swapped = Namespaces::default();
        swapped.rename("/", "/chat");
        swapped.rename("/chat", "/");
        for used in ["/", "/chat", "/late"] {
            assert_eq!(swapped.spoken("/", |name| name == used), "/chat");
            assert_eq!(swapped.spoken("/chat", |name| name == used), "/");
        }
        let mut shared = Namespaces::default();
        shared.rename("/chat", "/");
        assert_eq!(shared.spoken("/", |name| name == "/chat"), "/chat");
        assert_eq!(shared.spoken("/", |name| name == "/"), "/");
        assert_eq!(shared.spoken("/", |_| false), "/");
    }
}
