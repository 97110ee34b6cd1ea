//! Finds which file uses names of which other file, and the circles of such uses.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Item, ItemUse, Macro, visit::Visit};

use crate::{
    names::{Meaning, Names, imports_of},
    source::{ModulePath, SourceFile, attributes_of, is_for_tests},
};

/// For each file, the files that it uses, each with the names of the items.
pub(crate) type Graph = Vec<BTreeMap<usize, BTreeSet<String>>>;

/// Builds the graph of uses between files, without tests.
///
/// A use of a name leads to the file that defines the item, through all re-exports. A re-export alone is not a use.
/// The import of a module is not a use either; only the items that code names through it are.
pub(crate) fn graph_of(files: &[SourceFile]) -> Graph {
    let names = Names::collect(files);
    files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            let mut uses = UsesOfFile {
                names: &names,
                file: index,
                module: file.module.clone(),
                found: BTreeMap::new(),
            };
            if !file.is_test {
                uses.visit_file(&file.syntax);
            }
            uses.found
        })
        .collect()
}

/// Returns the circles of a graph, the largest first. A circle is a set of files in which every file uses every
/// other, directly or through others.
pub(crate) fn circles_of(graph: &Graph) -> Vec<Vec<usize>> {
    let reached: Vec<BTreeSet<usize>> = (0..graph.len()).map(|from| reach(graph, from)).collect();
    let mut circles: Vec<Vec<usize>> = Vec::new();
    for from in 0..graph.len() {
        if circles.iter().any(|circle| circle.contains(&from)) {
            continue;
        }
        let circle: Vec<usize> = reached[from]
            .iter()
            .copied()
            .filter(|to| reached[*to].contains(&from))
            .collect();
        if circle.len() > 1 {
            circles.push(circle);
        }
    }
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}

/// Describes a circle: its files, and the uses between them.
pub(crate) fn describe(circle: &[usize], graph: &Graph, files: &[SourceFile]) -> String {
    let mut lines = vec![format!("a circle of {} files:", circle.len())];
    for from in circle {
        for (to, names) in &graph[*from] {
            if circle.contains(to) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let (from, to) = (&files[*from].path, &files[*to].path);
                lines.push(format!("  {from} uses {to}: {}", names.join(", ")));
            }
        }
    }
    lines.join("\n")
}

/// Returns the files that `from` uses, directly or through other files.
fn reach(graph: &Graph, from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut left = vec![from];
    while let Some(at) = left.pop() {
        for to in graph[at].keys() {
            if reached.insert(*to) {
                left.push(*to);
            }
        }
    }
    reached
}

struct UsesOfFile<'a> {
    names: &'a Names,
    file: usize,
    module: ModulePath,
    found: BTreeMap<usize, BTreeSet<String>>,
}

impl UsesOfFile<'_> {
    fn add_path(&mut self, path: &[String]) {
        if let Some(Meaning::Item { file, name }) = self.names.resolve(&self.module, path) {
            self.add_use(file, name);
        }
    }

    fn add_use(&mut self, file: usize, name: String) {
        if file != self.file {
            self.found.entry(file).or_default().insert(name);
        }
    }

    fn add_macro(&mut self, path: &[String]) {
        if self.names.resolve(&self.module, path).is_some() {
            self.add_path(path);
        } else if let [name] = path
            && let Some(file) = self.names.textual_macro(&self.module, name)
        {
            self.add_use(file, name.clone());
        }
    }

    /// Finds the paths in the tokens of a macro: identifiers joined by `::`. Fields and methods, after a dot, are
    /// left out.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut is_after_dot = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add_path(&std::mem::take(&mut path));
                    }
                    if !is_after_dot {
                        path.push(ident.to_string());
                    }
                    (colons, is_after_dot) = (0, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    is_after_dot = false;
                }
                other => {
                    self.add_path(&std::mem::take(&mut path));
                    colons = 0;
                    is_after_dot =
                        matches!(&other, TokenTree::Punct(punct) if punct.as_char() == '.');
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.add_path(&path);
    }
}

impl<'ast> Visit<'ast> for UsesOfFile<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes_of(item)) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for import in imports_of(item) {
            if !import.is_reexport {
                self.add_path(&import.path);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments: Vec<String> = path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            self.add_path(&segments);
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        let path: Vec<String> = called
            .path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        self.add_macro(&path);
        self.add_tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }
}
