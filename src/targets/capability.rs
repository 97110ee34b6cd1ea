//! The type of a capability.

/// A capability: scenarios need it, targets provide it.
#[derive(Clone, Copy, Debug)]
pub struct Capability {
    /// The name in `needs:` and `provides:`.
    pub name: &'static str,
    /// What is true of a target that provides the capability, as docs/capabilities.md says it.
    pub meaning: &'static str,
    /// How sockspec learns that a target provides the capability.
    pub source: Source,
    /// The capabilities that no target has together with this one. Only one capability of a pair lists the other.
    pub excludes: &'static [&'static str],
}

/// How sockspec learns that a target provides a capability.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// The manifest declares it: the application has this part of the contract.
    Application,
    /// The manifest declares it: the application has these events of the contract. A scenario that needs the
    /// capability may write the events by hand.
    Events,
    /// A probe finds it. The text says what the probe observes.
    Probe(&'static str),
    /// A profile of the manifest declares it: the server runs with other settings.
    Setting,
}
