//! The type of a capability.

/// A capability: a feature that scenarios need and targets provide.
#[derive(Clone, Copy, Debug)]
pub struct Capability {
    /// The name of the capability in `needs:` and `provides:`.
    pub name: &'static str,
    /// What is true of a target with the capability. docs/capabilities.md has the same words.
    pub meaning: &'static str,
    /// How sockspec learns that a target provides the capability.
    pub source: Source,
    /// The capabilities that contradict this one: no target has both. Only one capability of such a pair lists the
    /// other.
    pub excludes: &'static [&'static str],
}

/// How sockspec learns that a target provides a capability.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// The manifest declares the capability, because the application has this part of the contract
    /// (docs/contract.md).
    Application,
    /// The manifest declares the capability, because the application has these events of the contract
    /// (docs/contract.md). Scenarios that need the capability may write the packets of the events themselves, without
    /// bindings.
    Events,
    /// A probe finds the capability on the running server. The text says what the probe observes.
    Probe(&'static str),
    /// A profile of the manifest declares the capability, because the server needs other settings for it.
    Setting,
}
