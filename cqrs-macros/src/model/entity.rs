use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Member, Path};

use super::item::{read_struct, state};
use super::key::Key;
use super::snapshots::Snapshots;
use super::template::{Rules, Templates};
use super::unique::Unique;
use crate::attr::AggregateArgs;
use crate::diagnostics::Diagnostics;

/// `#[aggregate(entity = "ORDER")] struct`.
pub(crate) struct Entity {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) entity: String,
    pub(crate) key: Key,
    pub(crate) templates: Templates,
    pub(crate) snapshots: Option<Snapshots>,
    pub(crate) unique: Vec<Unique>,
    /// The fields of the state, each with its `#[cfg]`s.
    pub(crate) fields: Vec<(Vec<Attribute>, Member)>,
}

impl Entity {
    pub(crate) fn read(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = AggregateArgs::parse(args, diagnostics);
        let item = read_struct(item, "#[aggregate]", ", or its impl block", diagnostics)?.item;
        let name = item.ident.unraw().to_string();

        let entity = match &args.entity {
            Some(entity) => {
                if let Err(rule) = check_entity(&entity.0.value()) {
                    diagnostics.at(&entity.0, rule);
                }
                entity.0.value()
            }
            None => {
                if diagnostics.is_empty() {
                    let entity = name.to_uppercase();
                    diagnostics.push(syn::Error::new(
                        Span::call_site(),
                        format!("an aggregate needs an entity name: `#[aggregate(entity = \"{entity}\")]`"),
                    ));
                }
                name.to_uppercase()
            }
        };
        let shards = args.shards.as_ref().and_then(|shards| match shards.0.base10_parse::<u16>() {
            Ok(0 | 1) => {
                diagnostics.at(&shards.0, "`shards` is at least 2; leave it out for one partition");
                None
            }
            parsed => diagnostics.ok(parsed),
        });
        let every = args.snapshot_every.as_ref();
        let snapshots = every.and_then(|every| Snapshots::read(every, &item, "aggregate", diagnostics));
        let unique = Unique::read(args.unique, &item, diagnostics);
        let state = state(&item);
        let fields = args.key.unwrap_or_else(|| vec![Key::default_field(&args.krate)]);
        let key = Key::new(&item.ident, item.vis, fields, diagnostics);
        let rules = Rules { entity: &entity, key: &key, shards };
        let (pk, sk) = (args.pk.as_ref().map(|text| &text.0), args.sk.as_ref().map(|text| &text.0));
        let templates = rules.templates(pk, sk, diagnostics);
        Some(Self {
            krate: args.krate,
            ident: item.ident,
            name,
            entity,
            key,
            templates,
            snapshots,
            unique,
            fields: state,
        })
    }
}

pub(super) fn check_entity(entity: &str) -> Result<(), String> {
    let starts = entity.starts_with(|first: char| first.is_ascii_uppercase());
    let allowed = |character: char| {
        character.is_ascii_uppercase() || character.is_ascii_digit() || "_-".contains(character)
    };
    if starts && entity.chars().all(allowed) {
        return Ok(());
    }
    let fixed: String = entity.to_uppercase().chars().filter(|character| allowed(*character)).collect();
    let fixed = fixed.trim_start_matches(|first: char| !first.is_ascii_uppercase());
    let example = if fixed.is_empty() { "ORDER" } else { fixed };
    Err(format!(
        "an entity name is upper-case letters, digits, `_` and `-`, and starts with a letter, such as `{example}`"
    ))
}
