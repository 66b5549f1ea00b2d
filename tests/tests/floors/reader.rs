//! Reads the files of a crate into a [`House`].

use syn::visit::{self, Visit};
use syn::{
    Arm, Attribute, Field, FieldValue, ImplItem, Item, ItemExternCrate, ItemMod, ItemUse, Macro, Meta, Path,
    Stmt, TraitItem, UseTree, Variant,
};

use crate::Files;
use crate::house::{House, Mention, Module, Name, ROOT};
use crate::tokens::{self, Found};

pub(crate) fn read(files: &Files) -> House {
    let root = Module { file: "lib.rs".to_owned(), ..Module::default() };
    let house = House { modules: vec![root], mentions: Vec::new() };
    let mut reader = Reader { files, house, module: ROOT };
    reader.file();
    reader.house
}

struct Reader<'f> {
    files: &'f Files,
    house: House,
    module: usize,
}

impl Reader<'_> {
    /// Reads the file of the module.
    fn file(&mut self) {
        let name = &self.house.modules[self.module].file;
        let file = syn::parse_file(&self.files[name]).unwrap_or_else(|error| {
            panic!("{name}:{}: {error}", error.span().start().line);
        });
        if !for_tests(&file.attrs) {
            self.visit_file(&file);
        }
    }

    /// Adds a module below this one, and reads it.
    fn module(&mut self, node: &ItemMod) {
        let name = node.ident.to_string();
        let outer = &self.house.modules[self.module];
        let mut module = Module {
            room: outer.room.clone().or_else(|| Some(name.clone())),
            parent: self.module,
            file: outer.file.clone(),
            folder: format!("{}{name}/", outer.folder),
            ..Module::default()
        };
        if node.content.is_none() {
            let places = [format!("{}mod.rs", module.folder), format!("{}{name}.rs", outer.folder)];
            let place = places.into_iter().find(|place| self.files.contains_key(place));
            module.file =
                place.unwrap_or_else(|| panic!("{}: there is no file for `mod {name};`", outer.file));
        }
        let number = self.house.modules.len();
        self.house.modules.push(module);
        self.house.name(self.module, name, Name::Module(number));

        let outer = std::mem::replace(&mut self.module, number);
        match &node.content {
            Some((_, items)) => items.iter().for_each(|item| self.visit_item(item)),
            None => self.file(),
        }
        self.module = outer;
    }

    fn mention(&mut self, found: Found) {
        let Found { path, line, glob } = found;
        self.house.mentions.push(Mention { module: self.module, path, line, glob });
    }

    fn import(&mut self, tree: &UseTree, before: &[String]) {
        let with = |last: &syn::Ident| [before, &[last.to_string()]].concat();
        let (path, last, name) = match tree {
            UseTree::Path(tree) => return self.import(&tree.tree, &with(&tree.ident)),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(tree, before)),
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                self.house.glob(self.module, before.to_vec());
                return self.mention(Found { path: before.to_vec(), line, glob: true });
            }
            UseTree::Name(name) => (with(&name.ident), &name.ident, &name.ident),
            UseTree::Rename(tree) => (with(&tree.ident), &tree.ident, &tree.rename),
        };
        let line = last.span().start().line;
        // `a::{self}` is `a`, and `self::a` begins where it stands.
        let path = if last == "self" && !before.is_empty() { before.to_vec() } else { path };
        let name = if name == "self" { path.last().cloned() } else { Some(name.to_string()) };
        if let Some(name) = name.filter(|name| name != "_") {
            self.house.name(self.module, name, Name::Use(path.clone()));
        }
        self.mention(Found { path, line, glob: false });
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, node: &'ast Item) {
        let (attrs, name) = match node {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::ExternCrate(item) => (&item.attrs, None),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Mod(item) => (&item.attrs, None),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Union(item) => (&item.attrs, Some(&item.ident)),
            Item::Use(item) => (&item.attrs, None),
            other => panic!("{}: {other:?} is not understood here", self.house.modules[self.module].file),
        };
        if for_tests(attrs) {
            return;
        }
        if let Some(name) = name {
            let exported = attrs.iter().any(|attr| attr.path().is_ident("macro_export"));
            self.house.name(self.module, name.to_string(), Name::Item);
            if exported {
                self.house.name(ROOT, name.to_string(), Name::Exported(self.module));
            }
        }
        visit::visit_item(self, node);
    }

    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        assert!(
            !node.attrs.iter().any(|attr| attr.path().is_ident("path")),
            "`#[path]` hides where a room lies"
        );
        node.attrs.iter().for_each(|attr| self.visit_attribute(attr));
        self.module(node);
    }

    fn visit_item_extern_crate(&mut self, node: &'ast ItemExternCrate) {
        if let ("self", Some((_, name))) = (node.ident.to_string().as_str(), &node.rename) {
            self.house.name(self.module, name.to_string(), Name::Use(vec!["crate".to_owned()]));
        }
    }

    fn visit_item_use(&mut self, node: &'ast ItemUse) {
        if node.leading_colon.is_none() {
            self.import(&node.tree, &[]);
        }
    }

    fn visit_path(&mut self, node: &'ast Path) {
        if let (None, Some(first)) = (node.leading_colon, node.segments.first()) {
            let path = node.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.mention(Found { path, line: first.ident.span().start().line, glob: false });
        }
        visit::visit_path(self, node);
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        tokens::paths(&node.tokens).into_iter().for_each(|found| self.mention(found));
        visit::visit_macro(self, node);
    }

    fn visit_attribute(&mut self, node: &'ast Attribute) {
        match &node.meta {
            Meta::NameValue(doc) if doc.path.is_ident("doc") => {}
            Meta::List(list) => {
                tokens::paths(&list.tokens).into_iter().for_each(|found| self.mention(found));
                tokens::quoted_paths(&list.tokens).into_iter().for_each(|found| self.mention(found));
                visit::visit_attribute(self, node);
            }
            _ => visit::visit_attribute(self, node),
        }
    }

    fn visit_impl_item(&mut self, node: &'ast ImplItem) {
        let attrs = match node {
            ImplItem::Const(item) => item.attrs.as_slice(),
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if !for_tests(attrs) {
            visit::visit_impl_item(self, node);
        }
    }

    fn visit_trait_item(&mut self, node: &'ast TraitItem) {
        let attrs = match node {
            TraitItem::Const(item) => item.attrs.as_slice(),
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Type(item) => &item.attrs,
            TraitItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if !for_tests(attrs) {
            visit::visit_trait_item(self, node);
        }
    }

    fn visit_stmt(&mut self, node: &'ast Stmt) {
        let attrs = match node {
            Stmt::Local(local) => local.attrs.as_slice(),
            Stmt::Macro(statement) => &statement.attrs,
            _ => &[],
        };
        if !for_tests(attrs) {
            visit::visit_stmt(self, node);
        }
    }

    fn visit_field(&mut self, node: &'ast Field) {
        if !for_tests(&node.attrs) {
            visit::visit_field(self, node);
        }
    }

    fn visit_field_value(&mut self, node: &'ast FieldValue) {
        if !for_tests(&node.attrs) {
            visit::visit_field_value(self, node);
        }
    }

    fn visit_variant(&mut self, node: &'ast Variant) {
        if !for_tests(&node.attrs) {
            visit::visit_variant(self, node);
        }
    }

    fn visit_arm(&mut self, node: &'ast Arm) {
        if !for_tests(&node.attrs) {
            visit::visit_arm(self, node);
        }
    }
}

/// Whether it is there in a test's build alone, or in the documentation's.
fn for_tests(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.parse_args().is_ok_and(|cfg: Meta| needs_test(&cfg))
        }
        meta => meta.path().is_ident("test"),
    })
}

fn needs_test(cfg: &Meta) -> bool {
    let Meta::List(list) = cfg else { return cfg.path().is_ident("test") || cfg.path().is_ident("doctest") };
    let parts = list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
    let Ok(parts) = parts else { return false };
    match list.path.get_ident().map(ToString::to_string).as_deref() {
        Some("all") => parts.iter().any(needs_test),
        Some("any") => !parts.is_empty() && parts.iter().all(needs_test),
        _ => false,
    }
}
