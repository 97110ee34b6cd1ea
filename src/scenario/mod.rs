//! The scenario language: loads files, reports mistakes, and compares values. It opens no sockets.
//!
//! [`load()`] turns the text of a file into [`Scenario`]s that can run, or into [`Diagnostic`]s that name all
//! mistakes of the file.

mod checking;
mod client_field;
mod compare;
mod diagnostic;
mod expression;
mod expression_paths;
mod expression_value;
mod fields;
mod file_reader;
mod filters;
mod functions;
mod group;
mod invariant;
mod jwt;
mod keys;
mod load;
mod matcher;
mod mentions;
mod model;
mod names;
mod node;
mod operators;
mod operators_in_words;
mod placeholder;
mod private_key;
mod question;
mod reading;
mod reference;
mod render;
mod requirement;
#[cfg(test)]
mod schema;
mod scope;
mod shared_events;
mod snapshot;
mod source;
mod target_field;
mod template;
mod template_error;
mod values;
mod verbs;
mod word;
mod yaml;

// The module `targets` uses these types too, to read target manifests.
pub(crate) use diagnostic::Problems;
pub(crate) use fields::{Field, Fields};
pub(crate) use mentions::{items, mention, names_in_steps};
pub(crate) use node::{Entry, Node, NodeKind, Quoting};
pub(crate) use values::ValueReader;

pub use client_field::{ClientField, HANDSHAKE_FIELDS};
pub use diagnostic::{Diagnostic, Severity, Span};
pub use filters::{FILTERS, TESTS};
pub(crate) use functions::ECHO_FORM;
pub use functions::{FUNCTIONS, Function};
pub use invariant::Invariant;
pub use jwt::{JwtAlgorithm, jwt_subject, mint_jwt};
pub use keys::Key;
pub use load::{Known, Others, duplicate_ids, load};
pub(crate) use load::{ReadWayIn, read_way_in};
pub use matcher::{Matcher, Mismatch, OPERATORS};
pub use mentions::{EventMention, EventRole, FieldMention, FieldUse, Mention, Mentions, Origin};
pub(crate) use model::REPORT_FIELDS;
pub use model::{
    Accepted, Arguments, ClientDefaults, ClientName, ClientSpec, ConnectOptions, Entrance,
    EventPattern, ExpectedArguments, FramePattern, HttpPattern, Incoming, Level, Mentioned,
    Operation, Order, Parallel, Refusal, RefusalReason, Repeat, Scenario, Sequence, Step, Tier,
    Transport, WaitBound, WayIn, visit_steps,
};
pub use placeholder::PLACEHOLDERS;
pub use private_key::PrivateKey;
#[cfg(test)]
pub(crate) use private_key::tests as private_key_tests;
pub use question::question_subject;
pub use render::Colours;
pub use requirement::{Requirement, Requirements, Untested};
pub use scope::{BUILT_IN, Scope};
pub(crate) use scope::{CLAIMS, SECRET};
pub use shared_events::shared_events;
pub(crate) use snapshot::read_snapshot_rules;
pub use snapshot::{ArgPath, BadArgPath, SnapshotRules};
pub use source::SourceFile;
pub use target_field::TargetField;
pub use template::Template;
pub use template_error::{TemplateError, TemplateSyntaxError};
pub use verbs::*;
