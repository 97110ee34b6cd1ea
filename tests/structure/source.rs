//! Reads and parses the files of `src/`, each with its module path.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Item, Meta};

/// The path of a module inside the crate; empty for the root.
pub(crate) type ModulePath = Vec<String>;

/// One file of `src/`.
pub(crate) struct SourceFile {
    /// The path below the package, with forward slashes: `src/wire/mod.rs`.
    pub(crate) path: String,
    /// The module that the file holds.
    pub(crate) module: ModulePath,
    /// The parsed text.
    pub(crate) syntax: syn::File,
    /// True if the file is compiled for tests only.
    pub(crate) is_test: bool,
}

/// Reads and parses every file of `src/`, sorted by path.
pub(crate) fn read_crate() -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = rust_files("src")
        .into_iter()
        .map(|path| {
            let text = read(&path);
            let syntax = syn::parse_file(&text)
                .unwrap_or_else(|error| panic!("{path} is not readable as Rust: {error}"));
            SourceFile {
                module: module_of(&path),
                is_test: false,
                path,
                syntax,
            }
        })
        .collect();
    let test_modules = files.iter().flat_map(declared_test_modules).collect();
    for file in &mut files {
        file.is_test = is_test_module(&file.module, &test_modules);
    }
    files
}

/// Lists the Rust files in the folder `below`, sorted. If `below` names a file, returns only that file.
pub(crate) fn rust_files(below: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut left = vec![root.join(below)];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(name_below(root, &path));
        }
    }
    found.sort();
    found
}

/// Reads a file of the package.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns true if an item with these attributes is compiled for tests only.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path
            .segments
            .last()
            .is_some_and(|last| last.ident == "test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("all (test")
        }
        Meta::List(list) => list
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "test"),
        Meta::NameValue(_) => false,
    })
}

/// Returns the attributes of an item.
pub(crate) fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_below(root: &Path, path: &Path) -> String {
    let relative: PathBuf = path.strip_prefix(root).unwrap().into();
    relative.to_str().unwrap().replace('\\', "/")
}

fn module_of(path: &str) -> ModulePath {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: ModulePath = inside.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || module == ["lib"] {
        module.pop();
    }
    module
}

fn declared_test_modules(file: &SourceFile) -> Vec<ModulePath> {
    file.syntax
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Mod(module) if is_for_tests(&module.attrs) => {
                let mut path = file.module.clone();
                path.push(module.ident.to_string());
                Some(path)
            }
            _ => None,
        })
        .collect()
}

fn is_test_module(module: &[String], declared: &BTreeSet<ModulePath>) -> bool {
    module.iter().any(|name| name == "tests")
        || (1..=module.len()).any(|length| declared.contains(&module[..length]))
}
