use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprPath, Fields, Ident, ItemStruct, Member, Path};

use super::item::{read_struct, read_struct_or, state};
use super::lock::{self, Locked};
use super::parts::Parts;
use super::serde::Serde;
use crate::attr::{EventArgs, JsonStep, Number, Text};
use crate::diagnostics::Diagnostics;

/// `#[event] struct`, or `#[command] struct`: a stored command has what a stored event has.
pub(crate) struct Event {
    pub(crate) role: Role,
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    /// The stored type.
    pub(crate) name: String,
    /// The stored types from before a renaming.
    pub(crate) aliases: Vec<String>,
    pub(crate) schema: u32,
    /// How often that shape was widened.
    pub(crate) widened: u32,
    pub(crate) older: Upcaster,
    /// Why nothing handles it.
    pub(crate) unhandled: Option<String>,
    /// Its fields, each with its `#[cfg]`s.
    pub(crate) fields: Vec<(Vec<Attribute>, Member)>,
    /// Whether it has no fields: it is stored as an empty map, so that fields can be added later.
    pub(crate) unit: bool,
    pub(crate) serde: Serde,
    pub(crate) parts: Parts,
    /// Whether `EventData` is to be derived.
    pub(crate) shape: bool,
    /// What `events.lock` says about it, if there is such a file.
    pub(crate) locked: Option<Locked>,
}

/// What a struct is stored as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Event,
    Command,
}

impl Role {
    /// The word in messages.
    fn noun(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Command => "command",
        }
    }

    /// The same with its article.
    fn one(self) -> &'static str {
        match self {
            Self::Event => "an event",
            Self::Command => "a command",
        }
    }
}

/// How the earlier schemas are read.
pub(crate) enum Upcaster {
    None,
    /// From the struct of the previous schema.
    Typed(Box<ExprPath>),
    /// On the stored fields, schema by schema.
    Json(Vec<(u32, Expr)>),
}

impl Event {
    pub(crate) fn read(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = EventArgs::of_event(args, diagnostics);
        let item = read_struct(item, "#[event]", ", or without fields", diagnostics)?.item;
        Self::of(Role::Event, args, item, diagnostics)
    }

    pub(crate) fn read_command(
        args: TokenStream,
        item: TokenStream,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let takes = "`#[command]` takes a struct with named fields, or without fields";
        let stands = "`#[command]` goes on a struct, or on a method of an impl block with `#[aggregate]`";
        let args = EventArgs::of_command(args, diagnostics);
        let item = read_struct_or(item, "#[command]", takes, stands, diagnostics)?.item;
        Self::of(Role::Command, args, item, diagnostics)
    }

    fn of(role: Role, args: EventArgs, item: ItemStruct, diagnostics: &mut Diagnostics) -> Option<Self> {
        if let Some(second) = item.attrs.iter().find(|attribute| is_stored(attribute)) {
            diagnostics.at(second, "a struct is one `#[event]` or one `#[command]`: keep one of them");
            return None;
        }
        let own_name = item.ident.unraw().to_string();
        let name = match &args.name {
            Some(name) => stored_name(name, diagnostics).unwrap_or(own_name),
            None => own_name,
        };
        let aliases = aliases(&args.aliases, &name, diagnostics);
        let schema = match &args.schema {
            None => 1,
            Some(number) => match number.0.base10_parse::<u32>() {
                Ok(0) => {
                    let one = role.one();
                    diagnostics.at(
                        &number.0,
                        format!("schemas start at 1: `schema = 1` is the first shape of {one}"),
                    );
                    1
                }
                parsed => diagnostics.ok(parsed).unwrap_or(1),
            },
        };
        let widened = widened(args.widened.as_ref(), diagnostics);
        let unhandled = args.unhandled.as_ref().map(|why| {
            if why.0.value().trim().is_empty() {
                diagnostics
                    .at(&why.0, "`unhandled` says why the event has no handler, and this text is empty");
            }
            why.0.value()
        });
        let older = Upcaster::read(role, &args, &item.ident, schema, diagnostics);
        let locked = diagnostics.ok(lock::find(&name, &aliases, schema, &item.ident)).flatten();
        let locked = locked.and_then(|found| {
            let place = args.widened.as_ref().map_or(item.ident.span(), |widened| widened.0.span());
            diagnostics.ok(found.at(widened).map_err(|reason| syn::Error::new(place, reason)))
        });
        let serde = Serde::missing(&item.attrs, role.noun(), diagnostics);
        let (fields, parts) = (state(&item), Parts::of(&item));
        let unit = matches!(item.fields, Fields::Unit);
        Some(Self {
            role,
            krate: args.krate,
            shape: !unit && !Serde::is_derived(&item.attrs, "EventData"),
            ident: item.ident,
            name,
            aliases,
            schema,
            widened,
            older,
            unhandled,
            unit,
            fields,
            serde,
            parts,
            locked,
        })
    }

    /// What to derive. A unit struct derives nothing, because serde would store it as `null`.
    pub(crate) fn derives(&self) -> Serde {
        if self.unit { Serde::NOTHING } else { self.serde }
    }
}

/// The number of an event that was widened; zero for others.
fn widened(given: Option<&Number>, diagnostics: &mut Diagnostics) -> u32 {
    let Some(number) = given else { return 0 };
    match diagnostics.ok(number.0.base10_parse::<u32>()) {
        Some(0) => {
            diagnostics.at(
                &number.0,
                "`widened` counts from 1: leave it out as long as the schema has its first shape",
            );
            0
        }
        parsed => parsed.unwrap_or(0),
    }
}

/// Whether the attribute makes a struct an event or a command.
fn is_stored(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident == "event" || last.ident == "command")
}

fn stored_name(name: &Text, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = name.0.value();
    if text.trim().is_empty() {
        diagnostics.at(&name.0, "the stored name is empty");
        return None;
    }
    Some(text)
}

fn aliases(given: &[Text], name: &str, diagnostics: &mut Diagnostics) -> Vec<String> {
    let mut aliases: Vec<String> = Vec::new();
    for alias in given {
        let Some(text) = stored_name(alias, diagnostics) else { continue };
        if text == name {
            diagnostics.at(
                &alias.0,
                format!("`{name}` is the stored name of today: `alias` takes one from before a renaming"),
            );
        } else if aliases.contains(&text) {
            diagnostics.at(&alias.0, format!("`alias = {text:?}` is given twice"));
        } else {
            aliases.push(text);
        }
    }
    aliases
}

impl Upcaster {
    fn read(role: Role, args: &EventArgs, ident: &Ident, schema: u32, diagnostics: &mut Diagnostics) -> Self {
        let before = schema.saturating_sub(1);
        match (&args.from, args.from_json.first()) {
            (Some(from), Some(step)) => {
                diagnostics.at(
                    &step.from,
                    "`from` and `from_json` are two ways to the same schemas: keep one of them; the struct that `from` names can have a `from_json` of its own",
                );
                Self::Typed(Box::new(from.0.clone()))
            }
            (Some(from), None) => {
                if schema == 1 {
                    diagnostics.at(
                        &from.0,
                        format!(
                            "schema 1 is the first shape of {}: with `from`, this is `schema = 2` or later",
                            role.one()
                        ),
                    );
                    return Self::None;
                }
                if from.0.path.is_ident(ident) {
                    diagnostics.at(
                        &from.0,
                        format!(
                            "`{ident}` cannot come from itself: `from` names the struct of schema {before}"
                        ),
                    );
                    return Self::None;
                }
                Self::Typed(Box::new(from.0.clone()))
            }
            (None, Some(_)) => Self::Json(steps(role, &args.from_json, schema, diagnostics)),
            (None, None) => {
                if let (true, Some(number)) = (schema > 1 && !args.has_older, &args.schema) {
                    diagnostics.at(
                        &number.0,
                        format!(
                            "schema {schema} does not say how schema {before} is read: name its struct, `from = {ident}V{before}`, or a function on its JSON, `from_json({before}, upgrade)`"
                        ),
                    );
                }
                Self::None
            }
        }
    }
}

/// The steps in the order of their schemas. They end at the schema of the event, without a gap.
fn steps(role: Role, given: &[JsonStep], schema: u32, diagnostics: &mut Diagnostics) -> Vec<(u32, Expr)> {
    let mut steps: Vec<(u32, Expr)> = Vec::new();
    for JsonStep { from, step } in given {
        let Some(number) = diagnostics.ok(from.base10_parse::<u32>()) else { continue };
        if number == 0 {
            diagnostics.at(from, "schemas start at 1");
        } else if number >= schema {
            diagnostics.at(
                from,
                format!(
                    "`from_json({number}, …)` takes an earlier schema than the {}'s own, which is {schema}",
                    role.noun()
                ),
            );
        } else if steps.iter().any(|(earlier, _)| *earlier == number) {
            diagnostics.at(from, format!("`from_json({number}, …)` is given twice"));
        } else {
            steps.push((number, step.clone()));
        }
    }
    steps.sort_by_key(|(number, _)| *number);
    let first = steps.first().map_or(schema, |(number, _)| *number);
    let hole = (first..schema).find(|number| !steps.iter().any(|(from, _)| from == number));
    if let (Some(hole), Some(given)) = (hole, given.first()) {
        let next = hole + 1;
        diagnostics.at(
            &given.from,
            format!("nothing leads from schema {hole} to {next}: add `from_json({hole}, …)`"),
        );
        return Vec::new();
    }
    steps
}
