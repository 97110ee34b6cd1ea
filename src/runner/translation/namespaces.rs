//! Translates the namespaces of scenarios for a target that gives them other names, and finds the scenarios that can't
//! be translated.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::written_texts::{Texts, texts_of};
use crate::{
    data::Data,
    scenario::{ClientName, ConnectionUse, Scenario, Step, WireUse},
    targets::{MAIN, Manifest, Namespaces, Speaks},
};

/// Matches what stands before the namespace of a packet: the digits of the packet types and the number of attachments.
static HEAD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^4[0-6](?:\d+-)?").ok());

/// Matches a packet without a namespace inside another text, such as an HTTP body or the payload of a frame. The bytes
/// of a frame have four zeros as their mask.
static PACKET_IN_MAIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"^4[01]$|^4[0-6](?:\d+-)?/(?:[,?]|$)|(?:^|[^0-9A-Za-z$])4[0-6](?:\d+-)?\d*(?:\[|\{|%5B|%7B)|"40\\?\{|hex\('4[0-6]|\x00{4}4[0-6]"#,
    )
    .ok()
});

/// Returns a packet that a scenario writes as text, with the target's name of its namespace.
pub(in crate::runner) fn translate(manifest: &Manifest, text: String) -> String {
    let namespaces = &manifest.bindings.namespaces;
    if namespaces.is_empty() || manifest.dialect.speaks != Speaks::SocketIo {
        return text;
    }
    let Some((head, spoken, rest)) = split(&text) else {
        return text;
    };
    let own = namespaces.own(spoken.unwrap_or(MAIN));
    match spoken {
        None if own == MAIN => text,
        None => format!("{head}{own},{rest}"),
        Some(_) => format!("{head}{own}{rest}"),
    }
}

/// Returns a packet that the target sent, with the scenario's name of its namespace.
pub(in crate::runner) fn spoken_packet(
    scenario: &Scenario,
    manifest: &Manifest,
    text: &str,
) -> String {
    let namespaces = &manifest.bindings.namespaces;
    if namespaces.is_empty() || manifest.dialect.speaks != Speaks::SocketIo {
        return text.to_owned();
    }
    let Some((head, own, rest)) = split(text) else {
        return text.to_owned();
    };
    match spoken(scenario, namespaces, own.unwrap_or(MAIN)).as_str() {
        MAIN => {
            let rest = if own.is_some() {
                rest.trim_start_matches(',')
            } else {
                rest
            };
            format!("{head}{rest}")
        }
        spoken if own.is_some() => format!("{head}{spoken}{rest}"),
        spoken => format!("{head}{spoken},{rest}"),
    }
}

/// Returns the scenario's name of a namespace of the target.
pub(in crate::runner) fn spoken(scenario: &Scenario, namespaces: &Namespaces, own: &str) -> String {
    namespaces.spoken(own, |name| uses(scenario, name))
}

/// Translates the field `namespace` of an acknowledgement of `whoami` into the scenario's name.
pub(in crate::runner) fn translate_reply(
    scenario: &Scenario,
    namespaces: &Namespaces,
    args: &mut [Data],
) {
    if namespaces.is_empty() {
        return;
    }
    if let Some(Data::Object(fields)) = args.first_mut()
        && let Some(Data::String(own)) = fields.get("namespace")
    {
        let spoken = spoken(scenario, namespaces, own);
        fields.insert("namespace".to_owned(), Data::from(spoken));
    }
}

/// Splits the text of a packet into what stands before its namespace, its namespace, and the rest. The namespace is
/// `None` if the packet names none, which means the main namespace.
fn split(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let end = HEAD.as_ref()?.find(text)?.end();
    let (head, rest) = text.split_at(end);
    if !rest.starts_with('/') {
        return Some((head, None, rest));
    }
    let (namespace, rest) = rest.split_at(rest.find([',', '?']).unwrap_or(rest.len()));
    Some((head, Some(namespace), rest))
}

/// Returns a namespace that the scenario uses and that the target does not have.
pub(in crate::runner) fn find_absent<'m>(
    scenario: &Scenario,
    absent: &'m [String],
) -> Option<&'m str> {
    let mut absent = absent.iter().filter(|name| name.starts_with('/'));
    absent.find(|name| uses(scenario, name)).map(String::as_str)
}

/// Returns why the runner can't translate the namespaces of a scenario for the target, or `None` if it can.
pub(in crate::runner) fn find_obstacle(scenario: &Scenario, manifest: &Manifest) -> Option<String> {
    let namespaces = &manifest.bindings.namespaces;
    if namespaces.is_empty() {
        return None;
    }
    if let Some((one, other)) = find_merged(scenario, namespaces) {
        let own = namespaces.own(other);
        return Some(format!(
            "the scenario uses the namespaces `{one}` and `{other}`, and both are `{own}` on the target"
        ));
    }
    let texts = texts_of(scenario);
    let is_fixed = |name: &&str| texts.fixed.iter().any(|text| names(text, name));
    if let Some(name) = namespaces.renamed().find(is_fixed) {
        return Some(format!(
            "the scenario writes bytes or a body with the namespace `{name}`, which is `{}` on the target",
            namespaces.own(name)
        ));
    }
    if needs(scenario, "msgpack") && scenario.steps.iter().any(|step| step.any(&is_by_hand)) {
        let reason = "the scenario writes packets in msgpack, whose namespaces can't be replaced";
        return Some(reason.to_owned());
    }
    if namespaces.is_renamed(MAIN) && needs(scenario, "eio3") && is_written(&texts) {
        return Some(format!(
            "in revision 3, the server itself joins a client to `/`, and the scenarios' `/` is `{}` on the target",
            namespaces.main()
        ));
    }
    None
}

fn needs(scenario: &Scenario, capability: &str) -> bool {
    scenario.needs.iter().any(|need| need == capability)
}

/// Returns true if the scenario itself writes what the step sends.
fn is_by_hand(step: &Step) -> bool {
    step.action.facts().wire == WireUse::SendsByHand
}

/// Returns two namespaces of the scenario that are one namespace on the target.
fn find_merged<'s>(
    scenario: &'s Scenario,
    namespaces: &'s Namespaces,
) -> Option<(&'s str, &'s str)> {
    let mut used: BTreeSet<&str> = scenario
        .mentioned
        .namespaces
        .iter()
        .map(String::as_str)
        .collect();
    if uses(scenario, MAIN) {
        used.insert(MAIN);
    }
    let own = |name| namespaces.own(name);
    let mut pairs = used
        .iter()
        .flat_map(|one| used.iter().map(move |other| (*one, *other)));
    pairs.find(|(one, other)| one < other && own(one) == own(other))
}

/// Returns true if the scenario uses a namespace.
fn uses(scenario: &Scenario, name: &str) -> bool {
    let texts = texts_of(scenario);
    scenario.mentioned.namespaces.contains(name)
        || texts.all().any(|text| names(text, name))
        || (name == MAIN && joins_main(scenario))
}

/// Returns true if a client of the scenario joins the main namespace because the scenario names no other.
fn joins_main(scenario: &Scenario) -> bool {
    let is_elsewhere = |name: &ClientName| {
        let mut clients = scenario.clients.iter();
        let client = clients.find(|client| client.name == *name);
        client.is_some_and(|client| client.options.namespace.is_some())
    };
    let joins = |step: &Step| match step.action.facts().connection {
        ConnectionUse::Joins(options) => {
            options.namespace.is_none() && !step.actors.iter().all(is_elsewhere)
        }
        ConnectionUse::Actors
        | ConnectionUse::Bystander
        | ConnectionUse::Clients(_)
        | ConnectionUse::None
        | ConnectionUse::Opens(_) => false,
    };
    let mut clients = scenario.clients.iter();
    clients.any(|client| client.connect && client.options.namespace.is_none())
        || scenario.steps.iter().any(|step| step.any(&joins))
}

/// Returns true if a text contains a namespace, and not just a longer name that begins with it. The main namespace has
/// no name in a packet; the text then has to contain a packet without a namespace.
fn names(text: &str, name: &str) -> bool {
    if name == MAIN {
        return PACKET_IN_MAIN
            .as_ref()
            .is_some_and(|packet| packet.is_match(text));
    }
    text.match_indices(name).any(|(at, _)| {
        let next = text[at + name.len()..].chars().next();
        next.is_none_or(|next| !(next.is_alphanumeric() || "-_/".contains(next)))
    })
}

/// Returns true if the scenario writes a packet of the main namespace.
fn is_written(texts: &Texts) -> bool {
    texts.sent.iter().any(|text| names(text, MAIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples::{manifest_of, scenario_of};

    fn scenario(clients: &str, steps: &str) -> Scenario {
        scenario_of(&format!(
            "scenarios:\n- id: a/b\n  title: T\n  clients: {clients}\n  steps:\n{steps}\n"
        ))
    }

    const HAND: &str = "  - open: websocket\n    as: a\n";

    #[test]
    fn packets_are_translated_there_and_back() {
        let manifest = manifest_of("namespaces: { /: /chat, /custom: /rooms }");
        let scenario = scenario("[a]", "  - receive: nothing");
        for (ours, theirs) in [
            ("40", "40/chat,"),
            ("40{\"token\":1}", "40/chat,{\"token\":1}"),
            ("4213[\"echo\",1]", "42/chat,13[\"echo\",1]"),
            ("451-7[\"echo\"]", "451-/chat,7[\"echo\"]"),
            ("41/custom,", "41/rooms,"),
            ("42/slow,1[\"echo\"]", "42/slow,1[\"echo\"]"),
            ("2probe", "2probe"),
            ("4hello", "4hello"),
        ] {
            assert_eq!(translate(&manifest, ours.to_owned()), theirs);
            assert_eq!(spoken_packet(&scenario, &manifest, theirs), ours);
        }
        assert_eq!(
            spoken_packet(&scenario, &manifest, "42[1]"),
            "42the target's /,[1]"
        );
    }

    #[test]
    fn a_target_with_the_names_of_the_contract_gets_packets_unchanged() {
        let plain = manifest_of("");
        assert_eq!(translate(&plain, "40".to_owned()), "40");
        let echo = manifest_of("namespaces: { /: /chat }\ndialect: engine.io");
        assert_eq!(translate(&echo, "40".to_owned()), "40");
    }

    #[test]
    fn a_namespace_that_the_target_lacks_is_found() {
        let found = |clients, steps, absent: &str| {
            let manifest = manifest_of(&format!("namespaces: {{ {absent}: absent }}"));
            find_absent(&scenario(clients, steps), &manifest.absent).map(str::to_owned)
        };
        let silent = "  - never: x\n    as: a";
        assert_eq!(found("[a]", silent, "/").as_deref(), Some("/"));
        assert_eq!(found("[a]", silent, "/custom"), None);
        let there = "{ a: { namespace: /custom } }";
        assert_eq!(found(there, silent, "/"), None);
        assert_eq!(found(there, silent, "/custom").as_deref(), Some("/custom"));
        let packet = format!("{HAND}  - send: '40'\n  - receive: nothing");
        assert_eq!(found("{ a: }", &packet, "/").as_deref(), Some("/"));
        let frame = format!("{HAND}  - send: '3'\n  - receive: nothing");
        assert_eq!(found("{ a: }", &frame, "/"), None);
    }

    #[test]
    fn scenarios_that_cannot_be_translated_are_found() {
        let found = |clients, steps: &str| {
            let manifest = manifest_of("namespaces: { /: /chat, /custom: /rooms }");
            find_obstacle(&scenario(clients, steps), &manifest)
        };
        let silent = "  - never: x\n    as: a";
        let both = "{ a: , b: { namespace: /chat } }";
        assert!(found(both, silent).unwrap().contains("`/` and `/chat`"));
        assert_eq!(
            found(
                "{ b: { namespace: /chat }, a: { namespace: /late } }",
                silent
            ),
            None
        );
        for body in ["'40'", "'421[\"echo\"]'", "d=421%5B%22echo"] {
            let steps = format!("  - http: POST /x\n    body: {body}\n{silent}");
            assert!(found("[a]", &steps).unwrap().contains("`/chat`"), "{body}");
        }
        let by_hand = format!("{HAND}  - send: '40/custom,'\n  - receive: '40/custom,'");
        assert_eq!(found("{ a: }", &by_hand), None);
    }
}
