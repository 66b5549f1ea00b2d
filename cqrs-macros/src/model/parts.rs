use quote::ToTokens;
use syn::{Attribute, GenericArgument, ItemStruct, PathArguments, Type};

use crate::attr::{DataArgs, SerdeArgs};
use crate::diagnostics::Diagnostics;

/// The types in a struct that the author may have forgotten to derive serde for.
///
/// serde's derives report such a type at each of their uses of the field. With these types as bounds of the derives it is reported
/// once, in our words, at the impl that makes the struct an event or a view.
#[derive(Default)]
pub(crate) struct Parts(Vec<Type>);

impl Parts {
    /// The types of a struct. Empty if an attribute says that something else is stored, or if not all types can be
    /// named: then serde's derives report what is missing.
    pub(crate) fn of(item: &ItemStruct) -> Self {
        let mut parts = Self::default();
        if parts.read(item).is_some() { parts } else { Self::default() }
    }

    pub(crate) fn types(&self) -> &[Type] {
        &self.0
    }

    fn read(&mut self, item: &ItemStruct) -> Option<()> {
        let serde = SerdeArgs::read(&item.attrs);
        if serde.into.is_some() || serde.from.is_some() || is_bound(&item.attrs) {
            return None;
        }
        for field in &item.fields {
            let serde = SerdeArgs::read(&field.attrs);
            // The derive reports what is wrong with it.
            let opaque = DataArgs::on_field(&field.attrs, &mut Diagnostics::default()).opaque;
            let conditional = |attribute: &Attribute| {
                ["cfg", "cfg_attr"].iter().any(|name| attribute.path().is_ident(name))
            };
            if opaque || is_bound(&field.attrs) || field.attrs.iter().any(conditional) {
                return None;
            }
            if serde.is_skipped() || !serde.with.is_empty() {
                continue;
            }
            if serde.skip_serializing || serde.skip_deserializing {
                return None;
            }
            self.add(&field.ty)?;
        }
        let own = item.ident.to_string();
        let names_itself = |ty: &Type| words(ty).any(|word| word == own || word == "Self");
        if self.0.iter().any(names_itself) { None } else { Some(()) }
    }

    /// The types in a container of the standard library; empty for another type.
    pub(super) fn inner(ty: &Type) -> Vec<&Type> {
        match ty {
            Type::Paren(inner) => vec![&*inner.elem],
            Type::Group(inner) => vec![&*inner.elem],
            Type::Array(array) => vec![&*array.elem],
            Type::Tuple(tuple) => tuple.elems.iter().collect(),
            Type::Path(path) => match path.path.segments.last().map(|last| (&last.ident, &last.arguments)) {
                Some((ident, PathArguments::AngleBracketed(arguments)))
                    if CONTAINERS.iter().any(|name| ident == name) =>
                {
                    let types = arguments.args.iter().filter_map(|argument| match argument {
                        GenericArgument::Type(ty) => Some(ty),
                        _ => None,
                    });
                    types.collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Adds the type, or the types in it if it is a container of the standard library.
    fn add(&mut self, ty: &Type) -> Option<()> {
        // A fragment that another macro has passed.
        if matches!(ty, Type::Group(_)) {
            return None;
        }
        let inner = Self::inner(ty);
        if !inner.is_empty() || matches!(ty, Type::Tuple(_)) {
            return inner.into_iter().try_for_each(|ty| self.add(ty));
        }
        let Type::Path(path) = ty else { return None };
        let last = path.path.segments.last()?;
        match &last.arguments {
            PathArguments::None if KNOWN.iter().any(|name| last.ident == name) => Some(()),
            // serde reads a bound from a text, in which `$crate` has no meaning.
            _ if ty.to_token_stream().to_string().contains('$') => None,
            _ if words(ty).any(|word| word == "dyn" || word == "static") => None,
            _ => {
                if !self.0.contains(ty) {
                    self.0.push(ty.clone());
                }
                Some(())
            }
        }
    }
}

/// Types that can be stored if their contents can.
const CONTAINERS: [&str; 9] =
    ["Option", "Vec", "VecDeque", "Box", "BTreeMap", "BTreeSet", "HashMap", "HashSet", "BinaryHeap"];

/// Types that can be stored, or are refused with their own message.
const KNOWN: [&str; 20] = [
    "String",
    "str",
    "bool",
    "char",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "Timestamp",
    "Version",
];

/// Whether attributes give serde the bounds of its impls.
fn is_bound(attributes: &[Attribute]) -> bool {
    let mut options = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    options.any(|attribute| words(&attribute.meta).any(|word| word == "bound" || word == "borrow"))
}

fn words(tokens: &impl ToTokens) -> impl Iterator<Item = String> {
    let text = tokens.to_token_stream().to_string();
    let words = text.split(|character: char| !(character.is_alphanumeric() || character == '_'));
    words.map(str::to_owned).collect::<Vec<_>>().into_iter()
}
