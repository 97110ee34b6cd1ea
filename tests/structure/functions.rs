//! Lists functions with their lengths and their `bool` parameters.

use syn::{
    FnArg, GenericArgument, PathArguments, Signature, Type, Visibility, spanned::Spanned,
    visit::Visit,
};

use crate::source::{SourceFile, is_for_tests};

/// One function outside of tests.
pub(crate) struct Function {
    /// The path of the file that contains the function.
    pub(crate) path: String,
    /// The line of the keyword `fn`.
    pub(crate) line: usize,
    /// The name of the function, after the name of its type: `Frame::encode`.
    pub(crate) name: String,
    /// The number of lines from the signature to the closing brace, both included.
    pub(crate) lines: usize,
    /// True if code outside of the file can call it.
    pub(crate) is_visible: bool,
    /// The parameters of type `bool`, `&bool` or `Option<bool>`.
    pub(crate) switches: Vec<String>,
}

/// Lists the functions of all files, except those in tests.
pub(crate) fn functions_of(files: &[SourceFile]) -> Vec<Function> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !file.is_test) {
        let mut functions = FunctionsOfFile {
            path: &file.path,
            owner: None,
            found: &mut found,
        };
        functions.visit_file(&file.syntax);
    }
    found
}

struct FunctionsOfFile<'a> {
    path: &'a str,
    /// The type or trait that contains the current functions.
    owner: Option<(String, Owner)>,
    found: &'a mut Vec<Function>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Owner {
    HiddenTrait,
    TraitImpl,
    Type,
    VisibleTrait,
}

impl FunctionsOfFile<'_> {
    fn add(&mut self, visibility: &Visibility, signature: &Signature, end: usize) {
        let line = signature.fn_token.span.start().line;
        let name = signature.ident.to_string();
        let is_visible = match self.owner {
            Some((_, Owner::VisibleTrait)) => true,
            // The trait declares the parameters, so they are counted at the trait.
            Some((_, Owner::TraitImpl | Owner::HiddenTrait)) => false,
            Some((_, Owner::Type)) | None => is_visible(visibility),
        };
        self.found.push(Function {
            path: self.path.to_owned(),
            line,
            name: match &self.owner {
                Some((owner, _)) => format!("{owner}::{name}"),
                None => name,
            },
            lines: end + 1 - signature.span().start().line,
            is_visible,
            switches: signature.inputs.iter().filter_map(switch).collect(),
        });
    }

    fn inside(&mut self, owner: Option<(String, Owner)>, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.owner, owner);
        visit(self);
        self.owner = outer;
    }
}

impl<'ast> Visit<'ast> for FunctionsOfFile<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            let end = item.block.brace_token.span.close().end().line;
            self.add(&item.vis, &item.sig, end);
            self.inside(None, |this| syn::visit::visit_item_fn(this, item));
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !is_for_tests(&item.attrs) {
            let owner = match &item.trait_ {
                Some(_) => Owner::TraitImpl,
                None => Owner::Type,
            };
            let name = type_name(&item.self_ty);
            self.inside(Some((name, owner)), |this| {
                syn::visit::visit_item_impl(this, item)
            });
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            let end = item.block.brace_token.span.close().end().line;
            self.add(&item.vis, &item.sig, end);
            self.inside(None, |this| syn::visit::visit_impl_item_fn(this, item));
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        if !is_for_tests(&item.attrs) {
            let owner = if is_visible(&item.vis) {
                Owner::VisibleTrait
            } else {
                Owner::HiddenTrait
            };
            self.inside(Some((item.ident.to_string(), owner)), |this| {
                syn::visit::visit_item_trait(this, item);
            });
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let end = item.span().end().line;
        self.add(&Visibility::Inherited, &item.sig, end);
        self.inside(None, |this| syn::visit::visit_trait_item_fn(this, item));
    }
}

fn is_visible(visibility: &Visibility) -> bool {
    match visibility {
        Visibility::Inherited => false,
        Visibility::Public(_) => true,
        Visibility::Restricted(restricted) => !restricted.path.is_ident("self"),
    }
}

fn switch(argument: &FnArg) -> Option<String> {
    let FnArg::Typed(typed) = argument else {
        return None;
    };
    let name = match &*typed.pat {
        syn::Pat::Ident(pattern) => pattern.ident.to_string(),
        _ => "_".to_owned(),
    };
    is_switch(&typed.ty).then_some(name)
}

fn is_switch(of: &Type) -> bool {
    match of {
        Type::Group(group) => is_switch(&group.elem),
        Type::Paren(paren) => is_switch(&paren.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            last.ident == "bool" || last.ident == "Option" && has_switch(&last.arguments)
        }),
        Type::Reference(reference) => is_switch(&reference.elem),
        _ => false,
    }
}

fn has_switch(arguments: &PathArguments) -> bool {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return false;
    };
    arguments
        .args
        .iter()
        .any(|argument| matches!(argument, GenericArgument::Type(of) if is_switch(of)))
}

fn type_name(of: &Type) -> String {
    match of {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string())
            .unwrap_or_default(),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => String::new(),
    }
}
