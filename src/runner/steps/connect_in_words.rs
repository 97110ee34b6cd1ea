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
    let values = |pairs: fn(&ConnectOptions) -> &Vec<(String, Template)>| {
        let pairs = options.into_iter().flat_map(pairs);
        pairs.map(|(_, value)| value).collect::<Vec<_>>()
    };
    let auth = options
        .into_iter()
        .filter_map(|options| options.auth.as_ref());
    let places = [
        (auth.collect(), ""),
        (values(|options| &options.query), " in the query"),
        (values(|options| &options.headers), " in a header"),
    ];
    let with = places.into_iter().filter_map(|(templates, place)| {
        tokens(attempt, &templates).map(|tokens| format!("{tokens}{place}"))
    });
    let with: Vec<String> = with.collect();
    let with = match with.as_slice() {
        [] => String::new(),
        parts => format!(" with {}", parts.join(" and ")),
    };
    format!("{}'s CONNECT to {namespace}{with}", client.spec.name)
}

/// Returns the tokens in these values in words: "the token `expired`".
fn tokens(attempt: &Attempt<'_>, templates: &[&Template]) -> Option<String> {
    let mut tokens: Vec<String> = Vec::new();
    for template in templates {
        for name in credentials(attempt, template) {
            if !tokens.contains(&name) {
                tokens.push(name);
            }
        }
    }
    match tokens.as_slice() {
        [] => None,
        [token] => Some(format!("the token `{token}`")),
        tokens => Some(format!("the tokens `{}`", tokens.join("`, `"))),
    }
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
