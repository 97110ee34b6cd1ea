use super::*;
use crate::{
    scenario::{Known, load},
    work::assert_linear,
};

/// Returns `count` scenarios with the ids `one/000`, `two/000`, `one/001`, `two/001` and so on.
fn scenarios(count: usize) -> Vec<Scenario> {
    let names = (0..count).flat_map(|number| [("one", number), ("two", number)]);
    let entries: String = names
        .map(|(topic, number)| {
            format!(
                "- id: {topic}/{number:03}\n  title: A client lives\n  clients: [a]\n  steps:\n  - alive\n"
            )
        })
        .collect();
    let text = format!("topic: Many\nscenarios:\n{entries}");
    let source = SourceFile::from_bytes("many.yaml".as_ref(), text.into_bytes()).unwrap();
    let anything = Known {
        requirements: None,
        faults: None,
        others: crate::scenario::Others::Refused,
    };
    load(source, anything).unwrap()
}

fn chosen(texts: &[String], scenarios: &[Scenario]) -> Vec<String> {
    let selectors: Vec<_> = texts
        .iter()
        .map(|text| (text.as_str(), Selector::from(text.as_str())))
        .collect();
    let places = choose(&selectors, scenarios, 0, &Loaded::default()).unwrap();
    places
        .iter()
        .map(|place| scenarios[*place].id.clone())
        .collect()
}

#[test]
fn patterns_match_whole_ids() {
    let scenarios = scenarios(12);
    let ids = |text: &str| chosen(&[text.to_owned()], &scenarios);
    assert_eq!(ids("one/01*"), ["one/010", "one/011"]);
    assert_eq!(ids("*/011"), ["one/011", "two/011"]);
    assert_eq!(ids("{one,two}/000"), ["one/000", "two/000"]);
    assert_eq!(ids("o?e/00[01]"), ["one/000", "one/001"]);
}

#[test]
fn many_patterns_are_not_compared_with_all_ids() {
    assert_linear("comparisons with patterns", 90, |size| {
        let scenarios = scenarios(size);
        let patterns: Vec<_> = (0..size)
            .map(|number| format!("one/{number:03}*"))
            .collect();
        assert_eq!(chosen(&patterns, &scenarios).len(), size);
    });
}
