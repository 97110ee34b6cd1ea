//! One attempt at one scenario: its clients, its variables, and what was found on the way.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::time::Instant as Moment;

use super::{
    cast::{Cast, Client},
    echo,
    finding::{Finding, Stepped, Stop},
    invariants,
    live_target::LiveTarget,
    log, operations,
    silence::{self, Silence},
    steps,
    unique::{NAMES, Unique},
};
use crate::{
    client::{DropHow, What},
    data::Data,
    scenario::{ECHO_FORM, Scenario, Scope, Step, Transport, WaitBound},
    targets::{Secrets, Speaks},
};

/// How long a whole attempt may take, whatever its steps say.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(120);

/// How long the clients of an attempt may take to leave.
const FAREWELL: Duration = Duration::from_secs(2);

/// One attempt while it runs. Steps share it; side-by-side steps do so at the same time.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    /// What is run.
    pub(super) scenario: &'a Scenario,
    /// Against what.
    pub(super) target: &'a LiveTarget,
    /// Over which transport clients connect that don't say.
    pub(super) transport: Transport,
    /// What its names end with.
    pub(super) unique: Unique,
    /// The clients.
    pub(super) cast: Cast,
    /// Clients that the runner adds: bystanders.
    pub(super) bystander: Option<Arc<Client>>,
    /// When it began.
    pub(super) started: Instant,
    /// Values that no output and no other client may see.
    pub(super) secrets: Secrets,
    scope: Mutex<Scope>,
    notes: Mutex<Notes>,
}

/// What is remembered beside the clients.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Lenient matches and broken `should`s.
    pub(super) warnings: Vec<Finding>,
    /// Claims that something never comes, held to the end.
    pub(super) silences: Vec<Silence>,
    /// How many `parallel` blocks are under way, one inside the other or side by side.
    pub(super) side_by_side: usize,
    /// Claims that wait for the end of the outermost of them.
    pub(super) postponed: Vec<Silence>,
    /// How silence was proved.
    pub(super) proofs: Vec<String>,
    /// Whether a step was done that a wrong server could fail.
    pub(super) judged: bool,
}

/// What an attempt came to.
#[derive(Debug)]
pub(super) struct Finished {
    /// The first thing that stopped it.
    pub(super) stop: Option<Stop>,
    /// What was tolerated.
    pub(super) warnings: Vec<Finding>,
    /// How silence was proved.
    pub(super) proofs: Vec<String>,
}

impl<'a> Attempt<'a> {
    /// An attempt whose clients are not connected yet.
    ///
    pub(super) fn new(
        scenario: &'a Scenario,
        target: &'a LiveTarget,
        transport: Transport,
        unique: Unique,
    ) -> Self {
        let mut scope = Scope::default();
        for name in NAMES {
            scope.set(name, Data::from(unique.spell(name)));
        }
        let path = target.endpoint.path.as_str();
        scope.set("path", Data::from(path));
        let speaks = target.manifest.dialect.speaks;
        let resource = match speaks {
            Speaks::EngineIo | Speaks::SocketIo => format!("{path}?EIO=4&transport=websocket"),
            Speaks::WebSocket => path.to_owned(),
        };
        scope.set("resource", Data::from(resource));
        if let Some(form) = echo::form(&target.manifest) {
            scope.set(ECHO_FORM, form);
        }
        let minted = target.manifest.credentials.mint(Timestamp::now());
        scope.set("credentials", minted.data);
        if let Some(secret) = &target.manifest.credentials.secret {
            scope.set("credentials_secret", Data::from(secret.as_str()));
        }
        let mut secrets = minted.secrets;
        secrets.extend(&target.secrets);
        scope.set(
            "target",
            Data::object([
                ("name", Data::from(target.manifest.name.as_str())),
                ("speaks", Data::from(speaks.name())),
                ("url", Data::from(target.endpoint.url.as_str())),
            ]),
        );
        Self {
            scenario,
            target,
            transport,
            unique,
            cast: Cast::new(&scenario.clients),
            bystander: steps::alive::needs_bystander(&scenario.steps).then(steps::alive::bystander),
            started: Instant::now(),
            secrets,
            scope: Mutex::new(scope),
            notes: Mutex::default(),
        }
    }

    /// Runs it to its end and lets every client leave.
    pub(super) async fn run(&self) -> Finished {
        let limit = tokio::time::timeout(ATTEMPT_LIMIT, self.play());
        let mut stop = match limit.await {
            Ok(played) => played.err(),
            Err(_) => Some(
                Finding::new(format!(
                    "The scenario was still running after {} s.",
                    ATTEMPT_LIMIT.as_secs()
                ))
                .unjudged(),
            ),
        };
        // A breach of a rule that always holds explains more than the step that tripped over it, but only
        // a judged attempt is held against the rules: after a harness error the record is incomplete.
        if !matches!(stop, Some(Stop::Inapplicable(_) | Stop::Unjudged(_))) {
            for finding in invariants::check(self) {
                if finding
                    .level
                    .is_some_and(|level| level > crate::scenario::Level::Must)
                {
                    self.notes().warnings.push(finding);
                } else if stop.is_none() {
                    stop = Some(finding.breach());
                }
            }
        }
        if matches!(stop, Some(Stop::Breach(_)))
            && let Some(finding) = self.exceeds_the_announced_limit()
        {
            stop = Some(finding.inapplicable());
        }
        // What stopped at a limit of ours says nothing about the target, a pass included.
        if !matches!(stop, Some(Stop::Unjudged(_)))
            && let Some(finding) = self.oversize()
        {
            stop = Some(finding.unjudged());
        }
        self.leave().await;
        log::traffic(self);
        let mut notes = self.notes();
        Finished {
            stop,
            warnings: std::mem::take(&mut notes.warnings),
            proofs: std::mem::take(&mut notes.proofs),
        }
    }

    async fn play(&self) -> Stepped {
        for (name, template) in &self.scenario.variables {
            let value = template.render(&self.scope())?;
            self.scope().set(name.as_str(), value);
        }
        if let Some(bystander) = &self.bystander {
            steps::connect::bystander(self, bystander).await?;
        }
        steps::connect::cast(self).await?;
        for step in &self.scenario.steps {
            steps::perform(self, step).await?;
        }
        if !self.notes().judged {
            return Err(Finding::new(
                "Nothing was judged: every step that can fail stands in a `repeat` of no rounds.",
            )
            .unjudged());
        }
        silence::settle(self).await
    }

    async fn leave(&self) {
        let everybody = self.cast.all().iter().chain(&self.bystander);
        let links = everybody
            .flat_map(|client| client.links())
            .filter(|link| !link.has_ended());
        let farewells: Vec<_> = links
            .map(|link| async move { link.connection.end(DropHow::Close).await })
            .collect();
        // A server that does not close its side is no reason to wait: the connections end with their handles.
        let _ = tokio::time::timeout(FAREWELL, futures_util::future::join_all(farewells)).await;
    }

    /// A packet that the scenario writes by hand, in the target's words.
    pub(super) fn spelt(&self, text: String) -> String {
        operations::spelt(self.scenario, &self.target.manifest.bindings, text)
    }

    /// Whether it sent more at once than the target announced as its limit, although it is about something else.
    fn exceeds_the_announced_limit(&self) -> Option<Finding> {
        let about_limits = |need: &String| matches!(need.as_str(), "max-payload" | "small-payload");
        if self.scenario.needs.iter().any(about_limits) {
            return None;
        }
        let clients = self.cast.all().iter().chain(&self.bystander);
        clients.flat_map(|client| client.links()).find_map(|link| {
            let limit = link.connection.handshake()?.max_payload?;
            let exceeds = u64::try_from(link.largest_sent()).is_ok_and(|sent| sent > limit);
            exceeds.then(|| {
                Finding::new(format!(
                    "it sends more at once than the {limit} bytes that the target announces as its limit"
                ))
            })
        })
    }

    /// What a client was sent beyond what this side takes, if anything.
    fn oversize(&self) -> Option<Finding> {
        let mut everybody = self.cast.all().iter().chain(&self.bystander);
        everybody.find_map(|client| {
            let limit = client.links().iter().find_map(|link| {
                let entries = link.connection.journal().entries();
                entries.iter().find_map(|entry| match &entry.what {
                    What::Oversize(limit) => Some(limit.clone()),
                    _ => None,
                })
            })?;
            let name = &client.spec.name;
            Some(Finding::new(format!(
                "{name} is sent more than sockspec takes, which the target is free to do: {limit}."
            )))
        })
    }

    /// Whether some client was never connected, or lost a connection that this side did not end.
    pub(super) fn misses_a_connection(&self) -> bool {
        let mut everybody = self.cast.all().iter().chain(&self.bystander);
        everybody.any(|client| {
            let links = client.links();
            links.is_empty() || links.iter().any(|link| link.was_ended_by_the_server())
        })
    }

    /// The variables; don't hold the guard over an `.await`.
    pub(super) fn scope(&self) -> MutexGuard<'_, Scope> {
        self.scope.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The notes; don't hold the guard over an `.await`.
    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what a match captured.
    pub(super) fn capture(&self, captures: Vec<(String, Data)>) {
        let mut scope = self.scope();
        for (name, value) in captures {
            scope.set(name, value);
        }
    }

    /// Notes something that is tolerated.
    pub(super) fn warn(&self, finding: Finding) {
        self.notes().warnings.push(finding);
    }

    /// The clients that a step names; those of groups are unfolded when loading.
    pub(super) fn actors(&self, step: &Step) -> Vec<Arc<Client>> {
        step.actors
            .iter()
            .filter_map(|name| self.cast.get(name))
            .cloned()
            .collect()
    }

    /// How long a step may wait.
    pub(super) fn limit(&self, step: &Step) -> Stepped<Duration> {
        match &step.within {
            Some(bound) => self.bound(bound),
            None => Ok(self.scenario.within.unwrap_or(self.target.within)),
        }
    }

    /// The moment until which a step that starts now may wait.
    pub(super) fn deadline(&self, step: &Step) -> Stepped<Moment> {
        Ok(Moment::now() + self.limit(step)?)
    }

    /// The length of a bound, computed where it is an expression.
    pub(super) fn bound(&self, bound: &WaitBound) -> Stepped<Duration> {
        let template = match bound {
            WaitBound::Fixed(duration) => return Ok(*duration),
            WaitBound::Computed(template) => template,
        };
        let value = template.render(&self.scope())?;
        let duration = match &value {
            Data::Number(number) => number
                .as_f64()
                .filter(|milliseconds| (0.0..=86_400_000.0).contains(milliseconds))
                .map(|milliseconds| Duration::from_secs_f64(milliseconds / 1000.0)),
            Data::String(text) => humantime::parse_duration(text).ok(),
            _ => None,
        };
        duration.ok_or_else(|| {
            Finding::new(format!(
                "The bound of a wait came to {value}, which is neither milliseconds nor a duration."
            ))
            .unjudged()
        })
    }
}
