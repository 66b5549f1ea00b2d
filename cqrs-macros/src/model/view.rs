use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, ItemStruct, Path, Type, Visibility, parse_quote};

use super::data::{Data, Shape};
use super::fingerprint;
use super::index::Index;
use super::item::read_struct;
use super::key::Key;
use super::parts::Parts;
use super::queue::queue;
use super::serde::Serde;
use crate::attr::{Target, Text, ViewArgs};
use crate::diagnostics::Diagnostics;

/// `#[projection(…)] struct`.
pub(crate) struct View {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    /// The name of the subscriber.
    pub(crate) name: String,
    /// The name in the keys: `ORDER_SUMMARY`.
    pub(crate) view: String,
    /// The queue that it shares.
    pub(crate) queue: Option<String>,
    pub(crate) address: Address,
    pub(crate) indexes: Vec<Index>,
    /// A hash of what the view is stored as, as far as its own tokens show.
    pub(crate) shape: u64,
    /// The types of its fields.
    pub(crate) types: Vec<Type>,
    /// What it is stored as, as far as that is known.
    pub(crate) data: Option<Shape>,
    pub(crate) serde: Serde,
    pub(crate) parts: Parts,
}

/// Where a view lives.
pub(crate) enum Address {
    /// At the key of an aggregate.
    Aggregate(Box<Type>),
    /// At its own key.
    Own(Key),
}

impl View {
    pub(crate) fn read(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = ViewArgs::parse(args, diagnostics);
        let item = read_struct(item, "#[projection]", ", or its impl block", diagnostics)?.item;
        let indexes = Index::read(args.indexes, &item, diagnostics);
        let serde = Serde::missing(&item.attrs, "projection", diagnostics);
        let shape = fingerprint::of_struct(&item) ^ u64::from(serde.rename_all);
        let parts = Parts::of(&item);
        let types = item.fields.iter().map(|field| field.ty.clone()).collect();
        let data = described(&item, serde);
        let (ident, visibility) = (item.ident, item.vis);
        let own_name = ident.unraw().to_string();
        let address = match args.target? {
            Target::Aggregate(aggregate) => Address::Aggregate(aggregate),
            Target::Key(fields) => Address::Own(Key::new(&ident, visibility.clone(), fields, diagnostics)),
        };
        let view = match args.view {
            None => screaming_snake(&own_name),
            Some(view) => {
                check_view(&view, diagnostics);
                view.0.value()
            }
        };
        let name = match args.name {
            None => own_name,
            Some(name) => {
                if name.0.value().trim().is_empty() {
                    diagnostics.at(&name.0, "the name of the projection is empty");
                }
                name.0.value()
            }
        };
        let queue = queue(args.queue.as_ref(), diagnostics);
        Some(Self {
            krate: args.krate,
            ident,
            visibility,
            name,
            view,
            queue,
            address,
            indexes,
            shape,
            types,
            data,
            serde,
            parts,
        })
    }
}

/// What a view is stored as. Unlike the shape of an event, it is not compared with anything, so its mistakes are not
/// reported.
fn described(item: &ItemStruct, serde: Serde) -> Option<Shape> {
    let mut item = item.clone();
    if serde.rename_all {
        item.attrs.push(parse_quote!(#[serde(rename_all = "camelCase")]));
    }
    Data::read(item.to_token_stream(), &mut Diagnostics::default()).map(|data| data.shape)
}

fn check_view(view: &Text, diagnostics: &mut Diagnostics) {
    let text = view.0.value();
    let allowed = |character: char| {
        character.is_ascii_uppercase() || character.is_ascii_digit() || "_-".contains(character)
    };
    if !(text.starts_with(|first: char| first.is_ascii_uppercase()) && text.chars().all(allowed)) {
        diagnostics.at(
            &view.0,
            "a view name is upper-case letters, digits, `_` and `-`, and starts with a letter, such as `ORDER_SUMMARY`",
        );
    }
}

/// `OrderSummary` → `ORDER_SUMMARY`.
pub(super) fn screaming_snake(name: &str) -> String {
    let mut snake = String::new();
    let mut previous_lower = false;
    for character in name.chars() {
        if character.is_uppercase() && previous_lower {
            snake.push('_');
        }
        previous_lower = character.is_lowercase() || character.is_numeric();
        snake.extend(character.to_uppercase());
    }
    snake
}
