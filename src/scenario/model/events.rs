//! Events that steps send or expect.

use crate::{
    data::Data,
    scenario::{Matcher, Scope, Template, TemplateError, word::words},
    text::excerpt,
};

/// An event to send. A binding in the target's manifest, which translates an event of the scenarios into one of the
/// server, can replace it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The name of the event in the scenario, before a binding replaces it.
    pub name: Template,
    /// The only argument of the event (`with:`). A binding can rename its fields.
    pub with: Option<Template>,
    /// All arguments (`args:`). A step has `with:` or `args:`, but not both.
    pub args: Option<Arguments>,
    /// The namespace in which the client sends the event (`namespace:`). A step names it if the client has joined
    /// several.
    pub namespace: Option<Template>,
}

/// The event that a step expects or forbids.
#[derive(Clone, Debug)]
pub struct EventPattern {
    /// The name of the event. A binding in the target's manifest can replace it. `*` stands for any event.
    pub name: Template,
    /// The expected first argument (`with:`).
    pub with: Option<Matcher>,
    /// The expected arguments, all of them (`args:`).
    pub args: Option<ExpectedArguments>,
    /// The namespace in which the event has to arrive (`namespace:`).
    pub namespace: Option<Template>,
}

impl EventPattern {
    /// Returns the name of the event with the expectation of its first argument, if there is one.
    pub fn demand(&self) -> Option<(&Template, &Matcher)> {
        let first = match &self.args {
            Some(ExpectedArguments::Each(args)) => args.first(),
            Some(_) | None => self.with.as_ref(),
        };
        first.map(|first| (&self.name, first))
    }
}

/// All arguments of an event or of an ack to send: a list, or an expression that gives a list.
#[derive(Clone, Debug)]
pub struct Arguments(Template);

impl Arguments {
    /// Creates the arguments from a template whose value is a list.
    pub(in crate::scenario) fn of_list(list: Template) -> Self {
        Self(list)
    }

    /// Returns the arguments.
    ///
    /// # Errors
    ///
    /// Returns an error if a value can't be computed, or if the expression gives no list.
    pub fn render(&self, scope: &Scope) -> Result<Vec<Data>, TemplateError> {
        match self.0.render(scope)? {
            Data::Array(items) => Ok(items),
            other => Err(TemplateError::NotAList {
                found: excerpt(&other.to_string()),
            }),
        }
    }
}

/// All expected arguments of an event.
#[derive(Clone, Debug)]
pub enum ExpectedArguments {
    /// An expectation for each argument.
    Each(Vec<Matcher>),
    /// An expression that gives the list of the arguments.
    List(Arguments),
}

impl ExpectedArguments {
    /// Returns an expectation for each argument.
    ///
    /// # Errors
    ///
    /// Returns an error if the expression can't be evaluated or gives no list.
    pub fn matchers(&self, scope: &Scope) -> Result<Vec<Matcher>, TemplateError> {
        match self {
            Self::Each(matchers) => Ok(matchers.clone()),
            Self::List(list) => {
                let items = list.render(scope)?;
                Ok(items
                    .into_iter()
                    .map(|item| Matcher::value(Template::literal(item)))
                    .collect())
            }
        }
    }
}

/// Whether other packets or events can arrive before the expected one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// `any`: other packets or events can arrive before the expected one.
    Any,
    /// `strict`: the next packet or event has to be the expected one.
    Strict,
}

words! { Order: "any" = Any, "strict" = Strict }
