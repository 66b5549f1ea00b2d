//! Each option of a macro has a row in the table of the macro's page.

use std::fs;

use syn::visit::{self, Visit};
use syn::{Expr, ExprLit, ExprStruct, ItemConst, Lit};

use crate::pages;

/// The tables of options in the source of the macros: `Options { attribute: "#[event]", names: &["name", …] }`.
#[derive(Default)]
struct Tables {
    found: Vec<(String, Vec<String>)>,
}

impl<'ast> Visit<'ast> for Tables {
    fn visit_expr_struct(&mut self, table: &'ast ExprStruct) {
        if table.path.is_ident("Options") {
            let mut texts = table.fields.iter().map(|field| texts(&field.expr));
            let (attribute, names) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
            self.found.push((attribute.concat(), names));
        }
        visit::visit_expr_struct(self, table);
    }

    /// What `app!` takes is not one of the tables: it is no attribute.
    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        if item.ident == "LISTS" {
            self.found.push(("app".to_owned(), texts(&item.expr)));
        }
        visit::visit_item_const(self, item);
    }
}

/// The texts in an expression.
fn texts(expression: &Expr) -> Vec<String> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => vec![text.value()],
        Expr::Reference(reference) => texts(&reference.expr),
        Expr::Array(array) => array.elems.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The options that a page explains: the words that the first column of its tables has in backticks.
fn explained(page: &str) -> Vec<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    rows.flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_page_explains_every_option_of_a_macro() {
    let mut tables = Tables::default();
    for file in fs::read_dir(pages::root().join("cqrs-macros/src/attr")).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        tables.visit_file(&syn::parse_file(&source).unwrap());
    }
    assert!(
        tables.found.iter().any(|(attribute, _)| attribute == "app"),
        "the lists of `app!` are elsewhere"
    );
    assert!(tables.found.len() > 8, "the tables of options are elsewhere");
    let mut unexplained = Vec::new();
    for (attribute, options) in &tables.found {
        let macro_name = attribute.trim_start_matches("#[").split(']').next().unwrap_or_default();
        let page = pages::page(format!("cqrs-macros/docs/{macro_name}.md"));
        let explained = explained(&page.text);
        assert!(!options.is_empty(), "`{attribute}` has no options");
        unexplained.extend(
            options
                .iter()
                .filter(|option| !explained.contains(option))
                .map(|option| format!("{}: `{option}` of `{attribute}`", page.path.display())),
        );
    }
    assert!(unexplained.is_empty(), "options without a row:\n{}", unexplained.join("\n"));
}
