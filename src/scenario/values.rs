//! Reads values to send (templates) and expectations from YAML.

use bytes::Bytes;

use super::{
    Matcher, Scope, Span, Template,
    diagnostic::Problems,
    expression::Expression,
    fields::Substitutes,
    file_reader::read_bounded,
    filters,
    matcher::{Form, OPERATORS},
    node::{Entry, Node, NodeKind},
    placeholder::{PLACEHOLDERS, Placeholder, Written, known_elsewhere},
    reference::Reference,
    source::SourceFile,
    template::{Used, is_name},
    template_error::TemplateSyntaxError,
};
use crate::{
    data::{Data, unhex},
    text::{did_you_mean, excerpt, hint, one_of},
};

/// The limit on replacements of `$name` in one value. A file that exceeds it is treated as an expansion bomb.
const MAX_REPLACED: usize = 1000;

/// Reads values from YAML, and collects the variables that they use and capture.
pub(crate) struct ValueReader<'p> {
    pub(crate) problems: &'p mut Problems,
    /// The variables that the values use.
    pub(crate) references: Vec<Reference>,
    /// The variables that the values capture with `<type as name>`.
    pub(crate) captures: Vec<Reference>,
    /// The values of `vars:` or of a row of `each:` that can't be computed before the first step: expectations such as
    /// `<string>`, and values that use a client's fields or a variable that a step sets. Such a value can replace
    /// `$name` only where `$name` is the whole value, not a part of a text.
    pub(crate) inlined: Option<&'p Substitutes<'p>>,
    /// The names of the variables that are being replaced by their values now. A name that occurs in its own value is
    /// in this list.
    active: Vec<&'p str>,
    /// The number of replacements of `$name` in the current value so far.
    replaced: usize,
    /// True inside `$eq`, where `<string>` is literal text and not a placeholder.
    verbatim: bool,
}

impl<'p> ValueReader<'p> {
    pub(crate) fn new(problems: &'p mut Problems) -> Self {
        Self {
            problems,
            references: Vec::new(),
            captures: Vec::new(),
            inlined: None,
            active: Vec::new(),
            replaced: 0,
            verbatim: false,
        }
    }

    /// Reads a value to send, such as the payload of an event.
    pub(crate) fn template(&mut self, node: &Node) -> Template {
        if let Some((name, value)) = self.inlined(node) {
            if is_expectation(value) {
                self.expectation_as_value(node);
                return Template::literal(Data::Null);
            }
            return self.in_place_of(name, |this| this.template(value));
        }
        match &node.kind {
            NodeKind::Scalar(scalar) => match scalar.value() {
                Data::String(text) => {
                    self.refuse_placeholder(&text, node.span);
                    self.text(&text, node.span)
                }
                value => Template::literal(value),
            },
            NodeKind::Sequence(items) => {
                Template::array(items.iter().map(|item| self.template(item)).collect())
            }
            NodeKind::Mapping(entries) => {
                if let Some(content) = self.content(entries) {
                    return Template::literal(content);
                }
                let fields = entries
                    .iter()
                    .map(|entry| (self.field_name(entry), self.template(&entry.value)))
                    .collect();
                Template::object(fields)
            }
        }
    }

    /// Reads a value in which `<string>` is literal text and not a placeholder.
    pub(super) fn verbatim(&mut self, node: &Node) -> Template {
        let outer = std::mem::replace(&mut self.verbatim, true);
        let template = self.template(node);
        self.verbatim = outer;
        template
    }

    /// Reads a text to send. A YAML number becomes a text: `5` is the text "5".
    pub(crate) fn text_template(&mut self, node: &Node) -> Template {
        match node.text() {
            Some(text) if self.inlined(node).is_none() => self.text(text, node.span),
            _ => self.template(node),
        }
    }

    /// Parses a text that can contain variables and expressions.
    pub(crate) fn text(&mut self, text: &str, span: Span) -> Template {
        match Template::text(text) {
            Ok(template) => {
                self.note_references(&template, span);
                self.try_out(&template, span);
                template
            }
            Err(error) => {
                self.syntax_error(&error, span);
                Template::literal(Data::Null)
            }
        }
    }

    /// Reads an expression that is written with or without `${ }` around it.
    pub(crate) fn expression(&mut self, node: &Node) -> Option<Template> {
        let text = node.text()?.trim();
        let source = text
            .strip_prefix("${")
            .and_then(|inside| inside.strip_suffix('}'))
            .unwrap_or(text);
        match Expression::compile(source) {
            Ok(expression) => {
                let template = Template::expression(expression);
                self.note_references(&template, node.span);
                self.try_out(&template, node.span);
                Some(template)
            }
            Err(detail) => {
                let error = TemplateSyntaxError::Expression {
                    expression: source.to_owned(),
                    detail,
                };
                self.syntax_error(&error, node.span);
                None
            }
        }
    }

    /// Reads an expectation, with which a received value is compared.
    pub(crate) fn matcher(&mut self, node: &Node) -> Matcher {
        if let Some((name, value)) = self.inlined(node) {
            return self.in_place_of(name, |this| this.matcher(value));
        }
        let form = match &node.kind {
            NodeKind::Scalar(scalar) => match scalar.value() {
                Data::String(text) => match Written::parse(&text) {
                    Some(written) => self.placeholder(&written, node.span),
                    None => {
                        self.refuse_misspelt(&text, node.span);
                        Form::Value(self.text(&text, node.span))
                    }
                },
                value => Form::Value(Template::literal(value)),
            },
            NodeKind::Sequence(items) => {
                Form::Array(items.iter().map(|item| self.matcher(item)).collect())
            }
            NodeKind::Mapping(entries) => {
                if let Some(content) = self.content(entries) {
                    Form::Value(Template::literal(content))
                } else if entries.iter().any(is_operator) {
                    self.operators(entries)
                } else {
                    Form::Object(
                        entries
                            .iter()
                            .map(|entry| (self.field_name(entry), self.matcher(&entry.value)))
                            .collect(),
                    )
                }
            }
        };
        Matcher { form }
    }

    /// Returns the name and the value of `vars:` or `each:` that replaces `node`, if `node` is exactly `$name`. Returns
    /// `None` if `node` is anything else, if it is inside the value of the same name, or after too many replacements.
    /// The caller then reports the name as a variable that is not set.
    fn inlined(&self, node: &Node) -> Option<(&'p str, &'p Node)> {
        let name = node.text()?.strip_prefix('$')?;
        let (name, value) = self.inlined?.get_key_value(name)?;
        let allowed = self.replaced < MAX_REPLACED && !self.active.contains(name);
        allowed.then_some((*name, *value))
    }

    fn in_place_of<T>(&mut self, name: &'p str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.replaced += 1;
        self.active.push(name);
        let value = read(self);
        self.active.pop();
        value
    }

    fn expectation_as_value(&mut self, node: &Node) {
        let name = node.text().unwrap_or_default();
        self.problems
            .error(
                "expectation-as-value",
                node.span,
                format!("`{name}` holds an expectation, not a value"),
            )
            .help = Some(
            "use this variable where the scenario expects a value, not where it sends one"
                .to_owned(),
        );
    }

    fn note_references(&mut self, template: &Template, span: Span) {
        let text = &self.problems.source().text;
        let references = &mut self.references;
        let mut unknown = Vec::new();
        template.visit(&mut |used| match used {
            Used::Variable(name) => {
                let written = format!("${name}");
                references.push(Reference {
                    name: name.to_owned(),
                    span: span.find(text, &written),
                    written,
                });
            }
            Used::Expression(expression) => {
                let source = expression.source();
                unknown.extend(filters::unknown(source).into_iter().map(|applied| {
                    let place = span.find_in(text, source, applied.offset, applied.name.len());
                    (applied, place)
                }));
                references.extend(Reference::in_expression(expression, span, text));
            }
        });
        for (applied, place) in unknown {
            self.unknown_filter(&applied, place);
        }
    }

    /// Evaluates the expressions that use no variables, so that their errors are reported when the file is loaded and
    /// not only in a run.
    fn try_out(&mut self, template: &Template, span: Span) {
        let mut constant = Vec::new();
        template.visit(&mut |used| {
            if let Used::Expression(expression) = used
                && expression.is_constant()
                && filters::unknown(expression.source()).is_empty()
            {
                constant.push(expression.clone());
            }
        });
        for expression in constant {
            if let Err(error) = expression.evaluate(&Scope::of_any_run()) {
                let place = span.find(&self.problems.source().text, expression.source());
                self.problems
                    .error("bad-expression", place, error.to_string());
            }
        }
    }

    fn unknown_filter(&mut self, applied: &filters::Applied, place: Span) {
        let (code, what) = match applied.kind {
            filters::Kind::Filter => ("unknown-filter", "filter"),
            filters::Kind::Test => ("unknown-test", "test"),
        };
        let name = &applied.name;
        let names = || applied.kind.names().iter().copied();
        self.problems
            .error(code, place, format!("there is no {what} `{name}`"))
            .help = Some(hint(name, &format!("the {what}s are"), names()));
    }

    fn syntax_error(&mut self, error: &TemplateSyntaxError, span: Span) {
        let text = &self.problems.source().text;
        let (code, span, help) = match error {
            TemplateSyntaxError::Expression { expression, .. } => (
                "bad-expression",
                span.find(text, expression),
                expression
                    .contains('$')
                    .then(|| "inside an expression a variable has no `$`".to_owned()),
            ),
            TemplateSyntaxError::LoneDollar => (
                "bad-template",
                span.find(text, "$"),
                Some("`$name` is a variable; write `$$` for a dollar sign".to_owned()),
            ),
            TemplateSyntaxError::Unclosed => (
                "bad-template",
                span.find(text, "${"),
                Some("write `${ expression }`; inside flow braces put it in quotes".to_owned()),
            ),
        };
        self.problems.error(code, span, error.to_string()).help = help;
    }

    /// Reports a placeholder in a value to send.
    fn refuse_placeholder(&mut self, text: &str, span: Span) {
        let known = Written::parse(text).and_then(|written| Placeholder::from_name(written.name));
        if known.is_some() && !self.verbatim {
            self.problems
                .error(
                    "misplaced-placeholder",
                    span,
                    format!("the placeholder `{}` has no meaning here", excerpt(text)),
                )
                .help = Some(format!(
                "placeholders belong in expectations; for the text itself write `${{ '{text}' }}`"
            ));
        }
    }

    /// Reports a text that is probably a misspelled placeholder.
    fn refuse_misspelt(&mut self, text: &str, span: Span) {
        if let Some(meant) = Written::meant(text) {
            let name = meant.name();
            self.problems
                .error(
                    "bad-placeholder",
                    span,
                    format!("`{}` is not a valid placeholder", excerpt(text)),
                )
                .help = Some(format!(
                "write `<{name}>` or `<{name} as variable>`; for the text itself write `{{ $eq: \"{text}\" }}`"
            ));
        }
    }

    fn placeholder(&mut self, written: &Written<'_>, span: Span) -> Form {
        let Some(kind) = Placeholder::from_name(written.name) else {
            let names = || PLACEHOLDERS.iter().map(|(name, _)| *name);
            let literal = format!(
                "for the text itself write `{{ $eq: \"<{}>\" }}`",
                written.name
            );
            let near = known_elsewhere(written.name).map(|name| format!("did you mean `{name}`?"));
            let help = match near.or_else(|| did_you_mean(written.name, names())) {
                Some(near) => format!("{near} {literal}"),
                None => format!("the placeholders are {}; {literal}", one_of(names())),
            };
            self.problems
                .error(
                    "unknown-placeholder",
                    span,
                    format!("there is no placeholder `<{}>`", written.name),
                )
                .help = Some(help);
            return Form::Placeholder(Placeholder::Any, None);
        };
        let capture = written.capture.map(|name| {
            let place = span.find(&self.problems.source().text, name);
            if is_name(name) {
                self.captures.push(Reference {
                    name: name.to_owned(),
                    span: place,
                    written: name.to_owned(),
                });
            } else {
                self.problems
                    .error(
                        "bad-name",
                        place,
                        format!("`{}` can't be the name of a variable", excerpt(name)),
                    )
                    .help = Some(
                    "a name consists of letters, digits and `_`, and does not start with a digit"
                        .to_owned(),
                );
            }
            name.to_owned()
        });
        Form::Placeholder(kind, capture)
    }

    /// Returns the name of the field that a key of an object to send stands for. A key that starts with `$$` stands for
    /// a field that starts with one `$`.
    fn field_name(&mut self, entry: &Entry) -> String {
        match entry.key.strip_prefix('$') {
            None => entry.key.clone(),
            Some(rest) if rest.starts_with('$') => rest.to_owned(),
            Some(_) => {
                let help = if OPERATORS.iter().any(|(name, _)| *name == entry.key) {
                    "operators belong in expectations; a value to send can only use `$bytes` or `$file`, each as the only key"
                        .to_owned()
                } else {
                    format!("for a field of that name write `${}`", entry.key)
                };
                self.problems
                    .error(
                        "misplaced-operator",
                        entry.key_span,
                        format!("the operator `{}` has no meaning here", entry.key),
                    )
                    .help = Some(help);
                entry.key.clone()
            }
        }
    }

    /// Reads `{$bytes: hex}` or `{$file: path}`. Returns `None` if the mapping is neither of them.
    pub(super) fn content(&mut self, entries: &[Entry]) -> Option<Data> {
        let [entry] = entries else { return None };
        match entry.key.as_str() {
            "$bytes" => {
                let digits = entry.value.text().unwrap_or("-");
                let bytes = unhex(digits).unwrap_or_else(|| {
                    self.problems
                        .error(
                            "bad-hex",
                            entry.value.span,
                            format!(
                                "`$bytes` has to be pairs of hex digits, found {}",
                                entry.value.describe()
                            ),
                        )
                        .help = Some("write `{$bytes: 00ff}`".to_owned());
                    Vec::new()
                });
                Some(Data::Bytes(Bytes::from(bytes)))
            }
            "$file" => Some(self.file(&entry.value)),
            _ => None,
        }
    }

    /// Reads the file that `$file` names, from the folder of the scenario file. Returns a `.json` file as its value, a
    /// `.txt` file as text, and any other file as bytes.
    fn file(&mut self, node: &Node) -> Data {
        let name = node.text().unwrap_or_default();
        let folder = self.problems.source().path.parent();
        let path = folder.unwrap_or_else(|| "".as_ref()).join(name);
        let content = match read_bounded(&path) {
            Ok(content) if content.len() <= SourceFile::MAX_BYTES => Ok(content),
            Ok(_) => Err("the file is larger than 4 MiB".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let value = content.and_then(|content| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            match extension {
                Some("json") => serde_json::from_slice::<serde_json::Value>(&content)
                    .map(Data::from)
                    .map_err(|error| error.to_string()),
                Some("txt") => String::from_utf8(content)
                    .map(Data::String)
                    .map_err(|error| error.to_string()),
                _ => Ok(Data::Bytes(content.into())),
            }
        });
        value.unwrap_or_else(|reason| {
            self.problems
                .error(
                    "bad-file",
                    node.span,
                    format!("`{}` can't be used: {reason}", excerpt(name)),
                )
                .help = Some("the path starts at the folder of this file".to_owned());
            Data::Null
        })
    }
}

/// Returns true if a key starts with one `$`, as operators do.
pub(super) fn is_operator(entry: &Entry) -> bool {
    entry.key.starts_with('$') && !entry.key.starts_with("$$")
}

/// Returns true if a value contains a placeholder or an operator.
pub(crate) fn is_expectation(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Scalar(scalar) => Written::parse(&scalar.text)
            .is_some_and(|written| Placeholder::from_name(written.name).is_some()),
        NodeKind::Sequence(items) => items.iter().any(is_expectation),
        NodeKind::Mapping(entries) => entries.iter().any(|entry| {
            let content = matches!(entry.key.as_str(), "$bytes" | "$file");
            (is_operator(entry) && !content) || is_expectation(&entry.value)
        }),
    }
}
