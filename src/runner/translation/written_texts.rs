//! The packets, frames and bodies that a scenario writes or expects as text.

use crate::{
    data::Data,
    scenario::{Scenario, Scope, Step, Template, Written, visit_steps},
};

/// The field of the open packet with the largest size of a message. A text that is computed from the limit has exactly
/// that size, which other names would change.
const LIMIT: &str = "maxPayload";

/// Returns the packets, frames and bodies that a scenario writes or expects as text, and the values of its variables,
/// which can be parts of them.
pub(in crate::runner) fn written_texts(scenario: &Scenario) -> Vec<String> {
    let texts = texts_of(scenario);
    texts.all().cloned().collect()
}

/// Returns the texts of packets, frames and bodies in a scenario, and the values of its variables.
pub(in crate::runner) fn texts_of(scenario: &Scenario) -> Texts {
    let mut texts = Texts::default();
    collect(&scenario.steps, &mut texts);
    let variables = scenario.variables.iter();
    texts.variables = variables.map(|(_, value)| described(value)).collect();
    texts
}

/// The texts of packets, frames and bodies in a scenario; event names can occur in them.
#[derive(Default)]
pub(in crate::runner) struct Texts {
    /// Packets and frame payloads that clients send. The runner can replace names in them.
    pub(in crate::runner) sent: Vec<String>,
    /// Raw bytes, HTTP bodies, and packets whose length is computed. The runner can't replace names in them.
    pub(in crate::runner) fixed: Vec<String>,
    /// Expected packets. The runner can't replace an event name in them, but the namespace of the packet that arrives.
    pub(in crate::runner) expected: Vec<String>,
    /// Expected packets that the scenario describes as objects, not as text.
    parts: Vec<String>,
    /// The values of the scenario's variables, which can be parts of the other texts.
    pub(in crate::runner) variables: Vec<String>,
}

impl Texts {
    /// Returns all texts.
    pub(in crate::runner) fn all(&self) -> impl Iterator<Item = &String> {
        let sent = self.sent.iter().chain(&self.variables);
        sent.chain(&self.fixed)
            .chain(&self.expected)
            .chain(&self.parts)
    }
}

/// Returns true if the function `echo` makes a text: the text then has the names of the target already. A variable of
/// the scenario can hold such a text.
pub(in crate::runner) fn is_in_words_of_target(scenario: &Scenario, template: &Template) -> bool {
    let makes_echo = |text: &str| text.contains("echo(");
    let text = described(template);
    let mut variables = scenario.variables.iter();
    makes_echo(&text)
        || variables
            .any(|(name, value)| text.contains(name.as_str()) && makes_echo(&described(value)))
}

fn collect(steps: &[Step], texts: &mut Texts) {
    visit_steps(steps, &mut |step| {
        for written in step.action.facts().written {
            match written {
                Written::Expected(matcher) => {
                    texts.expected.push(matcher.describe(&Scope::default()));
                }
                Written::Parts(matcher) => {
                    texts.parts.push(matcher.describe(&Scope::default()));
                }
                Written::Fixed(template) => texts.fixed.push(fixed(template)),
                Written::Sent(template) => {
                    let text = described(template);
                    let has_fixed_length = text.contains(LIMIT);
                    match has_fixed_length {
                        true => texts.fixed.push(text),
                        false => texts.sent.push(text),
                    }
                }
            }
        }
    });
}

/// Returns bytes or a body as text, as far as they are known before the run.
fn fixed(template: &Template) -> String {
    match template.render(&Scope::default()) {
        Ok(Data::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        Ok(_) | Err(_) => described(template),
    }
}

/// Returns a template as it stands in the scenario, with the names of variables and not their values.
pub(in crate::runner) fn described(template: &Template) -> String {
    match template.as_literal().and_then(|literal| literal.as_str()) {
        Some(text) => text.to_owned(),
        None => template.describe(&Scope::default()),
    }
}
