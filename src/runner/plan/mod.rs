//! The plan of a run: selects scenarios by tier, and chooses their transports and profiles by what they need.

mod answers;
pub(super) mod coverage;
pub(super) mod envelopes;
pub(super) mod partition;
pub(super) mod rules;
pub(super) mod unlock;
pub(super) mod way_in;

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use self::unlock::{Declarable, lacks};
use crate::{
    runner::{
        settings::Settings,
        translation::{
            bound_namespaces, namespaces,
            operations::{find_absent, find_absent_field, find_untranslatable},
        },
    },
    scenario::{ClientName, ConnectionUse, Scenario, Step, Tier, Transport},
    targets::{Manifest, Rule, Speaks},
    text::nearest,
};

/// What to write into a manifest if the server refuses clients that it does not know.
pub(super) const WAY_IN: &str = "; a manifest can say how clients get in: `clients: { auth: { token: … } }`, `clients: { query: … }`, \
                      `clients: { protocols: … }`, `enter: […]`, or `namespaces: { /: /chat }`";

/// One scenario on one transport.
#[derive(Clone, Debug)]
pub struct Item {
    /// The scenario that runs.
    pub scenario: Arc<Scenario>,
    /// The scenario's id; followed by `@` and the transport if the scenario runs on more than one.
    pub id: String,
    /// The transport of each client whose transport the scenario does not name.
    pub transport: Transport,
    /// The index of the manifest's profile (a variant of the target with other settings) that the scenario needs;
    /// `None` for the manifest's own settings.
    pub profile: Option<usize>,
    /// The reason for skipping the scenario; `None` if it runs.
    pub skip: Option<String>,
    /// What the manifest would have to declare so that the scenario runs. Empty if the scenario runs, and if no
    /// declaration would let it run.
    pub lacks: Vec<Declarable>,
}

/// All items of a run. An item is a scenario on one transport.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The items (scenarios, each on one transport), in order of id.
    pub items: Vec<Item>,
    /// For each tier that the settings don't include, the number of its scenarios, which are left out.
    pub left_out: Vec<(Tier, usize)>,
}

impl Plan {
    /// Plans a run of `scenarios` against a target.
    pub fn new(scenarios: &[Arc<Scenario>], manifest: &Manifest, settings: &Settings) -> Self {
        let mut plan = Self::default();
        let declared = with_all_declared(scenarios, manifest);
        for scenario in scenarios {
            let on_demand = matches!(scenario.tier, Tier::Slow | Tier::Destructive);
            if on_demand && !settings.include.contains(&scenario.tier) {
                match plan
                    .left_out
                    .iter_mut()
                    .find(|(tier, _)| *tier == scenario.tier)
                {
                    Some((_, count)) => *count += 1,
                    None => plan.left_out.push((scenario.tier, 1)),
                }
                continue;
            }
            let transports = transports(scenario, settings);
            for transport in &transports {
                let id = match transports.as_slice() {
                    [_] => scenario.id.clone(),
                    _ => format!("{}@{}", scenario.id, transport.name()),
                };
                let mut needs: BTreeSet<&str> = scenario.needs.iter().map(String::as_str).collect();
                if uses_transport(scenario) {
                    needs.insert(transport.name());
                }
                let placed = choose_profile(scenario, &needs, manifest);
                let (profile, skip) = match placed {
                    Ok(profile) => (profile, None),
                    Err(reason) => (None, Some(reason)),
                };
                let can_run = || choose_profile(scenario, &needs, &declared).is_ok();
                let lacks = if skip.is_some() && can_run() {
                    lacks(scenario, &needs, manifest)
                } else {
                    Vec::new()
                };
                plan.items.push(Item {
                    scenario: rules::prepared(scenario, manifest),
                    id,
                    transport: *transport,
                    profile,
                    skip,
                    lacks,
                });
            }
        }
        plan.items.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(partition) = settings.partition {
            let numbered = (0..).zip(std::mem::take(&mut plan.items));
            let kept = numbered.filter(|(position, item)| partition.holds(*position, &item.id));
            plan.items = kept.map(|(_, item)| item).collect();
        }
        plan
    }
}

/// Returns the manifest with every capability and every credential that one of the scenarios needs, in addition to its
/// own. A scenario that is skipped with this manifest too is skipped for another reason than a lack of declarations.
fn with_all_declared(scenarios: &[Arc<Scenario>], manifest: &Manifest) -> Manifest {
    let mut declared = manifest.clone();
    let transports = [Transport::WebSocket, Transport::Polling, Transport::Upgrade];
    let transports = transports
        .iter()
        .map(|transport| transport.name().to_owned());
    declared.provides.extend(transports);
    for scenario in scenarios {
        declared.provides.extend(scenario.needs.iter().cloned());
        for name in &scenario.mentioned.credentials {
            declared.credentials.declare(name);
        }
    }
    declared
}

/// Returns true if a client of the scenario speaks Socket.IO. The only other clients are those that connect with
/// `open`, because the scenario writes their packets.
fn speaks_socket_io(scenario: &Scenario) -> bool {
    let connects = |step: &Step| match step.action.facts().connection {
        ConnectionUse::Joins(_) => true,
        ConnectionUse::Actors
        | ConnectionUse::Bystander
        | ConnectionUse::Clients(_)
        | ConnectionUse::None
        | ConnectionUse::Opens(_) => false,
    };
    scenario.clients.iter().any(|client| client.connect)
        || scenario.steps.iter().any(|step| step.any(&connects))
}

/// Returns the profile (a variant of the target with other settings) that provides everything the scenario needs, or
/// why the scenario can't run. `None` stands for the manifest's own settings, which are preferred.
fn choose_profile(
    scenario: &Scenario,
    needs: &BTreeSet<&str>,
    manifest: &Manifest,
) -> Result<Option<usize>, String> {
    if let Some(reason) = find_closed_door(scenario, manifest) {
        return Err(reason);
    }
    let usual = manifest.dialect.speaks;
    let suits = |speaks| {
        speaks == Speaks::SocketIo
            || (speaks == Speaks::WebSocket && manifest.dialect.envelope.is_some())
            || !speaks_socket_io(scenario)
    };
    if !suits(usual) {
        return Err(format!(
            "the scenario's clients speak socket.io, the target {}",
            usual.name()
        ));
    }
    if let Some(reason) = find_lack(scenario, manifest) {
        return Err(reason);
    }
    let missing: Vec<_> = needs
        .iter()
        .filter(|need| !manifest.provides.contains(**need))
        .collect();
    if missing.is_empty() {
        return Ok(None);
    }
    let profile = manifest.profiles.iter().position(|profile| {
        suits(manifest.speaks_with(profile))
            && needs
                .iter()
                .all(|need| manifest.provides_with(profile, need))
    });
    profile.map(Some).ok_or_else(|| {
        let names: Vec<_> = missing
            .iter()
            .map(|need| {
                match (
                    find_similar(need, manifest),
                    manifest.unprovided.get(**need),
                ) {
                    (Some(near), _) => format!("`{need}` (it does provide `{near}`)"),
                    (None, Some(seen)) => format!("`{need}` ({seen})"),
                    (None, None) => format!("`{need}`"),
                }
            })
            .collect();
        let is_of_rule = |need: &str| Rule::IMPLIED.iter().any(|(_, implied)| *implied == need);
        let is_closed = missing
            .iter()
            .any(|need| manifest.unprovided.contains_key(**need) && !is_of_rule(need));
        let hint = if is_closed { WAY_IN } else { "" };
        format!("the target does not provide {}{hint}", names.join(", "))
    })
}

/// Returns why the target can't run the scenario, whatever capabilities it has: something that the scenario uses is
/// absent, or can't be translated.
fn find_lack(scenario: &Scenario, manifest: &Manifest) -> Option<String> {
    if let Some(missing) = envelopes::find_missing(scenario, manifest) {
        return Some(format!(
            "the scenario {missing}, which a plain WebSocket does not have"
        ));
    }
    if let Some(name) = find_absent(scenario, &manifest.absent) {
        return Some(format!("the target has no operation `{name}`"));
    }
    if let Some(field) = find_absent_field(scenario, manifest) {
        return Some(format!(
            "the scenario expects the field `{field}`, which the target does not send"
        ));
    }
    if let Some(name) = namespaces::find_absent(scenario, &manifest.absent) {
        return Some(format!("the target has no namespace `{name}`"));
    }
    if let Some(name) = find_missing_credential(scenario, manifest) {
        return Some(format!("the target's manifest has no credential `{name}`"));
    }
    if let Some(name) = find_untranslatable(scenario, &manifest.bindings) {
        return Some(format!(
            "the scenario writes the event `{name}` by hand, and the target's binding for `{name}` changes more than the name"
        ));
    }
    if let Some(name) = bound_namespaces::find_conflict(scenario, &manifest.bindings) {
        return Some(format!(
            "the scenario is about namespaces, and the target's binding of `{name}` names a namespace of its own"
        ));
    }
    answers::find_obstacle(scenario, manifest)
        .or_else(|| way_in::find_obstacle(scenario, manifest))
        .or_else(|| rules::find_obstacle(scenario, manifest))
        .or_else(|| namespaces::find_obstacle(scenario, manifest))
}

/// Returns why a probe found that the scenario's clients can't connect to the target: it lets no client in without a
/// login, or speaks another revision of Engine.IO.
fn find_closed_door(scenario: &Scenario, manifest: &Manifest) -> Option<String> {
    // A probe does not perform the steps of `enter`, so it is a stranger even if the manifest says how clients log in.
    let observed = &manifest.observed;
    if let Some(refused) = &observed.refuses_strangers
        && manifest.way_in.enter.is_none()
    {
        return Some(format!(
            "{refused}; describe in a manifest how clients log in"
        ));
    }
    let is_old = manifest.observed.is_revision_3_only;
    (is_old && !scenario.needs.iter().any(|need| need == "eio3"))
        .then(|| "the target speaks only revision 3 of Engine.IO".to_owned())
}

/// Returns a credential that the scenario uses and that the target does not have, because its manifest does not give it
/// or declares it absent.
fn find_missing_credential<'s>(scenario: &'s Scenario, manifest: &Manifest) -> Option<&'s str> {
    let mut used = scenario.mentioned.credentials.iter();
    let is_missing =
        |name: &&String| !manifest.credentials.contains(name) || manifest.absent.contains(name);
    used.find(is_missing).map(String::as_str)
}

/// Returns a provided capability whose name is similar to `need`, as a hint at a typing mistake. Capabilities may have
/// any name, so the loader can't report a misspelt one, and the scenario would always be skipped.
fn find_similar<'m>(need: &str, manifest: &'m Manifest) -> Option<&'m str> {
    let profiles = manifest.profiles.iter().map(|profile| &profile.provides);
    let provided = [&manifest.provides].into_iter().chain(profiles);
    nearest(need, provided.flatten().map(String::as_str)).filter(|near| *near != need)
}

fn transports(scenario: &Scenario, settings: &Settings) -> Vec<Transport> {
    if !scenario.transports.is_empty() {
        return scenario.transports.clone();
    }
    if !uses_transport(scenario) {
        // No client uses the run's transport, so running the scenario on several transports would repeat the same
        // test.
        return vec![Transport::WebSocket];
    }
    settings.transports.clone()
}

/// Returns true if a client connects over the transport that the run chooses.
fn uses_transport(scenario: &Scenario) -> bool {
    let clients = &scenario.clients;
    let fixed: HashSet<&ClientName> = clients
        .iter()
        .filter(|client| client.options.transport.is_some())
        .map(|client| &client.name)
        .collect();
    let is_fixed = |name: &ClientName| fixed.contains(name);
    let connects = |step: &Step| match step.action.facts().connection {
        ConnectionUse::Joins(options) => {
            options.transport.is_none() && !step.actors.iter().all(is_fixed)
        }
        ConnectionUse::Bystander => step.actors.is_empty(),
        ConnectionUse::Actors
        | ConnectionUse::Clients(_)
        | ConnectionUse::None
        | ConnectionUse::Opens(_) => false,
    };
    clients
        .iter()
        .any(|client| client.connect && client.options.transport.is_none())
        || scenario.steps.iter().any(|step| step.any(&connects))
}
