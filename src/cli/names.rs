//! Checks names that can be checked only when all files of a run are loaded: capabilities, operations, events and
//! credentials.
//!
//! Users can define their own capabilities and operations, so a name that another file of the run uses counts as known.
//! An unknown name that is similar to a known one is a mistake.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    scenario::{Diagnostic, Mention, Mentions, Severity, SourceFile},
    targets::{
        CREDENTIALS, Capability, EVENTS, IMPLIED, ManifestMentions, NAMESPACES, NameKind,
        OPERATIONS,
    },
    text::{closest, mistyped, nearest},
};

/// The number of letters from which the name of an operation or event in a scenario can be taken for a mistyped one.
const SHORTEST_MISTYPED: usize = 6;

/// Returns true if a name is a field of a known operation or event, such as `whoami.rooms`. The target's application can
/// have any field.
fn is_field(name: &str, known: &BTreeSet<&str>) -> bool {
    let event = name.split_once('.').map(|(event, _)| event);
    event.is_some_and(|event| known.contains(event) || EVENTS.contains(&event))
}

/// The names that the scenario files and manifests of one run use.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    scenarios: Vec<Mentions>,
    manifests: Vec<ManifestMentions>,
}

impl Names {
    /// Adds the names in a scenario file. Adds nothing if the file is not YAML.
    pub(super) fn add_scenarios(&mut self, source: &Arc<SourceFile>) {
        self.scenarios.extend(Mentions::of(source));
    }

    /// Adds the names in a target's manifest. Adds nothing if the file is not YAML.
    pub(super) fn add_manifest(&mut self, source: &Arc<SourceFile>) {
        self.manifests.extend(ManifestMentions::of(source));
    }

    /// Returns the mistakes in the names of all files.
    pub(super) fn mistakes(&self) -> Vec<Diagnostic> {
        let mut found = self.scenario_mistakes();
        found.extend(self.manifest_mistakes());
        found
    }

    fn scenario_mistakes(&self) -> Vec<Diagnostic> {
        let capabilities = capabilities().chain(self.provided()).collect();
        let declared = self.in_manifests(NameKind::Credential);
        let credentials = credentials().chain(declared).collect();
        let mut found = Vec::new();
        for file in &self.scenarios {
            let check = Kind::Capability.near(&file.source, &capabilities);
            found.extend(file.needs.iter().filter_map(check));
            let check = Kind::Credential.near(&file.source, &credentials);
            found.extend(file.credentials.iter().filter_map(check));
        }
        found
    }

    fn manifest_mistakes(&self) -> Vec<Diagnostic> {
        let known = NameKind::ALL.map(|kind| self.known(kind));
        let mut found = Vec::new();
        for file in &self.manifests {
            for (kind, known) in NameKind::ALL.into_iter().zip(&known) {
                let mentions = file
                    .of_kind(kind)
                    .filter(|mention| !self.is_used(kind, mention));
                let source = &file.source;
                match kind {
                    NameKind::Capability => {
                        found.extend(mentions.filter_map(Kind::Capability.near(source, known)));
                    }
                    NameKind::Bound => {
                        found.extend(mentions.filter_map(Kind::Operation.near(source, known)));
                    }
                    NameKind::Event => {
                        found.extend(mentions.filter_map(Kind::Event.near(source, known)));
                    }
                    NameKind::Credential => {
                        let mentions = mentions.filter(|mention| !is_variant(&mention.name, known));
                        found.extend(mentions.filter_map(Kind::Credential.near(source, known)));
                    }
                    NameKind::Operation => {
                        found.extend(mentions.filter_map(Kind::Operation.unknown(source, known)));
                    }
                    NameKind::Part => {
                        let mentions = mentions.filter(|mention| !is_field(&mention.name, known));
                        found.extend(mentions.filter_map(Kind::Part.unknown(source, known)));
                    }
                    // Only the target knows which names of its own are right.
                    NameKind::Own => {}
                }
            }
        }
        found
    }

    /// Returns the names that a name of this kind in a manifest can be.
    fn known(&self, kind: NameKind) -> BTreeSet<&str> {
        let namespaces = NAMESPACES.iter().copied();
        let called = operations().chain(self.in_manifests(NameKind::Bound));
        match kind {
            NameKind::Capability => capabilities().chain(self.needed()).collect(),
            NameKind::Bound => operations_and_events().chain(namespaces).collect(),
            NameKind::Event => EVENTS.iter().copied().collect(),
            NameKind::Credential => credentials().collect(),
            NameKind::Operation => called.collect(),
            NameKind::Part => called
                .chain(namespaces)
                .chain(CREDENTIALS.iter().copied())
                .chain(IMPLIED)
                .collect(),
            NameKind::Own => BTreeSet::new(),
        }
    }

    /// Returns true if a scenario of the run uses a name of a manifest. Users can define operations and credentials of
    /// their own, so such a name is no mistake.
    fn is_used(&self, kind: NameKind, mention: &Mention) -> bool {
        let mut files = self.scenarios.iter();
        match kind {
            NameKind::Bound | NameKind::Event | NameKind::Operation | NameKind::Part => {
                files.any(|file| file.words.contains(&mention.name))
            }
            NameKind::Credential => {
                let mut presented = files.flat_map(|file| &file.credentials);
                presented.any(|credential| credential.name == mention.name)
            }
            NameKind::Capability | NameKind::Own => false,
        }
    }

    /// Returns a warning for each operation or event in a scenario file whose name differs from a known name by one or
    /// two letters. It is no mistake, because the target's application may have this name.
    ///
    /// A short name gives no warning, because it resembles other words by chance. Nor does a name that a manifest of
    /// the run mentions.
    pub(super) fn warnings(&self) -> Vec<Diagnostic> {
        let known: BTreeSet<&str> = operations_and_events().collect();
        let kinds = NameKind::ALL
            .into_iter()
            .filter(|kind| can_name_event(*kind));
        let mentioned: BTreeSet<&str> = kinds.flat_map(|kind| self.in_manifests(kind)).collect();
        let mut found = Vec::new();
        for file in &self.scenarios {
            let mut seen = mentioned.clone();
            for mention in &file.events {
                let name = mention.name.as_str();
                let is_long = name.chars().count() >= SHORTEST_MISTYPED;
                if is_long && seen.insert(name) && mistyped(name, known.iter().copied()).is_some() {
                    let severity = Severity::Warning;
                    let warning = Kind::Step.diagnostic(&file.source, mention, &known);
                    found.push(Diagnostic {
                        severity,
                        ..warning
                    });
                }
            }
        }
        found
    }

    /// Returns the capabilities that scenarios need and that neither sockspec nor a manifest of the run declares.
    pub(super) fn undeclared(&self) -> BTreeSet<&str> {
        let known: BTreeSet<&str> = capabilities().chain(self.provided()).collect();
        self.needed().filter(|need| !known.contains(need)).collect()
    }

    fn needed(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().flat_map(|file| &file.needs).map(name)
    }

    fn provided(&self) -> impl Iterator<Item = &str> {
        self.in_manifests(NameKind::Capability)
    }

    /// Returns the names of one kind in all manifests.
    fn in_manifests(&self, kind: NameKind) -> impl Iterator<Item = &str> {
        let files = self.manifests.iter();
        files.flat_map(move |file| file.of_kind(kind)).map(name)
    }
}

/// Returns true if a name of this kind in a manifest can be the name of an operation or event.
fn can_name_event(kind: NameKind) -> bool {
    match kind {
        NameKind::Bound | NameKind::Event | NameKind::Operation | NameKind::Own => true,
        NameKind::Capability | NameKind::Credential | NameKind::Part => false,
    }
}

/// The kind of thing that a name in a file refers to.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Capability,
    Credential,
    Event,
    Operation,
    /// A part of the target's application: an operation, a namespace or a credential.
    Part,
    /// An operation or event in a step of a scenario.
    Step,
}

impl Kind {
    /// Returns a function that checks a name. It returns a mistake if the name is unknown but similar to a known name.
    fn near<'k>(
        self,
        source: &'k Arc<SourceFile>,
        known: &'k BTreeSet<&'k str>,
    ) -> impl Fn(&Mention) -> Option<Diagnostic> + 'k {
        move |mention| {
            let name = mention.name.as_str();
            let near = nearest(name, known.iter().copied());
            (!known.contains(name) && near.is_some())
                .then(|| self.diagnostic(source, mention, known))
        }
    }

    /// Returns a function that checks a name. It returns a mistake if the name is unknown.
    fn unknown<'k>(
        self,
        source: &'k Arc<SourceFile>,
        known: &'k BTreeSet<&'k str>,
    ) -> impl Fn(&Mention) -> Option<Diagnostic> + 'k {
        move |mention| {
            (!known.contains(mention.name.as_str()))
                .then(|| self.diagnostic(source, mention, known))
        }
    }

    fn diagnostic(
        self,
        source: &Arc<SourceFile>,
        mention: &Mention,
        known: &BTreeSet<&str>,
    ) -> Diagnostic {
        let name = &mention.name;
        let (code, message, help) = match self {
            Self::Capability => (
                "unknown-capability",
                format!("there is no capability `{name}`"),
                "docs/capabilities.md lists all capabilities",
            ),
            Self::Credential => (
                "unknown-credential",
                format!("there is no credential `{name}`"),
                "docs/targets.md lists the credentials of the shipped scenarios",
            ),
            Self::Event => (
                "unknown-event",
                format!("there is no event `{name}`"),
                "docs/contract.md lists all events",
            ),
            Self::Operation => (
                "unknown-operation",
                format!("there is no operation `{name}`"),
                "write an operation of the contract, such as `echo`, or a key of `bindings`",
            ),
            Self::Part => (
                "unknown-name",
                format!("there is no operation, namespace or credential `{name}`"),
                "write one of the contract, such as `whoami`, `/admin` or `banned`",
            ),
            Self::Step => (
                "unknown-event",
                format!("the contract has no operation or event `{name}`"),
                "docs/contract.md lists all operations and events",
            ),
        };
        let near = closest(name, known.iter().copied());
        let near = near.map(|near| format!("did you mean `{near}`?"));
        Diagnostic {
            code,
            severity: Severity::Error,
            message,
            source: Arc::clone(source),
            span: Some(mention.span),
            related: None,
            help: Some(near.unwrap_or_else(|| help.to_owned())),
        }
    }
}

fn name(mention: &Mention) -> &str {
    &mention.name
}

fn capabilities<'n>() -> impl Iterator<Item = &'n str> {
    Capability::all().map(|capability| capability.name)
}

fn credentials<'n>() -> impl Iterator<Item = &'n str> {
    CREDENTIALS.iter().copied().chain(["secret"])
}

/// Returns true if a name is a known name with a number after it: `valid2`. Such a name is no typing mistake.
fn is_variant(name: &str, known: &BTreeSet<&str>) -> bool {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
    stem != name && known.contains(stem)
}

fn operations<'n>() -> impl Iterator<Item = &'n str> {
    OPERATIONS.iter().map(|operation| operation.name)
}

fn operations_and_events<'n>() -> impl Iterator<Item = &'n str> {
    operations().chain(EVENTS.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(scenarios: &[&str], manifests: &[&str]) -> String {
        lines(&names(scenarios, manifests).mistakes())
    }

    fn warnings(scenarios: &[&str], manifests: &[&str]) -> String {
        lines(&names(scenarios, manifests).warnings())
    }

    fn names(scenarios: &[&str], manifests: &[&str]) -> Names {
        let source = |text: &&str| {
            let bytes = text.as_bytes().to_vec();
            SourceFile::from_bytes("a.yaml".as_ref(), bytes).unwrap()
        };
        let mut names = Names::default();
        scenarios
            .iter()
            .map(source)
            .for_each(|file| names.add_scenarios(&file));
        manifests
            .iter()
            .map(source)
            .for_each(|file| names.add_manifest(&file));
        names
    }

    fn lines(found: &[Diagnostic]) -> String {
        let lines = found.iter().map(|mistake| {
            let help = mistake.help.as_deref().unwrap_or("-");
            format!("{}\n    {help}", mistake.render_short())
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn names_that_are_nearly_known_are_mistakes() {
        insta::assert_snapshot!(mistakes(
            &["needs: [romms]\nscenarios:\n- id: a/b\n  needs: [payments]\n  vars: { token: $credentials.vald }\n  each:\n  - { case: c, needs: [presense] }\n"],
            &["provides: [room]\nbindings: { join-rom: a, payy: b }\nfence: { call: ekko }\nabsent: [/admn, /chat, bannd, whoami]\n\
               profiles: { p: { lacks: [ack] } }\ngreetings: [welcome, room-mesage]\n\
               credentials: { expird: x, valid2: y, expired: z }\n"],
        ), @r"
        a.yaml:1:9: error[unknown-capability]: there is no capability `romms`
            did you mean `rooms`?
        a.yaml:7:24: error[unknown-capability]: there is no capability `presense`
            did you mean `presence`?
        a.yaml:5:19: error[unknown-credential]: there is no credential `vald`
            did you mean `valid`?
        a.yaml:1:12: error[unknown-capability]: there is no capability `room`
            did you mean `rooms`?
        a.yaml:5:26: error[unknown-capability]: there is no capability `ack`
            did you mean `acks`?
        a.yaml:2:13: error[unknown-operation]: there is no operation `join-rom`
            did you mean `join-room`?
        a.yaml:6:22: error[unknown-event]: there is no event `room-mesage`
            did you mean `room-message`?
        a.yaml:7:16: error[unknown-credential]: there is no credential `expird`
            did you mean `expired`?
        a.yaml:3:16: error[unknown-operation]: there is no operation `ekko`
            did you mean `echo`?
        a.yaml:4:10: error[unknown-name]: there is no operation, namespace or credential `/admn`
            did you mean `/admin`?
        a.yaml:4:24: error[unknown-name]: there is no operation, namespace or credential `bannd`
            did you mean `banned`?
        ");
    }

    #[test]
    fn steps_with_nearly_known_names_give_warnings() {
        let steps = |name: &str| {
            format!(
                "scenarios:\n- id: a/b\n  steps:\n  - call: {name}\n    with: {{ call: join-roon }}\n  - parallel:\n    \
                 - never: room-mesage\n    - emit: echos\n    - never: {{ frame: {{}} }}\n    - expect: join-room\n    \
                 - expect: {name}\n    - expect: $join-rom\n"
            )
        };
        let (near, own) = (steps("join-rom"), steps("join-lobby"));
        insta::assert_snapshot!(warnings(&[&near], &[]), @r"
        a.yaml:4:11: warning[unknown-event]: the contract has no operation or event `join-rom`
            did you mean `join-room`?
        a.yaml:7:14: warning[unknown-event]: the contract has no operation or event `room-mesage`
            did you mean `room-message`?
        ");
        let manifest = "bindings: { join-rom: a, room-message: { event: room-mesage } }\n";
        assert_eq!(warnings(&[&near], &[manifest]), "");
        assert_eq!(mistakes(&[&near], &[manifest]), "");
        assert!(!warnings(&[&own], &[]).contains("join-lobby"));
    }

    #[test]
    fn shipped_scenarios_give_no_warnings() {
        let mut names = Names::default();
        let shipped = crate::cli::shipped::Shipped::load().unwrap();
        let mut files = BTreeSet::new();
        for scenario in &shipped.scenarios {
            if files.insert(&scenario.source.path) {
                names.add_scenarios(&scenario.source);
            }
        }
        assert_eq!(names.warnings(), []);
    }

    #[test]
    fn names_that_another_file_of_the_run_uses_are_known() {
        let scenario = "needs: [acks2]\nscenarios:\n- id: a/b\n  steps:\n  - call: ekho\n    with: $credentials.vali\n";
        let manifest = "provides: [acks2]\nbindings: { ekho: a }\nfence: { call: ekho }\ncredentials: { vali: x }\n";
        assert_eq!(mistakes(&[scenario], &[manifest]), "");
        assert_ne!(mistakes(&[scenario], &[]), "");
        assert_ne!(mistakes(&[], &[manifest]), "");
    }
}
