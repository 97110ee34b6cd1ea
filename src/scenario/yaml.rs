//! Parses YAML text into a tree of nodes. No other file uses the YAML crate.

use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, StructureStyle};

use super::{
    Diagnostic, SourceFile, Span,
    diagnostic::Problems,
    node::{Entry, Node, NodeKind, Quoting, Scalar},
};
use crate::text::excerpt;

/// The limit on the nesting of lists and mappings in a file. Without it, recursive code that walks the tree could
/// overflow the stack.
const MAX_DEPTH: usize = 64;

impl Node {
    /// Parses the text of a file.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not YAML, or uses a YAML feature that scenario files exclude, such as anchors.
    pub(crate) fn parse(source: &Arc<SourceFile>) -> Result<Self, Vec<Diagnostic>> {
        let mut reader = Reader::new(source);
        let root = reader.document();
        match root {
            Ok(root) => reader.problems.finish(root),
            Err(Stopped) => Err(reader.problems.into_sorted()),
        }
    }
}

/// The error of the parser's functions. The mistake itself is already in the list of problems.
struct Stopped;

struct Reader<'s> {
    parser: Parser<'s, granit_parser::StrInput<'s>>,
    text: &'s str,
    problems: Problems,
}

impl<'s> Reader<'s> {
    fn new(source: &'s Arc<SourceFile>) -> Self {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        options.disallow_directives = true;
        Self {
            parser: Parser::new_from_str_with_options(&source.text, options),
            text: &source.text,
            problems: Problems::new(Arc::clone(source)),
        }
    }

    fn document(&mut self) -> Result<Node, Stopped> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(..) if root.is_some() => {
                    let span = self.span(span);
                    self.problems
                        .error(
                            "several-documents",
                            span,
                            "a second YAML document starts here",
                        )
                        .help = Some(
                        "a file is one document; put the scenarios under one `scenarios:`"
                            .to_owned(),
                    );
                    return Err(Stopped);
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        root.ok_or_else(|| {
            self.problems.error(
                "empty-file",
                Span::of_character(self.text, 0),
                "the file is empty",
            );
            Stopped
        })
    }

    fn next(&mut self) -> Result<(Event<'s>, granit_parser::Span), Stopped> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                self.syntax_error(&error);
                Err(Stopped)
            }
            None => Ok((Event::StreamEnd, granit_parser::Span::default())),
        }
    }

    fn node(
        &mut self,
        event: Event<'s>,
        place: granit_parser::Span,
        depth: usize,
    ) -> Result<Node, Stopped> {
        let start = self.span(place);
        if event.tag().is_some() {
            let tag = place.tag_span().map_or(start, |tag| self.span(tag));
            self.problems
                .error("tag", tag, "YAML tags are not allowed in files of sockspec")
                .help =
                Some("write bytes as `{$bytes: ff00}`; quotes make any scalar text".to_owned());
        }
        if event.anchor_id().is_some_and(|id| id != 0) {
            self.anchor(start);
            return Err(Stopped);
        }
        if depth > MAX_DEPTH {
            self.problems.error(
                "too-deep",
                start,
                format!("more than {MAX_DEPTH} levels of nesting"),
            );
            return Err(Stopped);
        }
        match event {
            Event::Scalar(text, style, ..) => Ok(Node {
                span: self.trimmed(start),
                kind: NodeKind::Scalar(Scalar {
                    text: text.into_owned(),
                    quoting: match style {
                        ScalarStyle::Plain => Quoting::Plain,
                        _ => Quoting::Quoted,
                    },
                }),
            }),
            Event::SequenceStart(style, ..) => self.sequence(start, style, depth),
            Event::MappingStart(style, ..) => self.mapping(start, style, depth),
            _ => {
                self.anchor(start);
                Err(Stopped)
            }
        }
    }

    fn sequence(
        &mut self,
        start: Span,
        style: StructureStyle,
        depth: usize,
    ) -> Result<Node, Stopped> {
        let mut items = Vec::new();
        let end = loop {
            let (event, span) = self.next()?;
            match event {
                Event::SequenceEnd => break self.span(span),
                event => items.push(self.node(event, span, depth + 1)?),
            }
        };
        let end = match (style, items.last()) {
            (StructureStyle::Block, Some(last)) => last.span,
            _ => end,
        };
        Ok(Node {
            span: start.to(end),
            kind: NodeKind::Sequence(items),
        })
    }

    fn mapping(
        &mut self,
        start: Span,
        style: StructureStyle,
        depth: usize,
    ) -> Result<Node, Stopped> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut first_places = std::collections::HashMap::new();
        let end = loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break self.span(span);
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            let NodeKind::Scalar(scalar) = key.kind else {
                self.problems
                    .error("key-not-text", key.span, "a key has to be text")
                    .help = Some(
                    "a text that starts with `{` or `[` needs quotes, `${ … }` inside flow braces, too".to_owned(),
                );
                continue;
            };
            if let Some(first) = first_places.get(&scalar.text).copied() {
                self.problems
                    .error(
                        "duplicate-key",
                        key.span,
                        format!("`{}` is given twice", excerpt(&scalar.text)),
                    )
                    .related = Some((first, "first given here".to_owned()));
                continue;
            }
            first_places.insert(scalar.text.clone(), key.span);
            entries.push(Entry {
                key: scalar.text,
                key_span: key.span,
                value,
            });
        };
        let end = match (style, entries.last()) {
            (StructureStyle::Block, Some(last)) => last.key_span.to(last.value.span),
            _ => end,
        };
        Ok(Node {
            span: start.to(end),
            kind: NodeKind::Mapping(entries),
        })
    }

    fn anchor(&mut self, span: Span) {
        self.problems
            .error("anchor", span, "YAML anchors and aliases are not allowed in files of sockspec")
            .help = Some(
            "name a value under `vars:` and use it as `$name`; a text that starts with `*` or `&` needs quotes"
                .to_owned(),
        );
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let offset = error.marker().byte_offset().unwrap_or(self.text.len());
        let span = Span::of_character(self.text, offset);
        if matches!(error.kind(), granit_parser::ErrorKind::UnknownAnchor) {
            self.anchor(span);
            return;
        }
        if matches!(
            error.kind(),
            granit_parser::ErrorKind::RecursionLimitExceeded
        ) {
            self.problems.error(
                "too-deep",
                span,
                format!("more than {MAX_DEPTH} levels of nesting"),
            );
            return;
        }
        let line_start = self.text[..span.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let help = if line.contains("${") {
            Some(
                "inside flow braces an expression needs quotes: `{ text: \"${ repeat('a', 3) }\" }`",
            )
        } else if line.contains("$") && line.contains('[') {
            Some("inside flow brackets a text with brackets needs quotes: `['$group[1].sid']`")
        } else if line.contains('\t') {
            Some("indent YAML with spaces, not with tabs")
        } else if error.info().contains("mapping values are not allowed") {
            Some(
                "put quotes around a text that contains `: `, or indent the line as far as the line above it",
            )
        } else {
            None
        };
        self.problems
            .error(
                "syntax",
                span,
                format!("this is not YAML: {}", error.info()),
            )
            .help = help.map(str::to_owned);
    }

    fn span(&self, span: granit_parser::Span) -> Span {
        let clamp = |offset: Option<usize>| {
            self.text
                .floor_char_boundary(offset.unwrap_or(0).min(self.text.len()))
        };
        let start = clamp(span.start.byte_offset());
        Span {
            start,
            end: clamp(span.end.byte_offset()).max(start),
            line: span.start.line().max(1),
            column: span.start.col() + 1,
        }
    }

    /// Returns the span without the white space at its end, so that messages do not underline the white space.
    fn trimmed(&self, span: Span) -> Span {
        let piece = self.text.get(span.start..span.end).unwrap_or_default();
        Span {
            end: span.start + piece.trim_end().len(),
            ..span
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;

    fn parse(text: &str) -> Node {
        let source = SourceFile::from_bytes("n.yaml".as_ref(), text.into()).unwrap();
        Node::parse(&source).unwrap()
    }

    #[test]
    fn scalars_are_text_unless_json_says_otherwise() {
        for text in [
            "on",
            "off",
            "yes",
            "no",
            "y",
            "1e3",
            "0x10",
            "0o7",
            "007",
            "+1",
            "1_000",
            "1:30",
            ".5",
            ".inf",
            ".nan",
            "2026-01-02",
            "nan",
            "tRue",
            "1.",
            "12abc",
        ] {
            let node = parse(&format!("[{text}]"));
            assert_eq!(
                node.to_data(),
                Data::Array(vec![Data::from(text)]),
                "{text}"
            );
        }
        for (text, expected) in [
            ("5", serde_json::json!(5)),
            ("-5", serde_json::json!(-5)),
            ("1.0e3", serde_json::json!(1000.0)),
            ("18446744073709551615", serde_json::json!(u64::MAX)),
            ("null", serde_json::Value::Null),
            ("~", serde_json::Value::Null),
            ("", serde_json::Value::Null),
            ("true", serde_json::json!(true)),
            ("False", serde_json::json!(false)),
            ("'5'", serde_json::json!("5")),
            ("\"\\u00e4\\0\"", serde_json::json!("ä\0")),
            ("|\n  a\n  b", serde_json::json!("a\nb\n")),
        ] {
            let node = parse(&format!("a: {text}\n"));
            assert_eq!(
                node.get("a").unwrap().to_data().to_json(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn keys_and_values_know_their_places() {
        let text = "ä: 1\nb:\n  - x y  # note\n  - { k: 'v' }\n";
        let node = parse(text);
        let slice = |span: Span| &text[span.start..span.end];
        let entries = node.entries().unwrap();
        assert_eq!(slice(entries[0].key_span), "ä");
        let NodeKind::Sequence(items) = &entries[1].value.kind else {
            panic!()
        };
        assert_eq!(slice(items[0].span), "x y");
        assert_eq!((items[0].span.line, items[0].span.column), (3, 5));
        assert_eq!(slice(items[1].span), "{ k: 'v' }");
        assert_eq!(
            slice(entries[1].value.span),
            "- x y  # note\n  - { k: 'v' }"
        );
        assert_eq!(slice(node.span), text.trim_end());
    }
}
