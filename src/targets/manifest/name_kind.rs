//! The kinds of names in manifests.

/// The kind of thing that a name in a manifest refers to. The schema of manifests says for each key whether it holds
/// names, and of which kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NameKind {
    /// A capability.
    Capability,
    /// An operation or event of the contract to which the manifest gives another name.
    Bound,
    /// A namespace of the contract to which the manifest gives another name.
    Namespace,
    /// An event of the contract.
    Event,
    /// A credential that the manifest defines.
    Credential,
    /// An operation of the contract, or one that the manifest defines.
    Operation,
    /// A part of the application: an operation, a namespace or a credential.
    Part,
    /// A name that only the target itself uses, for an operation, event or namespace.
    Own,
}

impl NameKind {
    /// All kinds, in the order in which `check` reports mistakes.
    pub const ALL: [Self; 8] = [
        Self::Capability,
        Self::Bound,
        Self::Namespace,
        Self::Event,
        Self::Credential,
        Self::Operation,
        Self::Part,
        Self::Own,
    ];

    /// Returns the name of the kind in the schema.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Capability => "capability",
            Self::Bound => "bound",
            Self::Namespace => "namespace",
            Self::Event => "event",
            Self::Credential => "credential",
            Self::Operation => "operation",
            Self::Part => "part",
            Self::Own => "own",
        }
    }
}
