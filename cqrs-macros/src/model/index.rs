use syn::ext::IdentExt;
use syn::{Field, Fields, GenericArgument, Ident, ItemStruct, PathArguments, Type};

use crate::attr::{IndexArg, SerdeArgs, did_you_mean};
use crate::diagnostics::Diagnostics;

/// The most indexes of a view: as many as DynamoDB allows per table.
const MOST: usize = 20;

/// The methods that a query has in addition to its fields.
const TAKEN: [&str; 8] =
    ["by_key", "descending", "limit", "after", "at_least", "within", "into_future", "from"];

/// One index of a view.
pub(crate) struct Index {
    pub(crate) name: Ident,
    pub(crate) fields: Vec<IndexField>,
}

/// One field of an index.
pub(crate) struct IndexField {
    /// The name in the index.
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
}

impl Index {
    /// The indexes of a view; an index with a mistake is left out.
    pub(crate) fn read(args: Vec<IndexArg>, item: &ItemStruct, diagnostics: &mut Diagnostics) -> Vec<Self> {
        let mut names: Vec<Ident> = Vec::new();
        let mut indexes = Vec::new();
        if let Some(surplus) = args.get(MOST) {
            diagnostics.at(
                &surplus.name,
                format!("a view has at most {MOST} indexes: as many as DynamoDB gives one table"),
            );
        }
        for arg in args {
            let mut own = Diagnostics::default();
            check_name(&arg.name, &names, &mut own);
            names.push(arg.name.clone());
            let fields = read_fields(&arg, item, &mut own);
            if own.is_empty() {
                indexes.push(Self { name: arg.name, fields });
            }
            diagnostics.absorb(own);
        }
        indexes
    }
}

fn check_name(name: &Ident, earlier: &[Ident], diagnostics: &mut Diagnostics) {
    let text = name.unraw().to_string();
    if TAKEN.contains(&text.as_str()) {
        diagnostics.at(
            name,
            format!("an index cannot be called `{text}`: every query has a method of that name; `by_…` is a good name"),
        );
    } else if earlier.contains(name) {
        diagnostics.at(name, format!("two indexes are called `{text}`; the query has one method of a name"));
    }
}

fn read_fields(arg: &IndexArg, item: &ItemStruct, diagnostics: &mut Diagnostics) -> Vec<IndexField> {
    let mut fields: Vec<IndexField> = Vec::new();
    for ident in &arg.fields {
        let text = ident.unraw().to_string();
        let named = |field: &&Field| field.ident.as_ref().is_some_and(|own| own.unraw() == text);
        let Some(field) = item.fields.iter().find(named) else {
            diagnostics.at(ident, unknown(&text, &item.fields));
            continue;
        };
        if fields.iter().any(|earlier| earlier.ident.unraw() == text) {
            diagnostics.at(ident, format!("`{text}` is named twice in this index"));
        } else if !fields.is_empty() && TAKEN.contains(&text.as_str()) {
            diagnostics.at(
                ident,
                format!(
                    "`{text}` can only be the first field of an index: behind it, it is a method of the query, and every \
                     query has another one of that name"
                ),
            );
        }
        check_type(ident, field, diagnostics);
        fields.push(IndexField { ident: ident.clone(), ty: field.ty.clone() });
    }
    fields
}

fn unknown(text: &str, fields: &Fields) -> String {
    let known: Vec<String> =
        fields.iter().filter_map(|field| Some(field.ident.as_ref()?.unraw().to_string())).collect();
    let hint = did_you_mean(text, known.iter().map(String::as_str));
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    match known.is_empty() {
        true => format!("the view has no field `{text}`; it has none at all"),
        false => format!("the view has no field `{text}`{hint} it has {}", known.join(", ")),
    }
}

/// Refuses fields that no index may have: those that are not stored, floats, and personal data.
fn check_type(ident: &Ident, field: &Field, diagnostics: &mut Diagnostics) {
    let text = ident.unraw();
    if SerdeArgs::read(&field.attrs).is_skipped() {
        diagnostics.at(
            ident,
            format!(
                "`{text}` is not stored with the view (`#[serde(skip)]`): after the next read it would be another value, and the \
                 view would move in the index"
            ),
        );
    }
    match inner_name(&field.ty).as_deref() {
        Some(float @ ("f32" | "f64")) => diagnostics.at(
            ident,
            format!(
                "`{text}` is a `{float}`, which has no order: NaN is neither before nor behind a number, and two ways to compute \
                 one value need not be equal; index an integer of the smallest unit, such as cents"
            ),
        ),
        Some("Personal") => diagnostics.at(
            ident,
            format!(
                "`{text}` is personal data, and is encrypted in the view: an index would hold it in the clear, where no erasure \
                 reaches it; index an id of the person"
            ),
        ),
        _ => {}
    }
}

/// `f64` of `f64`, of `Option<f64>`, and of `std::primitive::f64`.
fn inner_name(ty: &Type) -> Option<String> {
    if let Some(inner) = inner_of_option(ty) {
        return inner_name(&inner);
    }
    let Type::Path(path) = ty else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

/// `T` of `Option<T>`.
pub(crate) fn inner_of_option(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    }
}
