//! Finds the scenarios that break a rule of the application (`rules:` of the manifest), and prepares the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use crate::{
    runner::{clients::bystander, translation::written_texts::described},
    scenario::{
        ClientName, ConnectOptions, ConnectionUse, Operation, Scenario, Step, Template, Written,
        jwt_subject,
    },
    targets::{Credential, MAIN, Manifest, Rule},
};

/// The operations that make a client a member of a room.
const JOINS: [&str; 2] = ["join-room", "join-room-late"];

/// The number of rounds of a `repeat` block that computes it.
const UNKNOWN_ROUNDS: u64 = 1000;

/// The longest time that the pacing of one client can take.
const LONGEST_PACING: Duration = Duration::from_secs(60);

/// Returns why the scenario can't follow the rules of the application, or `None` if it can.
pub(in crate::runner) fn find_obstacle(scenario: &Scenario, manifest: &Manifest) -> Option<String> {
    let rules = &manifest.rules;
    if let Some(most) = rules.max_rooms
        && let Some((client, rooms)) = most_rooms(scenario)
        && rooms > most
    {
        return Some(format!(
            "{client} joins {rooms} rooms, and a client of the target can be in {most} (`max-rooms`)"
        ));
    }
    if rules.has(Rule::UniqueRoomNames)
        && let Some(reason) = find_shared_name(scenario)
    {
        return Some(format!("{reason} (`unique-room-names`)"));
    }
    if let Some(rate) = rules.rate
        && rate.time_for(most_events(scenario)) > LONGEST_PACING
    {
        return Some(format!(
            "a client of the scenario sends more events than the target allows within {} s (`rate`)",
            LONGEST_PACING.as_secs()
        ));
    }
    if rules.has(Rule::OneConnectionPerUser) {
        return find_shared_user(scenario, manifest).map(|reason| {
            format!(
                "{reason}, and a user of the target has one connection (`one-connection-per-user`)"
            )
        });
    }
    None
}

/// Returns the time that the pacing of one client can take.
pub(in crate::runner) fn pacing(scenario: &Scenario, manifest: &Manifest) -> Duration {
    match manifest.rules.rate {
        Some(rate) => rate.time_for(most_events(scenario)) * 2,
        None => Duration::ZERO,
    }
}

/// Returns the scenario as it runs on the target. A scenario runs alone if it presents tokens that sockspec can't renew
/// for each attempt, because the tokens of other scenarios would belong to the same user.
pub(super) fn prepared(scenario: &Arc<Scenario>, manifest: &Manifest) -> Arc<Scenario> {
    let shares = manifest.rules.has(Rule::OneConnectionPerUser)
        && (!scenario.mentioned.credentials.is_empty() || logs_in_as_one_user(manifest));
    if !shares || scenario.exclusive {
        return Arc::clone(scenario);
    }
    let mut alone = Scenario::clone(scenario);
    alone.exclusive = true;
    Arc::new(alone)
}

/// Returns true if sockspec can create a token of its own for each client that logs in as the manifest says.
pub(super) fn has_token_for_each_client(manifest: &Manifest) -> bool {
    token_of_clients(manifest).is_some_and(|name| {
        let credential = manifest.credentials.entries.get(&name);
        matches!(credential, Some(Credential::Jwt(_)))
    })
}

/// Returns true if clients log in with a token that names a user.
pub(in crate::runner) fn has_token_with_user(manifest: &Manifest) -> bool {
    token_of_clients(manifest).is_some_and(|name| match manifest.credentials.entries.get(&name) {
        Some(Credential::Jwt(jwt)) => jwt.claims.contains_key("sub"),
        Some(Credential::Literal(token)) => token
            .as_str()
            .is_some_and(|token| jwt_subject(token).is_some()),
        None => false,
    })
}

/// Returns the name of the credential with which every client logs in.
pub(in crate::runner) fn token_of_clients(manifest: &Manifest) -> Option<String> {
    let token = manifest.way_in.clients.token()?;
    token.strip_prefix("credentials.").map(str::to_owned)
}

/// Returns true if all clients that log in as the manifest says are the same user.
fn logs_in_as_one_user(manifest: &Manifest) -> bool {
    let clients = &manifest.way_in.clients;
    let pairs = [&clients.auth, &clients.query, &clients.headers];
    let values = || pairs.iter().flat_map(|pairs| pairs.iter());
    let entered = manifest.way_in.enter.as_ref().is_some_and(|enter| {
        let span = enter.before.span;
        let text = enter.before.source.text.get(span.start..span.end);
        !text.unwrap_or_default().contains("unique(")
    });
    let has_login = values().any(|(_, value)| value.as_literal().is_none()) || entered;
    has_login
        && !values().any(|(_, value)| value.is_varied())
        && !(has_token_for_each_client(manifest) && manifest.way_in.enter.is_none())
}

/// Returns why two clients of the scenario would be the same user.
fn find_shared_user(scenario: &Scenario, manifest: &Manifest) -> Option<String> {
    let mut users: BTreeMap<String, ClientName> = BTreeMap::new();
    let mut anonymous: BTreeSet<ClientName> = BTreeSet::new();
    let mut shared = None;
    let mut note = |name: &ClientName, options: [&ConnectOptions; 2]| {
        let tokens = options.iter().flat_map(|options| tokens(scenario, options));
        let tokens: Vec<String> = tokens.collect();
        if tokens.is_empty() {
            anonymous.insert(name.clone());
        }
        for token in tokens {
            let user = user_of(&token, manifest);
            let first = users.entry(user).or_insert_with(|| name.clone());
            if first != name {
                let reason = format!("{first} and {name} present the token of the same user");
                shared.get_or_insert(reason);
            }
        }
    };
    let none = ConnectOptions::default();
    for client in scenario.clients.iter().filter(|client| client.connect) {
        note(&client.name, [&client.options, &none]);
    }
    let declared = |name: &ClientName| {
        let mut clients = scenario.clients.iter();
        clients.find(|client| client.name == *name)
    };
    walk(&scenario.steps, 1, &mut |step, _| {
        if let Some(options) = step.action.facts().connection.options() {
            for client in step.actors.iter().filter_map(declared) {
                note(&client.name, [&client.options, options]);
            }
        }
    });
    let added = usize::from(bystander::is_needed(&scenario.steps)) * 2;
    if shared.is_none() && logs_in_as_one_user(manifest) && anonymous.len() + added > 1 {
        let reason = "several clients log in as the same user, as `clients` and `enter` say";
        return Some(reason.to_owned());
    }
    shared
}

/// Returns the tokens that a client presents, as the scenario writes them.
fn tokens(scenario: &Scenario, options: &ConnectOptions) -> Vec<String> {
    let auth = options.auth.as_ref().and_then(|auth| auth.field("token"));
    let query = options.query.iter().filter(|(name, _)| name == "token");
    let headers = options.headers.iter().map(|(_, value)| value);
    let written = auth
        .iter()
        .chain(query.map(|(_, value)| value))
        .chain(headers)
        .map(|value| resolve(scenario, value));
    written
        .filter(|text| {
            ["credentials.", "jwt(", "ey"]
                .iter()
                .any(|part| text.contains(part))
        })
        .collect()
}

/// Returns the user of a token: the claim `sub` of the credential, or the text of the token.
fn user_of(token: &str, manifest: &Manifest) -> String {
    let name = token
        .split_once("credentials.")
        .map_or("", |(_, name)| name);
    let end = name.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let credential = manifest
        .credentials
        .entries
        .get(&name[..end.unwrap_or(name.len())]);
    match credential {
        Some(Credential::Jwt(jwt)) => match jwt.claims.get("sub") {
            Some(user) => user.to_string(),
            None => token.to_owned(),
        },
        Some(Credential::Literal(_)) | None => token.to_owned(),
    }
}

/// Returns the client that joins the most rooms, and their number. Counts a room once, and not the rooms that the
/// client leaves.
fn most_rooms(scenario: &Scenario) -> Option<(ClientName, u64)> {
    let mut rooms: BTreeMap<ClientName, BTreeMap<String, u64>> = BTreeMap::new();
    visit_joins(scenario, &mut |client, _, room, times| {
        let text = described(room);
        let count = if text.contains("index") { times } else { 1 };
        let known = rooms.entry(client.clone()).or_default();
        let most = known.entry(text).or_default();
        *most = count.max(*most);
    });
    let counts = rooms
        .into_iter()
        .map(|(client, rooms)| (client, rooms.values().sum::<u64>()));
    // Of several clients, take the first one in order of names.
    counts.fold(None, |best, (client, count)| match best {
        Some((_, most)) if most >= count => best,
        _ => Some((client, count)),
    })
}

/// Returns why a room name of the scenario is not unique on the whole server.
fn find_shared_name(scenario: &Scenario) -> Option<String> {
    let mut namespaces: BTreeMap<String, String> = BTreeMap::new();
    let mut found = None;
    visit_joins(scenario, &mut |_, namespace, room, _| {
        let name = resolve(scenario, room);
        if is_fixed(scenario, room) {
            let reason = "the scenario uses a room name that is the same in every run";
            found.get_or_insert(reason.to_owned());
        }
        let first = namespaces
            .entry(name)
            .or_insert_with(|| namespace.to_owned());
        if first != namespace {
            let reason = "the scenario uses a room name in two namespaces";
            found.get_or_insert(reason.to_owned());
        }
    });
    found
}

/// Returns the number of events that the busiest client sends, as far as it is known before the run.
fn most_events(scenario: &Scenario) -> u64 {
    let mut events: BTreeMap<&ClientName, u64> = BTreeMap::new();
    walk(&scenario.steps, 1, &mut |step, times| {
        let facts = step.action.facts();
        let is_sent = |written: &&Written<'_>| matches!(written, Written::Sent(_));
        let by_hand = facts.written.iter().filter(is_sent).count() as u64;
        let of_step = by_hand + u64::from(facts.request.is_some());
        for client in &step.actors {
            *events.entry(client).or_default() += of_step * times;
        }
    });
    // A fence is an event too; a client takes part in few fences that are not counted here.
    events.values().max().copied().unwrap_or_default() * 2
}

/// Calls `see` for each client that joins a room, with the namespace, the room, and the number of times.
fn visit_joins<'s>(
    scenario: &'s Scenario,
    see: &mut dyn FnMut(&'s ClientName, &str, &Template, u64),
) {
    let written =
        |template: &Option<Template>| template.as_ref().map(|name| resolve(scenario, name));
    let declared = scenario.clients.iter().map(|client| {
        let namespace = written(&client.options.namespace);
        (&client.name, namespace.unwrap_or_else(|| MAIN.to_owned()))
    });
    let mut homes: BTreeMap<&ClientName, String> = declared.collect();
    walk(&scenario.steps, 1, &mut |step, times| {
        if let ConnectionUse::Joins(options) = step.action.facts().connection
            && let Some(namespace) = written(&options.namespace)
        {
            homes.extend(step.actors.iter().map(|client| (client, namespace.clone())));
        }
        let Some(operation) = joins(scenario, step) else {
            return;
        };
        let Some(room) = operation.with.as_ref().and_then(|with| with.field("room")) else {
            return;
        };
        let own = written(&operation.namespace);
        for client in &step.actors {
            let home = homes.get(client).map_or(MAIN, String::as_str);
            see(client, own.as_deref().unwrap_or(home), &room, times);
        }
    });
}

/// Returns the operation of a step that joins a room.
fn joins<'s>(scenario: &Scenario, step: &'s Step) -> Option<&'s Operation> {
    let operation = step.action.facts().request?;
    let name = resolve(scenario, &operation.name);
    JOINS.contains(&name.as_str()).then_some(operation)
}

/// Returns a value as the scenario writes it, with the value of the variable if it consists of one.
fn resolve(scenario: &Scenario, template: &Template) -> String {
    described(variable(scenario, template).unwrap_or(template))
}

/// Returns true if a name is a text that is the same in every run.
fn is_fixed(scenario: &Scenario, name: &Template) -> bool {
    let value = variable(scenario, name).unwrap_or(name).as_literal();
    value.is_some_and(|value| value.as_str().is_some())
}

/// Returns the value of the scenario's variable that the template consists of.
fn variable<'s>(scenario: &'s Scenario, template: &Template) -> Option<&'s Template> {
    let text = described(template);
    let name = text.strip_prefix('$')?;
    let mut variables = scenario.variables.iter();
    let found = variables.find(|(variable, _)| variable == name);
    found.map(|(_, value)| value)
}

/// Calls `visit` for each step and each step inside it, with the number of times that the step runs.
fn walk<'s>(steps: &'s [Step], times: u64, visit: &mut dyn FnMut(&'s Step, u64)) {
    for step in steps {
        visit(step, times);
        let rounds = match step.action.facts().rounds.map(Template::as_literal) {
            Some(Some(rounds)) => rounds.as_u64().unwrap_or(1),
            Some(None) => UNKNOWN_ROUNDS,
            None => 1,
        };
        walk(step.action.steps(), times.saturating_mul(rounds), visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples::{manifest_of, scenario_of};

    fn obstacle(rules: &str, steps: &str) -> String {
        let scenario = scenario_of(&format!(
            "scenarios:\n- id: a/b\n  title: T\n  clients: [alice]\n  steps:\n{steps}"
        ));
        let manifest = manifest_of(&format!("rules: {rules}\n"));
        find_obstacle(&scenario, &manifest).unwrap_or_else(|| "-".to_owned())
    }

    const THREE_ROOMS: &str = "  - repeat: 3\n    steps:\n    - call: join-room\n      as: alice\n      \
                               with: { room: \"${ unique() }-$index\" }\n";

    #[test]
    fn a_scenario_can_be_in_as_many_rooms_as_the_rules_say() {
        let too_many = "alice joins 3 rooms, and a client of the target can be in 2 (`max-rooms`)";
        assert_eq!(obstacle("[max-rooms: 2]", THREE_ROOMS), too_many);
        assert_eq!(obstacle("[max-rooms: 3]", THREE_ROOMS), "-");
    }

    #[test]
    fn each_rule_counts_for_scenarios_without_rooms() {
        let echoes = "  - repeat: 500\n    steps:\n    - call: echo\n      as: alice\n";
        let too_fast = "a client of the scenario sends more events than the target allows within 60 s (`rate`)";
        assert_eq!(obstacle("[rate: 1/1s]", echoes), too_fast);
        assert_eq!(obstacle("[max-rooms: 5, rate: 1/1s]", echoes), too_fast);
    }
}
