//! Which scenarios a plain WebSocket with envelopes can run: those that need nothing of Socket.IO itself.

use std::collections::HashSet;

use crate::{
    runner::translation::operations::awaits_events,
    scenario::{
        Awaits, ClientName, ConnectionUse, Facts, MembershipUse, Scenario, Step, visit_steps,
    },
    targets::Manifest,
};

/// Returns what a scenario uses that a plain WebSocket lacks, as the reason to skip the scenario.
pub(super) fn find_missing(scenario: &Scenario, manifest: &Manifest) -> Option<&'static str> {
    let envelope = manifest.dialect.envelope.as_ref()?;
    let has = |is_used: &dyn Fn(&Facts<'_>) -> bool| {
        let uses = |step: &Step| is_used(&step.action.facts());
        scenario.steps.iter().any(|step| step.any(&uses))
    };
    let does = |membership: MembershipUse| has(&|facts| facts.membership == membership);
    let mentioned = &scenario.mentioned;
    let has_login = !mentioned.credentials.is_empty() || manifest.way_in.clients.has_login();
    if mentioned.socket_ids || (mentioned.users && !has_login) {
        return Some("uses the ids of sockets");
    }
    let opens = |facts: &Facts<'_>| matches!(facts.connection, ConnectionUse::Opens(_));
    if awaits_events(scenario) && has(&opens) {
        return Some("writes packets by hand");
    }
    if does(MembershipUse::JoinsAndReads) {
        return Some("expects the payload of a CONNECT reply or of a CONNECT_ERROR");
    }
    if has(&|facts| matches!(facts.awaits, Awaits::NamespaceEnd)) {
        return Some("expects a DISCONNECT from a namespace");
    }
    if !envelope.has_ids() && does(MembershipUse::Answers) {
        return Some("answers a request of the server");
    }
    acts_without_connection(scenario).then_some("acts in several namespaces of one connection")
}

/// Returns true if a client joins a namespace on an open connection, or acts after it has left or was refused: a plain
/// WebSocket has ended then.
fn acts_without_connection(scenario: &Scenario) -> bool {
    let clients = scenario.clients.iter();
    let joined = clients.filter(|client| client.connect);
    let mut open: HashSet<ClientName> = joined.map(|client| client.name.clone()).collect();
    let mut is_unfit = false;
    visit_steps(&scenario.steps, &mut |step| {
        let facts = step.action.facts();
        for name in &step.actors {
            match facts.membership {
                MembershipUse::Joins => {
                    is_unfit |= joins_on_open(&facts) && open.contains(name);
                    open.insert(name.clone());
                }
                MembershipUse::IsRefused | MembershipUse::JoinsAndReads => {
                    is_unfit |= joins_on_open(&facts) && open.contains(name);
                    open.remove(name);
                }
                MembershipUse::Leaves => {
                    open.remove(name);
                }
                MembershipUse::Answers | MembershipUse::Sends => {
                    is_unfit |= !open.contains(name);
                }
                MembershipUse::None => {
                    if matches!(facts.awaits, Awaits::ConnectionEnd) {
                        open.remove(name);
                    }
                }
            }
        }
    });
    is_unfit
}

/// Returns true if a step that joins a namespace uses an open connection of the client, if there is one.
fn joins_on_open(facts: &Facts<'_>) -> bool {
    match facts.connection {
        ConnectionUse::Joins(options) => !options.shapes_handshake(),
        ConnectionUse::Actors
        | ConnectionUse::Bystander
        | ConnectionUse::Clients(_)
        | ConnectionUse::None
        | ConnectionUse::Opens(_) => false,
    }
}
