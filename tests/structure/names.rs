//! Collects the names of each module, and finds the file that defines what a path means.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemUse, UseTree, Visibility, visit::Visit};

use crate::source::{ModulePath, SourceFile, is_for_tests};

/// The module or item to which a path leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Meaning {
    /// A module.
    Module(ModulePath),
    /// An item, or something inside an item.
    Item {
        /// The index of the file that defines the item.
        file: usize,
        /// The item's name in that file.
        name: String,
    },
}

/// Which kind of thing a path can mean, if a module and an item have the same name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Wanted {
    Item,
    Module,
}

/// One name that a `use` brings into a module.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// The name in the importing module; `None` for a glob.
    pub(crate) name: Option<String>,
    /// The path as it is written.
    pub(crate) path: Vec<String>,
    /// True for `pub use` and `pub(…) use`.
    pub(crate) is_reexport: bool,
}

/// The names of one module.
#[derive(Default)]
struct Module {
    file: usize,
    items: BTreeSet<String>,
    macros: BTreeSet<String>,
    imports: Vec<Import>,
}

/// The names of all modules of the crate.
pub(crate) struct Names {
    modules: BTreeMap<ModulePath, Module>,
}

impl Names {
    /// Collects the names that the files define and import outside of tests.
    pub(crate) fn collect(files: &[SourceFile]) -> Self {
        let mut names = Self {
            modules: BTreeMap::new(),
        };
        for (index, file) in files.iter().enumerate() {
            if !file.is_test {
                names.add_module(index, file.module.clone(), &file.syntax.items);
            }
        }
        names
    }

    /// Returns what `path` means in `module`; `None` for other crates, local variables and generic parameters.
    pub(crate) fn resolve(&self, module: &[String], path: &[String]) -> Option<Meaning> {
        self.follow(module, path, Wanted::Item, &mut BTreeSet::new())
    }

    fn add_module(&mut self, file: usize, path: ModulePath, items: &[Item]) {
        let mut module = Module {
            file,
            ..Module::default()
        };
        for item in items {
            match item {
                Item::Mod(inner) if is_for_tests(&inner.attrs) => {}
                Item::Mod(inner) => {
                    if let Some((_, items)) = &inner.content {
                        let mut inside = path.clone();
                        inside.push(inner.ident.to_string());
                        self.add_module(file, inside, items);
                    }
                }
                Item::Macro(rules) => {
                    if let Some(name) = &rules.ident {
                        module.items.insert(name.to_string());
                        module.macros.insert(name.to_string());
                    }
                }
                other => module.items.extend(name_of(other)),
            }
        }
        let mut uses = Uses::default();
        for item in items {
            uses.visit_item(item);
        }
        module.imports = uses.imports;
        self.modules.insert(path, module);
    }

    fn follow(
        &self,
        module: &[String],
        path: &[String],
        wanted: Wanted,
        seen: &mut BTreeSet<(ModulePath, Vec<String>, Wanted)>,
    ) -> Option<Meaning> {
        if !seen.insert((module.to_vec(), path.to_vec(), wanted)) {
            return None;
        }
        let (first, mut rest) = path.split_first()?;
        let mut meaning = match first.as_str() {
            "crate" => Meaning::Module(Vec::new()),
            "self" => Meaning::Module(module.to_vec()),
            "super" => Meaning::Module(parent_of(module)?),
            _ => self.look_up(module, first, wanted_of(rest, wanted), seen)?,
        };
        while let (Meaning::Module(at), Some((next, after))) = (&meaning, rest.split_first()) {
            let at = at.clone();
            meaning = match next.as_str() {
                "self" => Meaning::Module(at),
                "super" => Meaning::Module(parent_of(&at)?),
                _ => self.look_up(&at, next, wanted_of(after, wanted), seen)?,
            };
            rest = after;
        }
        Some(meaning)
    }

    fn look_up(
        &self,
        module: &[String],
        name: &str,
        wanted: Wanted,
        seen: &mut BTreeSet<(ModulePath, Vec<String>, Wanted)>,
    ) -> Option<Meaning> {
        let mut child = module.to_vec();
        child.push(name.to_owned());
        let child = self
            .modules
            .contains_key(&child)
            .then_some(Meaning::Module(child));
        if wanted == Wanted::Module && child.is_some() {
            return child;
        }
        let names = self.modules.get(module)?;
        if names.items.contains(name) {
            return Some(Meaning::Item {
                file: names.file,
                name: name.to_owned(),
            });
        }
        let imported = names.imports.iter().find_map(|import| {
            let named = import.name.as_deref() == Some(name);
            named.then(|| self.follow(module, &import.path, wanted, seen))?
        });
        imported.or(child).or_else(|| {
            names.imports.iter().find_map(|import| {
                if import.name.is_some() {
                    return None;
                }
                let Meaning::Module(from) =
                    self.follow(module, &import.path, Wanted::Module, seen)?
                else {
                    return None;
                };
                self.look_up(&from, name, wanted, seen)
            })
        })
    }

    /// Returns the file that defines the `macro_rules!` macro `name`, in `module` or in a module that contains it.
    pub(crate) fn textual_macro(&self, module: &[String], name: &str) -> Option<usize> {
        (0..=module.len()).rev().find_map(|length| {
            let outer = self.modules.get(&module[..length])?;
            outer.macros.contains(name).then_some(outer.file)
        })
    }
}

/// Lists what one `use` imports.
pub(crate) fn imports_of(item: &ItemUse) -> Vec<Import> {
    let is_reexport = !matches!(item.vis, Visibility::Inherited);
    let mut found = Vec::new();
    if item.leading_colon.is_none() {
        unfold(&item.tree, &mut Vec::new(), is_reexport, &mut found);
    }
    found
}

/// The `use` items of a module and of the function bodies in it, without those for tests.
#[derive(Default)]
struct Uses {
    imports: Vec<Import>,
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.imports.extend(imports_of(item));
        }
    }

    // Does not descend: an inner module has its own names.
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_item_fn(self, item);
        }
    }
}

fn unfold(tree: &UseTree, prefix: &mut Vec<String>, is_reexport: bool, found: &mut Vec<Import>) {
    let mut add = |name: Option<String>, last: Option<String>| {
        let path = prefix.iter().cloned().chain(last).collect();
        found.push(Import {
            name,
            path,
            is_reexport,
        });
    };
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            unfold(&path.tree, prefix, is_reexport, found);
            prefix.pop();
        }
        UseTree::Name(name) if name.ident == "self" => add(prefix.last().cloned(), None),
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            add(Some(name.clone()), Some(name));
        }
        UseTree::Rename(rename) => {
            let last = (rename.ident != "self").then(|| rename.ident.to_string());
            add(Some(rename.rename.to_string()), last);
        }
        UseTree::Glob(_) => add(None, None),
        UseTree::Group(group) => {
            for tree in &group.items {
                unfold(tree, prefix, is_reexport, found);
            }
        }
    }
}

fn parent_of(module: &[String]) -> Option<ModulePath> {
    let (_, parent) = module.split_last()?;
    Some(parent.to_vec())
}

fn wanted_of(rest: &[String], wanted: Wanted) -> Wanted {
    if rest.is_empty() {
        wanted
    } else {
        Wanted::Module
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
