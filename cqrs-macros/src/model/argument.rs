use syn::{
    FnArg, GenericArgument, Generics, Ident, Pat, PathArguments, ReceiverKind, ReturnType, Signature, Type,
};

use crate::diagnostics::Diagnostics;

/// How an argument is passed.
pub(crate) enum Passed<'a> {
    Shared(&'a Type),
    Exclusive(&'a Type),
    Value(&'a Type),
}

impl<'a> Passed<'a> {
    pub(crate) fn of(ty: &'a Type) -> Self {
        match bare(ty) {
            Type::Reference(reference) if reference.mutability.is_some() => {
                Self::Exclusive(bare(&reference.elem))
            }
            Type::Reference(reference) => Self::Shared(bare(&reference.elem)),
            other => Self::Value(other),
        }
    }

    /// The type behind the reference, if there is one.
    pub(crate) fn ty(&self) -> &'a Type {
        match self {
            Self::Shared(ty) | Self::Exclusive(ty) | Self::Value(ty) => ty,
        }
    }
}

/// The type inside `Recorded<…>`.
pub(crate) fn recorded(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    (last.ident == "Recorded").then(|| types.next()).flatten()
}

/// Without the invisible groups that `macro_rules` puts around a type.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// The types of the arguments after the receiver.
pub(crate) fn types(signature: &Signature) -> impl Iterator<Item = &Type> {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(&*typed.ty),
        FnArg::Receiver(_) => None,
    })
}

/// The name of the first argument after the receiver, if it has one.
pub(crate) fn first_name(signature: &Signature) -> Option<Ident> {
    signature.inputs.iter().find_map(|input| match input {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pattern) => Some(Some(pattern.ident.clone())),
            _ => Some(None),
        },
        FnArg::Receiver(_) => None,
    })?
}

/// How a method takes `self`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    None,
    Shared,
    Exclusive,
    Value,
}

impl Receiver {
    pub(crate) fn of(signature: &Signature) -> Self {
        let Some(receiver) = signature.receiver() else { return Self::None };
        match &receiver.kind {
            ReceiverKind::Reference(_, _, Some(_)) => Self::Exclusive,
            ReceiverKind::Reference(_, _, None) => Self::Shared,
            ReceiverKind::Typed(_, ty) => match Passed::of(ty) {
                Passed::Shared(_) => Self::Shared,
                Passed::Exclusive(_) => Self::Exclusive,
                Passed::Value(_) => Self::Value,
            },
            _ => Self::Value,
        }
    }
}

/// Refuses type and const parameters; lifetimes change nothing.
pub(crate) fn concrete(generics: &Generics, why: &str, diagnostics: &mut Diagnostics) -> bool {
    let generic = generics.type_params().next().is_some() || generics.const_params().next().is_some();
    if generic {
        diagnostics.at(generics, format!("{why} needs concrete types, so it takes no generic parameters"));
    }
    !generic
}

/// The returned type, if it can be a `Result`; a type that certainly is not one is noted.
///
/// A path may be an alias of a `Result`, which only the compiler knows.
pub(crate) fn result<'a>(
    signature: &'a Signature,
    right: &str,
    diagnostics: &mut Diagnostics,
) -> Option<&'a Type> {
    let ReturnType::Type(_, ty) = &signature.output else {
        diagnostics.at(&signature.ident, format!("nothing is returned; {right}"));
        return None;
    };
    let ty = bare(ty);
    let surely_none = match ty {
        Type::Path(path) => path.path.segments.last().is_none_or(|last| {
            let name = last.ident.to_string();
            let primitive = name.starts_with(|first: char| first.is_ascii_lowercase());
            primitive || matches!(name.as_str(), "Option" | "Vec" | "Box" | "String" | "Self")
        }),
        Type::Macro(_) | Type::Verbatim(_) => false,
        _ => true,
    };
    if surely_none {
        diagnostics.at(ty, format!("this is not a `Result`; {right}"));
        return None;
    }
    Some(ty)
}

/// `T` of a `Result<T, …>`, if the type is written out.
pub(crate) fn ok_type(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) if last.ident == "Result" => Some(ty),
        _ => None,
    }
}
