//! The places that may read the machine's clocks, wait with a deadline and open sockets.

use proc_macro2::{TokenStream, TokenTree};
use syn::{ImplItemFn, Item, ItemUse, Macro, spanned::Spanned, visit::Visit};

use crate::{
    names::imports_of,
    source::{SourceFile, attributes_of, is_for_tests},
};

/// The functions that read a clock: type and function.
const CLOCKS: [(&str, &str); 4] = [
    ("Instant", "now"),
    ("SystemTime", "now"),
    ("Timestamp", "now"),
    ("Zoned", "now"),
];

/// The functions of tokio that wait with a deadline: module and function. They look at the data before the clock, so a
/// loop around them never ends while data keeps arriving.
const DEADLINES: [(&str, &str); 2] = [("time", "timeout"), ("time", "timeout_at")];

/// The functions that open a socket: type and function.
const SOCKETS: [(&str, &str); 9] = [
    ("TcpListener", "bind"),
    ("TcpSocket", "new_v4"),
    ("TcpSocket", "new_v6"),
    ("TcpStream", "connect"),
    ("TcpStream", "connect_timeout"),
    ("UdpSocket", "bind"),
    ("UnixDatagram", "bind"),
    ("UnixListener", "bind"),
    ("UnixStream", "connect"),
];

/// Lists each use of a clock or a deadline outside `src/clock.rs` and of a socket outside `src/net/`, tests left out.
pub(crate) fn uses_elsewhere(files: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !file.is_test) {
        let mut calls = CallsOfFile::default();
        calls.visit_file(&file.syntax);
        for Call { line, of, name } in calls.found {
            let call = (of.as_str(), name.as_str());
            let is_clock = (CLOCKS.contains(&call) || DEADLINES.contains(&call))
                && file.path != "src/clock.rs";
            let is_socket = SOCKETS.contains(&call) && !file.path.starts_with("src/net/");
            if is_clock || is_socket {
                found.push(format!("{}:{line}: `{of}::{name}`", file.path));
            }
        }
    }
    found
}

/// A path of two or more names, such as `a::b`, in the code: its last two names, and its line.
struct Call {
    line: usize,
    of: String,
    name: String,
}

#[derive(Default)]
struct CallsOfFile {
    found: Vec<Call>,
}

impl CallsOfFile {
    /// Finds `a::b` in the tokens of a macro.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut of: Option<String> = None;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    if let (Some(of), 2) = (of, colons) {
                        let line = ident.span().start().line;
                        let name = name.clone();
                        self.found.push(Call { line, of, name });
                    }
                    (of, colons) = (Some(name), 0);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.add_tokens(group.stream());
                    of = None;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => of = None,
            }
        }
    }
}

impl<'ast> Visit<'ast> for CallsOfFile {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes_of(item)) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for import in imports_of(item) {
            if let [.., of, name] = import.path.as_slice() {
                self.found.push(Call {
                    line: item.span().start().line,
                    of: of.clone(),
                    name: name.clone(),
                });
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut names = path.segments.iter().rev();
        if let (Some(name), Some(of)) = (names.next(), names.next()) {
            self.found.push(Call {
                line: path.span().start().line,
                of: of.ident.to_string(),
                name: name.ident.to_string(),
            });
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.add_tokens(called.tokens.clone());
    }
}
