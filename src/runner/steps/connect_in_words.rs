//! Describes a client's CONNECT in the sentences of findings.

use crate::{
    runner::{clients::Client, play::attempt::Attempt},
    scenario::{ConnectOptions, Template},
};

/// Returns a client's CONNECT in words: "visitor's CONNECT to /chat with the token `expired`".
pub(super) fn connect_in_words(
    attempt: &Attempt<'_>,
    client: &Client,
    step: &ConnectOptions,
    namespace: &str,
) -> String {
    let options = [&*client.spec.options, step];
    let templates = options.into_iter().flat_map(|options| {
        let pairs = options.query.iter().chain(&options.headers);
        let pairs = pairs.map(|(_, value)| value);
        options.auth.iter().chain(pairs)
    });
    let mut tokens: Vec<String> = Vec::new();
    for template in templates {
        for name in credentials(attempt, template) {
            if !tokens.contains(&name) {
                tokens.push(name);
            }
        }
    }
    let with = match tokens.as_slice() {
        [] => String::new(),
        [token] => format!(" with the token `{token}`"),
        tokens => format!(" with the tokens `{}`", tokens.join("`, `")),
    };
    format!("{}'s CONNECT to {namespace}{with}", client.spec.name)
}

/// Returns the names of the target's credentials that a value contains, also those in the scenario's own variables.
fn credentials(attempt: &Attempt<'_>, template: &Template) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![template];
    let mut seen = Vec::new();
    while let Some(template) = open.pop() {
        for name in template.variables() {
            if let Some(credential) = name.strip_prefix("credentials.") {
                found.push(credential.to_owned());
            } else if !seen.contains(&name) {
                let own = attempt.scenario.variables.iter();
                open.extend(own.filter(|(own, _)| *own == name).map(|(_, value)| value));
                seen.push(name);
            }
        }
    }
    found
}
