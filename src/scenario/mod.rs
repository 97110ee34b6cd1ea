//! The scenario language: files, diagnostics, values and matchers. No sockets here.
//!
//! [`load()`] turns text into [`Scenario`]s that are runnable as they stand, or into [`Diagnostic`]s
//! that name every mistake of the file at once.

mod diagnostic;
mod jwt;
mod load;
mod matcher;
mod model;
mod node;
mod requirement;
mod scope;
mod template;

pub use diagnostic::{Diagnostic, Severity, SourceFile, Span};
pub use jwt::{JwtAlgorithm, mint_jwt};
pub use load::{Known, load};
pub use matcher::{Matcher, Mismatch};
pub use model::*;
pub use requirement::{Requirement, Requirements};
pub use scope::Scope;
pub use template::{Template, TemplateError};
