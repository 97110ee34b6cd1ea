//! Values to send: literals that can contain variables and expressions.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{
    Scope,
    expression::Expression,
    template_error::{TemplateError, TemplateSyntaxError},
};
use crate::data::Data;

/// A value that can contain variables (`$name`) and expressions (`${ … }`). [`Self::render`] replaces them by their
/// values from a [`Scope`].
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    form: Form,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Array(Vec<Template>),
    /// A text that consists of one expression. The result has the type of the expression's value, such as a number.
    Expression(Expression),
    Literal(Data),
    Object(Vec<(String, Template)>),
    /// A text that contains variables or expressions among other characters. The result is a text.
    Text(Vec<Piece>),
    /// A text that consists of one variable. The result has the type of the variable's value, such as a number.
    Variable(String),
}

/// A piece of a text: literal characters, a variable or an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Expression(Expression),
    Text(String),
    Variable(String),
}

impl Template {
    /// Returns a template for a fixed value, without variables and expressions.
    pub fn literal(value: Data) -> Self {
        Self {
            form: Form::Literal(value),
        }
    }

    /// Parses a text that can contain `$name` and `${ expression }`.
    ///
    /// # Errors
    ///
    /// Returns the first mistake in the text.
    pub fn text(text: &str) -> Result<Self, TemplateSyntaxError> {
        let mut pieces = pieces(text)?;
        let form = match pieces.as_slice() {
            [] => Form::Literal(Data::from("")),
            [_] => match pieces.swap_remove(0) {
                Piece::Expression(expression) => Form::Expression(expression),
                Piece::Text(text) => Form::Literal(Data::String(text)),
                Piece::Variable(name) => Form::Variable(name),
            },
            _ => Form::Text(pieces),
        };
        Ok(Self { form })
    }

    /// Returns a template that consists of one compiled expression.
    pub(super) fn expression(expression: Expression) -> Self {
        Self {
            form: Form::Expression(expression),
        }
    }

    /// Returns a template for a list. The template is a literal if all items are literals.
    pub(super) fn array(items: Vec<Self>) -> Self {
        let literals = items
            .iter()
            .map(|item| item.as_literal().cloned())
            .collect();
        Self {
            form: match literals {
                Some(items) => Form::Literal(Data::Array(items)),
                None => Form::Array(items),
            },
        }
    }

    /// Returns a template for an object. The template is a literal if all fields are literals.
    pub(super) fn object(fields: Vec<(String, Self)>) -> Self {
        let literals = fields
            .iter()
            .map(|(key, field)| Some((key.clone(), field.as_literal()?.clone())))
            .collect();
        Self {
            form: match literals {
                Some(fields) => Form::Literal(Data::Object(fields)),
                None => Form::Object(fields),
            },
        }
    }

    /// Returns the value if the template contains no variables and no expressions.
    pub fn as_literal(&self) -> Option<&Data> {
        match &self.form {
            Form::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the field of an object, or `None` if the template is no object or has no such field.
    pub fn field(&self, name: &str) -> Option<Self> {
        match &self.form {
            Form::Literal(value) => value.get(name).cloned().map(Self::literal),
            Form::Object(fields) => {
                let field = fields.iter().find(|(key, _)| key == name);
                field.map(|(_, value)| value.clone())
            }
            _ => None,
        }
    }

    /// Returns true if the template consists of one variable or one expression, so that its value can have any type.
    pub(super) fn is_one_expression(&self) -> bool {
        matches!(self.form, Form::Expression(_) | Form::Variable(_))
    }

    /// Replaces the variables and expressions by their values, and returns the result.
    ///
    /// # Errors
    ///
    /// Returns an error if a variable is not set or an expression can't be evaluated.
    pub fn render(&self, scope: &Scope) -> Result<Data, TemplateError> {
        match &self.form {
            Form::Array(items) => items
                .iter()
                .map(|item| item.render(scope))
                .collect::<Result<_, _>>()
                .map(Data::Array),
            Form::Expression(expression) => expression.evaluate(scope),
            Form::Literal(value) => Ok(value.clone()),
            Form::Object(fields) => fields
                .iter()
                .map(|(key, field)| Ok((key.clone(), field.render(scope)?)))
                .collect::<Result<_, _>>()
                .map(Data::Object),
            Form::Text(pieces) => pieces
                .iter()
                .map(|piece| piece.render(scope))
                .collect::<Result<String, _>>()
                .map(Data::String),
            Form::Variable(name) => variable(name, scope).cloned(),
        }
    }

    /// Returns the value without the parts that are a variable of which `is_left_out` holds and that has no value: a
    /// field of an object, or the last items of a list. Returns `None` if the whole template is such a variable.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Self::render`]. Such a variable inside a text, or in front of other items of a list, is
    /// one too.
    pub fn render_known(
        &self,
        scope: &Scope,
        is_left_out: &dyn Fn(&str) -> bool,
    ) -> Result<Option<Data>, TemplateError> {
        let known = |part: &Self| part.render_known(scope, is_left_out);
        match &self.form {
            Form::Array(items) => Self::render_known_items(items, scope, is_left_out)
                .map(|items| Some(Data::Array(items))),
            Form::Object(fields) => fields
                .iter()
                .filter_map(|(key, field)| match known(field) {
                    Ok(value) => Some(Ok((key.clone(), value?))),
                    Err(error) => Some(Err(error)),
                })
                .collect::<Result<_, _>>()
                .map(|fields| Some(Data::Object(fields))),
            Form::Variable(name) if scope.get(name).is_none() && is_left_out(name) => Ok(None),
            Form::Expression(_) | Form::Literal(_) | Form::Text(_) | Form::Variable(_) => {
                self.render(scope).map(Some)
            }
        }
    }

    /// Returns the values of the items of a list, without the last ones that [`Self::render_known`] leaves out.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Self::render_known`].
    pub fn render_known_items(
        items: &[Self],
        scope: &Scope,
        is_left_out: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Data>, TemplateError> {
        let known = items
            .iter()
            .map(|item| item.render_known(scope, is_left_out))
            .collect::<Result<Vec<_>, _>>()?;
        let count = known
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |last| last + 1);
        let kept = items.iter().zip(known).take(count);
        // Rendering an item that is left out gives the error that names its variable.
        kept.map(|(item, value)| value.map_or_else(|| item.render(scope), Ok))
            .collect()
    }

    /// Renders the template as text. A value that is not text is written as JSON.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Self::render`], and an error if the value is bytes.
    pub fn render_text(&self, scope: &Scope) -> Result<String, TemplateError> {
        text_of(self.render(scope)?)
    }

    /// Renders the template as bytes. A text becomes its UTF-8 bytes.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Self::render_text`].
    pub fn render_bytes(&self, scope: &Scope) -> Result<Bytes, TemplateError> {
        match self.render(scope)? {
            Data::Bytes(bytes) => Ok(bytes),
            other => text_of(other).map(Bytes::from),
        }
    }

    /// Returns the template as text for reports: rendered if possible, otherwise as the scenario writes it.
    pub fn describe(&self, scope: &Scope) -> String {
        if let Ok(value) = self.render(scope) {
            return value.to_string();
        }
        match &self.form {
            Form::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| item.describe(scope)).collect();
                format!("[{}]", items.join(","))
            }
            Form::Expression(expression) => format!("${{ {} }}", expression.source()),
            Form::Literal(value) => value.to_string(),
            Form::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(key, field)| {
                        format!("{}:{}", Data::from(key.as_str()), field.describe(scope))
                    })
                    .collect();
                format!("{{{}}}", fields.join(","))
            }
            Form::Text(pieces) => {
                let text = pieces.iter().map(Piece::written).collect::<String>();
                Data::String(text).to_string()
            }
            Form::Variable(name) => format!("${name}"),
        }
    }

    /// Returns true if the value differs each time that it is computed, as that of `unique()` does.
    pub fn is_varied(&self) -> bool {
        let scope = Scope::default();
        self.describe(&scope) != self.describe(&scope)
    }

    /// Returns the names of the variables in the template, at any depth, with the fields that they lead into.
    pub fn variables(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.visit(&mut |used| match used {
            Used::Expression(expression) => names.extend(expression.variables().iter().cloned()),
            Used::Variable(name) => {
                names.insert(name.to_owned());
            }
        });
        names
    }

    /// Calls `see` for each variable and each expression in the template, at any depth.
    pub(super) fn visit(&self, see: &mut dyn FnMut(Used<'_>)) {
        match &self.form {
            Form::Array(items) => items.iter().for_each(|item| item.visit(see)),
            Form::Expression(expression) => see(Used::Expression(expression)),
            Form::Literal(_) => {}
            Form::Object(fields) => fields.iter().for_each(|(_, field)| field.visit(see)),
            Form::Text(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Expression(expression) => see(Used::Expression(expression)),
                        Piece::Text(_) => {}
                        Piece::Variable(name) => see(Used::Variable(name)),
                    }
                }
            }
            Form::Variable(name) => see(Used::Variable(name)),
        }
    }
}

/// A variable or expression that occurs in a template.
#[derive(Clone, Copy)]
pub(super) enum Used<'t> {
    Expression(&'t Expression),
    Variable(&'t str),
}

impl Piece {
    fn render(&self, scope: &Scope) -> Result<String, TemplateError> {
        match self {
            Self::Expression(expression) => text_of(expression.evaluate(scope)?),
            Self::Text(text) => Ok(text.clone()),
            Self::Variable(name) => text_of(variable(name, scope)?.clone()),
        }
    }

    fn written(&self) -> String {
        match self {
            Self::Expression(expression) => format!("${{ {} }}", expression.source()),
            Self::Text(text) => text.clone(),
            Self::Variable(name) => format!("${name}"),
        }
    }
}

fn variable<'s>(name: &str, scope: &'s Scope) -> Result<&'s Data, TemplateError> {
    scope.get(name).ok_or_else(|| TemplateError::Unset {
        name: name.to_owned(),
    })
}

fn text_of(value: Data) -> Result<String, TemplateError> {
    match value {
        Data::String(text) => Ok(text),
        Data::Bytes(_) => Err(TemplateError::NotText { found: "bytes" }),
        other => Ok(other.to_string()),
    }
}

/// Splits a text into literals, variables and expressions.
fn pieces(text: &str) -> Result<Vec<Piece>, TemplateSyntaxError> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        literal.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            literal.push('$');
            rest = after;
            continue;
        }
        let (piece, after) = match after.strip_prefix('{') {
            Some(inside) => expression(inside)?,
            None => name(after)?,
        };
        if !literal.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut literal)));
        }
        pieces.push(piece);
        rest = after;
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    Ok(pieces)
}

/// Parses an expression up to its closing brace. Returns the expression and the text after it.
fn expression(inside: &str) -> Result<(Piece, &str), TemplateSyntaxError> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (offset, character) in inside.char_indices() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') => {
                let source = &inside[..offset];
                let expression = Expression::compile(source).map_err(|detail| {
                    TemplateSyntaxError::Expression {
                        expression: source.trim().to_owned(),
                        detail,
                    }
                })?;
                return Ok((Piece::Expression(expression), &inside[offset + 1..]));
            }
            (None, _) => {}
        }
    }
    Err(TemplateSyntaxError::Unclosed)
}

/// Parses the name of a variable with its fields and indexes (`sender.sid`, `watchers[1].sid`, `reply.rooms[0]`).
/// Returns the name and the text after it.
fn name(text: &str) -> Result<(Piece, &str), TemplateSyntaxError> {
    let mut end = part(text).ok_or(TemplateSyntaxError::LoneDollar)?;
    while let Some(length) = text[end..].strip_prefix('.').and_then(part) {
        end += 1 + length;
    }
    Ok((Piece::Variable(text[..end].to_owned()), &text[end..]))
}

/// Returns the length in bytes of the first part of a name, with its index: 11 for `watchers[1].sid`.
fn part(text: &str) -> Option<usize> {
    let name = text
        .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .unwrap_or(text.len());
    if name == 0 || text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let index = text[name..].strip_prefix('[').and_then(|index| {
        let digits = index.find(|digit: char| !digit.is_ascii_digit())?;
        (digits > 0 && index[digits..].starts_with(']')).then_some(digits + 2)
    });
    Some(name + index.unwrap_or(0))
}

/// Returns true if a text can be the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    !text.contains('[') && part(text) == Some(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope() -> Scope {
        let mut scope = Scope::default();
        scope.set("room", Data::from("r1"));
        scope.set("count", Data::from(3_u64));
        scope.set("sender", Data::object([("sid", Data::from("s"))]));
        scope.set("data", Data::Bytes(Bytes::from_static(&[1])));
        scope
    }

    fn render(text: &str) -> Data {
        Template::text(text).unwrap().render(&scope()).unwrap()
    }

    #[test]
    fn a_variable_keeps_its_type_alone_and_becomes_text_in_a_text() {
        assert_eq!(render("$count"), Data::from(3_u64));
        assert_eq!(render("${ count + 1 }"), Data::from(4_u64));
        assert_eq!(render("$count "), Data::from("3 "));
        assert_eq!(render("room ${room}.txt"), Data::from("room r1.txt"));
        assert_eq!(render("<$sender.sid>."), Data::from("<s>."));
        assert_eq!(render("a${ '}' ~ room }b"), Data::from("a}r1b"));
        assert_eq!(render("5 $$ and $$room"), Data::from("5 $ and $room"));
    }

    #[test]
    fn mistakes_in_templates_are_reported() {
        for (text, expected) in [
            ("costs 5$", TemplateSyntaxError::LoneDollar),
            ("$5", TemplateSyntaxError::LoneDollar),
            ("${ room", TemplateSyntaxError::Unclosed),
            ("${ '}", TemplateSyntaxError::Unclosed),
        ] {
            assert_eq!(Template::text(text), Err(expected), "{text}");
        }
        assert!(matches!(
            Template::text("${ 1 + }"),
            Err(TemplateSyntaxError::Expression { .. })
        ));
    }

    #[test]
    fn bytes_can_only_be_a_whole_value() {
        assert_eq!(render("$data"), Data::Bytes(Bytes::from_static(&[1])));
        let inside = Template::text("a$data").unwrap().render(&scope());
        assert_eq!(inside, Err(TemplateError::NotText { found: "bytes" }));
    }

    proptest! {
        #[test]
        fn any_text_is_a_template_or_an_error(text in ".{0,60}") {
            if let Ok(template) = Template::text(&text) {
                let _ = template.render(&scope());
                let _ = template.describe(&scope());
            }
        }

        #[test]
        fn text_with_doubled_dollars_is_itself(text in ".{0,60}") {
            let escaped = text.replace('$', "$$");
            prop_assert_eq!(
                Template::text(&escaped).unwrap().render(&scope()),
                Ok(Data::String(text))
            );
        }
    }
}
