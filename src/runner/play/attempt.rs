//! An attempt is one execution of a scenario. It holds what the scenario's steps share: the clients, the variables, and
//! the `Notes` in which steps record what the runner needs later.
//!
//! The code of steps, invariants and proofs of silence (that a client did not receive something) reads and changes an
//! attempt. The module `play` calls that code; an attempt does not.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    refused_request::RefusedRequest,
    signing,
    unique::{NAMES, Unique},
};
use crate::{
    client::Cookies,
    clock,
    data::Data,
    runner::{
        clients::{Client, Clients, Link, bystander, echo_form, presented::with_token},
        findings::{Finding, StepResult},
        journal::requests::{Author, SentEvent, SentRequest},
        plan::rules,
        record::outcome::SeenLine,
        running_target::live_target::LiveTarget,
        settings::Settings,
        silence::claim::Silence,
        transcript::{
            exchange::Exchange,
            slots::{SlotOrder, Slots},
        },
        translation::{bound_namespaces, namespaces},
    },
    scenario::{ClientName, ECHO_FORM, Scenario, Scope, Step, TargetField, Template, Transport},
    targets::{Minted, Rule, Secrets, Speaks, Visitor},
    wire::engine_io::SEPARATOR,
};

/// Performs one step and the steps inside it.
pub(super) type Perform = for<'f, 'a> fn(
    &'f Attempt<'a>,
    &'f Step,
) -> Pin<Box<dyn Future<Output = StepResult> + Send + 'f>>;

/// A running attempt. All steps of the scenario share this value; the steps of a `parallel` block use it at the same
/// time.
#[derive(Debug)]
pub(in crate::runner) struct Attempt<'a> {
    /// The scenario that this attempt executes.
    pub(in crate::runner) scenario: &'a Scenario,
    /// The server that the scenario runs against.
    pub(in crate::runner) target: &'a LiveTarget,
    /// The transport (WebSocket, polling or upgrade) of every client for which the scenario sets no transport.
    pub(in crate::runner) transport: Transport,
    /// The suffix that makes names such as `$room` unique to this attempt.
    pub(in crate::runner) unique: Unique,
    /// The clients that the scenario declares.
    pub(in crate::runner) declared: Clients,
    /// The bystander, a client that the runner adds if an `alive` step names no client. It shows whether the server
    /// still serves other clients.
    pub(in crate::runner) bystander: Option<Arc<Client>>,
    /// The user who makes the requests of `http` steps. The client only logs in: it opens no connection.
    pub(in crate::runner) requester: Arc<Client>,
    /// Whether this attempt performs the steps with which a client enters.
    pub(in crate::runner) enters: bool,
    /// The namespace of clients for which the scenario names none, as the target calls it.
    pub(in crate::runner) home: String,
    /// The namespaces of the target in which it has the scenario's events, as its bindings say.
    pub(in crate::runner) bound: BTreeSet<String>,
    /// The function that performs a step. Steps of the manifest's `enter` are performed inside a step.
    pub(in crate::runner) perform: Perform,
    /// The limit on the timeout of steps that set none; `None` for the timeout of the scenario or the target.
    pub(super) limit: Option<Duration>,
    /// The time that the pacing of one client can take. Steps of a `parallel` block wait that much longer.
    pub(super) pacing: Duration,
    /// The time at which the attempt started.
    pub(in crate::runner) started: Instant,
    /// When the steps began, for the transcript; `None` if the attempt gets none.
    pub(in crate::runner) slots: Option<Slots>,
    minted: Arc<Minted>,
    scope: Mutex<Scope>,
    notes: Mutex<Notes>,
}

/// What steps record for later steps and for the judgement of the attempt.
#[derive(Debug, Default)]
pub(in crate::runner) struct Notes {
    /// Findings that only warn: tolerated deviations and broken `should` requirements.
    pub(in crate::runner) warnings: Vec<Finding>,
    /// Claims that a client never receives something. The runner checks them again after the last step.
    pub(in crate::runner) silences: Vec<Silence>,
    /// The clients that have sent something since the last fence, which is a round trip that proves that everything
    /// sent before has arrived.
    pub(super) unfenced: Vec<ClientName>,
    /// The number of `parallel` blocks that are running, nested ones included.
    pub(in crate::runner) side_by_side: usize,
    /// Claims that a client never receives something, made inside a `parallel` block. The runner checks them at the end
    /// of the outermost block.
    pub(in crate::runner) postponed: Vec<Silence>,
    /// How the runner proved that a client did not receive something forbidden: one text for each proof.
    pub(in crate::runner) proofs: Vec<String>,
    /// The cookies that the responses to `http` steps have set.
    pub(in crate::runner) cookies: Cookies,
    /// The requests of `http` steps and their responses.
    pub(in crate::runner) http: Vec<SeenLine>,
    /// The same requests with their whole responses, if the attempt gets a transcript.
    pub(in crate::runner) exchanges: Vec<Exchange>,
    /// The requests that the server refused although the scenario expected success.
    pub(in crate::runner) refused: Vec<RefusedRequest>,
    /// Whether the response to a poll of an `http` step held a DISCONNECT packet.
    pub(in crate::runner) was_disconnected: bool,
    /// The number of requests that steps have sent. The connections hold the requests themselves.
    pub(in crate::runner) requests: u64,
    /// The value of `requests` at the end of the last `deliver` step that received its events.
    pub(in crate::runner) delivered: u64,
    /// The value of `requests` when a step last did something other than a request that can cause an event, such as a
    /// CONNECT.
    pub(in crate::runner) other_cause: u64,
    /// The time at which the runner began to disconnect the clients after the last step. The trace leaves out later
    /// traffic.
    pub(in crate::runner) over: Option<Instant>,
    /// Whether a step has run that can fail on a faulty server. Without one, the attempt ends as an error.
    pub(in crate::runner) judged: bool,
}

impl<'a> Attempt<'a> {
    /// Returns an attempt whose clients are not connected yet.
    pub(in crate::runner) fn new(
        scenario: &'a Scenario,
        target: &'a LiveTarget,
        transport: Transport,
        unique: Unique,
        perform: Perform,
    ) -> Self {
        let mut scope = Scope::default();
        for name in NAMES {
            scope.set(name, Data::from(unique.with_suffix(name)));
        }
        let now = clock::timestamp();
        let usual = target.credentials_at(now);
        scope.set("path", Data::from(target.endpoint.path.as_str()));
        scope.set("resource", Data::from(resource(target, &usual)));
        if let Some(form) = echo_form::form(&target.manifest) {
            scope.set(ECHO_FORM, form);
        }
        let bindings = &target.manifest.bindings;
        let main = bindings.namespaces.main();
        let home = bound_namespaces::home(scenario, bindings);
        let minted = match target.manifest.rules.has(Rule::OneConnectionPerUser) {
            true => target.credentials_of(now, unique.suffix()),
            false => usual,
        };
        scope.set("credentials", minted.data.clone());
        signing::set_variables(&mut scope, &target.manifest.credentials, now);
        scope.set(
            "target",
            Data::object(TargetField::ALL.map(|field| (field.name(), target_field(target, field)))),
        );
        Self {
            scenario,
            target,
            transport,
            unique,
            declared: Clients::new(&scenario.clients, home.as_deref().unwrap_or(main)),
            bystander: bystander::is_needed(&scenario.steps)
                .then(|| bystander::unconnected("bystander", main)),
            requester: bystander::unconnected("requester", main),
            enters: false,
            home: home.unwrap_or_else(|| main.to_owned()),
            bound: bound_namespaces::of(scenario, bindings),
            perform,
            limit: None,
            pacing: rules::pacing(scenario, &target.manifest),
            started: clock::now(),
            slots: None,
            minted,
            scope: Mutex::new(scope),
            notes: Mutex::default(),
        }
    }

    /// Returns an attempt in which a client of this attempt performs the steps of `entrance`, with these variables.
    pub(in crate::runner) fn entering<'b>(
        &'b self,
        entrance: &'b Scenario,
        client: &Arc<Client>,
        mut scope: Scope,
    ) -> Attempt<'b> {
        let names = entrance.clients.iter().map(|spec| &spec.name);
        let declared = names.map(|name| {
            scope.set(&*name.0, client.to_data());
            Clients::with(name, client)
        });
        Attempt {
            scenario: entrance,
            target: self.target,
            transport: self.transport,
            unique: self.unique.clone(),
            declared: declared.last().unwrap_or_default(),
            bystander: None,
            requester: Arc::clone(&self.requester),
            enters: true,
            home: self.home.clone(),
            bound: self.bound.clone(),
            perform: self.perform,
            limit: self.limit,
            pacing: self.pacing,
            started: self.started,
            slots: None,
            minted: Arc::clone(&self.minted),
            scope: Mutex::new(scope),
            notes: Mutex::default(),
        }
    }

    /// Returns the variables that the manifest's options of clients can use: those of the scenario, and those that the
    /// client's requests before it connected have captured. If the client shows a token of its own, this token takes
    /// the place of the manifest's.
    pub(in crate::runner) fn scope_of(&self, client: &Client) -> Scope {
        let (entered, own_token) = {
            let state = client.state();
            (state.entered.clone(), state.own_token.clone())
        };
        let scope = match entered {
            Some(entered) => entered.scope,
            None => self.scope().clone(),
        };
        match own_token {
            Some(token) => with_token(&self.target.manifest.way_in.clients, scope, token),
            None => scope,
        }
    }

    /// Returns the tokens, the secrets that sign them, and the other secrets of the target. No output may show these
    /// values, and the server may not send them to a client.
    pub(in crate::runner) fn secrets(&self) -> &Secrets {
        &self.minted.secrets
    }

    /// Returns the values that no output may show: the target's secrets, and the tokens that the scenario itself has
    /// created.
    pub(in crate::runner) fn to_mask(&self) -> Cow<'_, Secrets> {
        let tokens = self.scope().minted_tokens();
        let mut secrets = Cow::Borrowed(self.secrets());
        for token in tokens {
            secrets.to_mut().add(&token);
        }
        secrets
    }

    /// Returns all clients: those of the scenario, then the bystander.
    pub(in crate::runner) fn clients(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.declared.all().iter().chain(&self.bystander)
    }

    /// Returns a packet that the target sent, with the contract's name of its namespace.
    pub(in crate::runner) fn spoken_packet(&self, text: &str) -> String {
        namespaces::spoken_packet(self.scenario, &self.target.manifest, text)
    }

    /// Returns a payload of polling (packets with a separator between them) with the contract's names of namespaces.
    pub(in crate::runner) fn spoken_payload(&self, text: &str) -> String {
        let packets = text.split(SEPARATOR);
        let spoken: Vec<_> = packets.map(|packet| self.spoken_packet(packet)).collect();
        spoken.join(&SEPARATOR.to_string())
    }

    /// Returns the contract's name of a namespace of the target.
    pub(in crate::runner) fn spoken_namespace(&self, own: &str) -> String {
        let bindings = &self.target.manifest.bindings;
        namespaces::spoken(self.scenario, &bindings.namespaces, own)
    }

    /// Returns the name that the target uses for a namespace of the scenario.
    pub(in crate::runner) fn namespace(&self, template: &Template) -> StepResult<String> {
        let name = template.render_text(&self.scope())?;
        let namespaces = &self.target.manifest.bindings.namespaces;
        Ok(namespaces.own(&name).to_owned())
    }

    /// Returns true if a client never connected, or lost a connection that the client did not end.
    pub(super) fn misses_a_connection(&self) -> bool {
        self.clients().any(|client| {
            let links = client.links();
            links.is_empty() || links.iter().any(|link| link.was_ended_by_the_server())
        })
    }

    /// Locks the variables. Don't hold the guard over an `.await`.
    pub(in crate::runner) fn scope(&self) -> MutexGuard<'_, Scope> {
        self.scope.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the notes. Don't hold the guard over an `.await`.
    pub(in crate::runner) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the scenario's variables to the values that a match has captured.
    pub(in crate::runner) fn capture(&self, captures: Vec<(String, Data)>) {
        let mut scope = self.scope();
        for (name, value) in captures {
            scope.set(name, value);
        }
    }

    /// Records that a client has sent something, so that the next fence (a round trip that proves that everything sent
    /// before has arrived) waits until the server has handled it.
    pub(in crate::runner) fn note_sent(&self, client: &Client) {
        let noted = std::mem::replace(&mut client.state().has_sent_since_fence, true);
        if !noted {
            self.notes().unfenced.push(client.spec.name.clone());
        }
    }

    /// Waits until the client can send this number of events without exceeding the limit of the application. The caller
    /// computes its deadline afterwards.
    pub(in crate::runner) async fn pace(&self, client: &Client, events: usize) {
        let Some(rate) = self.target.manifest.rules.rate else {
            return;
        };
        let mut at = clock::now();
        for _ in 0..events {
            at = client.state().pace.next(rate, clock::now());
        }
        clock::at(Some(at)).await;
    }

    /// Records a request that a step is about to send. A failed `deliver` step says whether the server refused it.
    ///
    /// `event` is `None` for something that the scenario wrote by hand and that is no event.
    pub(in crate::runner) fn note_request(
        &self,
        link: &Link,
        event: Option<SentEvent>,
        author: Author,
    ) {
        let number = {
            let mut notes = self.notes();
            notes.requests += 1;
            notes.requests - 1
        };
        let from = link.connection.journal().entries().len();
        link.state().requests.add(SentRequest {
            number,
            from,
            event,
            author,
        });
    }

    /// Records that a step did something other than a request that can cause an event, such as a CONNECT.
    pub(in crate::runner) fn note_other_cause(&self) {
        let mut notes = self.notes();
        notes.other_cause = notes.requests;
    }

    /// Returns the clients that have sent something since the last call of this function.
    pub(in crate::runner) fn take_unfenced(&self) -> Vec<Arc<Client>> {
        let names = std::mem::take(&mut self.notes().unfenced);
        let clients = names.iter().filter_map(|name| self.declared.get(name));
        clients
            .filter(|client| std::mem::take(&mut client.state().has_sent_since_fence))
            .cloned()
            .collect()
    }

    /// Records a finding that does not fail the scenario but only warns.
    pub(in crate::runner) fn warn(&self, finding: Finding) {
        self.notes().warnings.push(finding);
    }

    /// Sets the line of the warnings from index `from` on that have no line yet, and the form that the step tolerates.
    /// Does nothing inside a `parallel` block, because its steps warn in any order; the block sets the line.
    pub(in crate::runner) fn place_warnings(&self, from: usize, step: &Step) {
        let mut notes = self.notes();
        if notes.side_by_side > 0 {
            return;
        }
        for warning in notes.warnings.iter_mut().skip(from) {
            if warning.detail.span.is_none() {
                warning.detail.span = Some(step.span);
                warning.detail.tolerated.clone_from(&step.tolerates);
            }
        }
    }

    /// Returns the attempt with a limit on the timeout of steps that set none.
    pub(super) fn limited_to(self, limit: Option<Duration>) -> Self {
        Self { limit, ..self }
    }

    /// Returns the attempt with slots for its transcript, if the settings of the run, the scenario and the manifest want
    /// one.
    pub(super) fn transcribed(self, settings: &Settings) -> Self {
        let is_left_out = self.scenario.snapshot.skip || self.target.manifest.snapshot.skip;
        let slots = (settings.transcribes && !is_left_out).then(Slots::default);
        Self { slots, ..self }
    }

    /// Begins the slot of a step in the transcript. The steps of a `parallel` block share the slot of the block.
    pub(in crate::runner) fn begin_slot(&self, step: &Step) {
        self.begin_slot_of(match step.actors.len() {
            0 | 1 => SlotOrder::AsItHappens,
            _ => SlotOrder::AnyArrival,
        });
    }

    /// Begins a slot in the transcript, unless a `parallel` block runs.
    pub(in crate::runner) fn begin_slot_of(&self, order: SlotOrder) {
        if let Some(slots) = &self.slots
            && self.notes().side_by_side == 0
        {
            slots.begin(order);
        }
    }

    /// Returns the clients that a step names. The loader has already replaced groups by their members.
    pub(in crate::runner) fn actors(&self, step: &Step) -> Vec<Arc<Client>> {
        step.actors
            .iter()
            .filter_map(|name| self.declared.get(name))
            .cloned()
            .collect()
    }
}

/// Returns `$resource`: the path and query of a WebSocket handshake, with the manifest's query parameters.
fn resource(target: &LiveTarget, credentials: &Minted) -> String {
    let path = target.endpoint.path.as_str();
    let resource = match target.manifest.dialect.speaks {
        Speaks::EngineIo | Speaks::SocketIo => format!("{path}?EIO=4&transport=websocket"),
        Speaks::WebSocket => path.to_owned(),
    };
    Visitor::with(&target.manifest, credentials.data.clone()).resource(&resource)
}

/// Returns the value of a field of `$target`.
fn target_field(target: &LiveTarget, field: TargetField) -> Data {
    match field {
        TargetField::Grace => Data::from(grace(target)),
        TargetField::Name => Data::from(target.manifest.name.as_str()),
        TargetField::Speaks => Data::from(target.manifest.dialect.speaks.name()),
        TargetField::TextUnit => Data::from(target.manifest.text_unit.name()),
        TargetField::Url => Data::from(target.endpoint.url.as_str()),
    }
}

/// Returns `$target.grace`: a tolerance in milliseconds that scenarios add when they check times that the server
/// announces, such as its ping interval. It is the settle time, which follows from measured round trips.
pub(super) fn grace(target: &LiveTarget) -> u64 {
    u64::try_from(target.settle.as_millis()).unwrap_or(u64::MAX)
}
