use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Member, Path};

use super::entity::check_entity;
use super::item::{read_struct, state};
use super::key::Key;
use super::queue::queue;
use super::snapshots::Snapshots;
use super::template::{Rules, Templates};
use super::view::screaming_snake;
use crate::attr::ProcessArgs;
use crate::diagnostics::Diagnostics;

/// `#[process(key(…))] struct`: what one instance of a process is.
pub(crate) struct Instance {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) name: String,
    /// The name in the keys: `ROOM_BOOKING`.
    pub(crate) entity: String,
    pub(crate) key: Key,
    pub(crate) templates: Templates,
    /// The queue that it shares.
    pub(crate) queue: Option<String>,
    pub(crate) snapshots: Option<Snapshots>,
    /// The fields of the state, each with its `#[cfg]`s.
    pub(crate) fields: Vec<(Vec<Attribute>, Member)>,
}

impl Instance {
    pub(crate) fn read(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = ProcessArgs::parse(args, diagnostics);
        let item = read_struct(item, "#[process]", ", or its impl block", diagnostics)?.item;
        let name = item.ident.unraw().to_string();
        let entity = match &args.entity {
            Some(entity) => {
                if let Err(rule) = check_entity(&entity.0.value()) {
                    diagnostics.at(&entity.0, rule);
                }
                entity.0.value()
            }
            None => screaming_snake(&name),
        };
        let queue = queue(args.queue.as_ref(), diagnostics);
        let every = args.snapshot_every.as_ref();
        let snapshots = every.and_then(|every| Snapshots::read(every, &item, "process", diagnostics));
        let state = state(&item);
        // A process without a key is noted. With some key, the code around it finds the traits that it expects.
        let fields = args.key.unwrap_or_else(|| vec![Key::default_field(&args.krate)]);
        let key = Key::new(&item.ident, item.vis, fields, diagnostics);
        let rules = Rules { entity: &entity, key: &key, shards: None };
        let templates = rules.templates(None, None, diagnostics);
        Some(Self {
            krate: args.krate,
            ident: item.ident,
            name,
            entity,
            key,
            templates,
            queue,
            snapshots,
            fields: state,
        })
    }
}
