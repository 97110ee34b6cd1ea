//! One secret, and the forms in which a text can hold it.

use std::{collections::BTreeSet, ops::Range, sync::OnceLock};

use memchr::memmem::Finder;

use super::forms::forms_of;

/// The length of the shortest value that is masked. Shorter values occur in ordinary text by chance.
pub(super) const SHORTEST: usize = 6;

/// The length of the shortest line of a secret with several lines that is masked. Lines shorter than [`SHORTEST`] are
/// masked only where they are a whole line of the text.
pub(super) const SHORTEST_LINE: usize = 3;

/// The length of the shortest piece of a secret that is masked where it is a whole line of the text. Tools such as
/// `base64` break a secret into lines.
const SHORTEST_PIECE: usize = 8;

/// A secret, with the forms in which a text can hold it.
///
/// The forms are computed at the first search and then kept. A run signs tokens for each second in which scenarios
/// start, and most of these tokens are never searched for.
#[derive(Debug)]
pub(super) struct Secret {
    value: String,
    forms: OnceLock<Forms>,
}

/// The forms of a secret and of its lines, in lower case.
#[derive(Debug)]
struct Forms {
    /// The forms that are masked anywhere in a text, the shortest first.
    anywhere: Vec<Form>,
    /// The lines of the secret that are too short to be masked inside other text. They are masked where they are a
    /// whole line.
    short_lines: BTreeSet<String>,
    /// For each byte, whether one of the forms holds it. Most lines of a text hold another byte, such as a blank, so
    /// they are no piece of a form.
    bytes: [bool; 256],
}

/// One form of a secret, and the search for it.
#[derive(Debug)]
struct Form {
    text: Box<str>,
    /// The finder is built at the first search and then kept, because one form is searched in many texts.
    finder: OnceLock<Finder<'static>>,
}

impl Secret {
    /// Returns the secret `value`.
    pub(super) fn new(value: &str) -> Self {
        Self {
            value: value.to_owned(),
            forms: OnceLock::new(),
        }
    }

    /// Finds the secret in a text in lower case.
    pub(super) fn find_in<'a>(&'a self, lower: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        // A text that is shorter than a form can't contain it. Most texts are shorter than a token.
        let forms = self.anywhere().iter();
        let short = forms.take_while(|form| form.text.len() <= lower.len());
        short.flat_map(|form| {
            let finder = form.finder();
            let starts = finder.find_iter(lower.as_bytes());
            starts.map(|start| start..start + form.text.len())
        })
    }

    /// Returns the forms that are masked anywhere in a text.
    pub(super) fn forms(&self) -> impl Iterator<Item = &str> {
        self.anywhere().iter().map(|form| &*form.text)
    }

    /// Returns true if a line of a text, in lower case, is a line of the secret or a piece of one of its forms.
    pub(super) fn has_line(&self, line: &str) -> bool {
        let forms = self.all_forms();
        match line.len() {
            ..SHORTEST_LINE => false,
            SHORTEST_LINE..SHORTEST_PIECE => forms.short_lines.contains(line),
            length => {
                let is_known = |byte: u8| forms.bytes.get(usize::from(byte)) == Some(&true);
                if !line.bytes().all(is_known) {
                    return false;
                }
                let finder = Finder::new(line);
                let longer = forms.anywhere.iter().rev();
                longer
                    .take_while(|form| form.text.len() >= length)
                    .any(|form| finder.find(form.text.as_bytes()).is_some())
            }
        }
    }

    fn anywhere(&self) -> &[Form] {
        &self.all_forms().anywhere
    }

    fn all_forms(&self) -> &Forms {
        self.forms.get_or_init(|| Forms::of(&self.value))
    }
}

impl Forms {
    fn of(value: &str) -> Self {
        let mut texts = BTreeSet::new();
        let mut short_lines = BTreeSet::new();
        add_forms(value, &mut texts);
        if value.contains(['\n', '\r']) {
            for line in value.split(['\n', '\r']).map(str::trim) {
                if line.len() >= SHORTEST {
                    add_forms(line, &mut texts);
                } else if line.len() >= SHORTEST_LINE && has_letters(line) {
                    short_lines.insert(line.to_ascii_lowercase());
                }
            }
        }
        let mut bytes = [false; 256];
        for byte in texts.iter().flat_map(|text| text.bytes()) {
            if let Some(known) = bytes.get_mut(usize::from(byte)) {
                *known = true;
            }
        }
        let mut anywhere: Vec<_> = texts.into_iter().map(Form::new).collect();
        anywhere.sort_by_key(|form| form.text.len());
        Self {
            anywhere,
            short_lines,
            bytes,
        }
    }
}

impl Form {
    fn new(text: String) -> Self {
        Self {
            text: text.into(),
            finder: OnceLock::new(),
        }
    }

    fn finder(&self) -> &Finder<'static> {
        self.finder
            .get_or_init(|| Finder::new(&*self.text).into_owned())
    }
}

/// Adds the forms of a text, in lower case, that are long enough to be masked.
fn add_forms(text: &str, forms: &mut BTreeSet<String>) {
    #[cfg(test)]
    crate::work::count("forms of secrets", 1);
    let found = forms_of(text).into_iter();
    let lower = found.map(|mut form| {
        form.make_ascii_lowercase();
        form
    });
    forms.extend(lower.filter(|form| form.len() >= SHORTEST));
}

/// Returns true if the text has a letter or a digit. Punctuation is no secret: the full stop at the end of an unsigned
/// token, or a bracket alone on a line.
pub(super) fn has_letters(text: &str) -> bool {
    text.contains(|one: char| one.is_alphanumeric())
}
