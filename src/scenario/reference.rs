//! The uses of variables in a file.

use super::{Span, expression::Expression, expression_paths::bracketed, scope::SECRET};

/// A place in a file where a value uses a variable (`$name`) or captures one (`<string as name>`).
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) name: String,
    pub(crate) span: Span,
    /// The variable as the file writes it, for messages: `$room`, or `room` in an expression.
    pub(crate) written: String,
}

impl Reference {
    /// Returns the variables that an expression uses. `span` is the place of the value with the expression in `text`.
    pub(super) fn in_expression(expression: &Expression, span: Span, text: &str) -> Vec<Self> {
        let source = expression.source();
        let secret = expression.signs_with_secret().then(|| SECRET.to_owned());
        let paths = bracketed(source);
        let is_in_path = |name: &String| paths.iter().any(|path| path.head() == name);
        let names = expression.variables().iter().cloned().chain(secret);
        let names = names.filter(|name| !is_in_path(name)).map(|name| Self {
            span: span.find(text, &name),
            written: name.clone(),
            name,
        });
        let paths = paths.iter().map(|path| Self {
            name: path.name.clone(),
            span: span.find_in(text, source, path.offset, path.length),
            written: source
                .get(path.offset..path.offset + path.length)
                .unwrap_or_default()
                .to_owned(),
        });
        names.chain(paths).collect()
    }
}
