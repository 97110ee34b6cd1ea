//! The kinds of things that names refer to, and the messages about unknown names.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    scenario::{Diagnostic, Mention, Severity, SourceFile},
    text::{closest, nearest},
};

/// The kind of thing that a name in a file refers to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Capability,
    Credential,
    Event,
    Namespace,
    Operation,
    /// A part of the target's application: an operation, a namespace or a credential.
    Part,
    /// An operation or event in a step of a scenario.
    Step,
}

impl Kind {
    /// Returns a function that checks a name. It returns a mistake if the name is unknown but similar to a known name.
    pub(super) fn near<'k>(
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
    pub(super) fn unknown<'k>(
        self,
        source: &'k Arc<SourceFile>,
        known: &'k BTreeSet<&'k str>,
    ) -> impl Fn(&Mention) -> Option<Diagnostic> + 'k {
        move |mention| {
            (!known.contains(mention.name.as_str()))
                .then(|| self.diagnostic(source, mention, known))
        }
    }

    /// Returns the mistake that a name is unknown, with the known name that its author probably meant.
    pub(super) fn diagnostic(
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
            Self::Namespace => (
                "unknown-namespace",
                format!("the contract has no namespace `{name}`"),
                "docs/contract.md lists all namespaces",
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
        mistake(
            source,
            mention,
            code,
            message,
            near.unwrap_or_else(|| help.to_owned()),
        )
    }
}

/// Returns a mistake at the place of a name.
pub(super) fn mistake(
    source: &Arc<SourceFile>,
    mention: &Mention,
    code: &'static str,
    message: String,
    help: String,
) -> Diagnostic {
    Diagnostic {
        code,
        severity: Severity::Error,
        message,
        source: Arc::clone(source),
        span: Some(mention.span),
        related: None,
        help: Some(help),
    }
}

/// Turns a mistake into a warning.
pub(super) fn warning(mistake: Diagnostic) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        ..mistake
    }
}
