use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::key::{aggregate_key, key};
use super::{place, shown};
use crate::model::{Entity, Kind, Snapshots, Unique};

/// What `#[aggregate(entity = "…")]` adds to the struct: its key and its names.
pub(crate) fn entity(entity: &Entity) -> TokenStream {
    let Entity { krate, ident, name, entity: entity_name, templates, .. } = entity;
    let private = quote!(#krate::__private);
    let key_ident = &entity.key.ident;
    let key = key(krate, ident, &entity.key);
    let address = aggregate_key(krate, &quote!(#ident), &entity.key, templates);
    let initial = quote_spanned!(place(ident)=> <#ident as ::core::default::Default>::default());
    let snapshots = entity.snapshots.as_ref().map(|Snapshots { every, shape, .. }| {
        let row = quote_spanned!(place(ident)=> #private::Snapshots::of(#every, #shape));
        quote! {
            const SNAPSHOTS: ::core::option::Option<#private::Snapshots<Self>> =
                ::core::option::Option::Some(#row);
        }
    });
    let unique = unique(entity, &private);
    let finders = finders(entity, &private);
    let copies = entity
        .fields
        .iter()
        .map(|(cfgs, member)| quote!(#(#cfgs)* #member: (&&#private::Part(&self.#member)).copy()?,));
    let shown = shown(&private, &entity.fields);
    quote! {
        #key
        #finders
        #address

        #[automatically_derived]
        impl #private::Entity for #ident {
            const ENTITY: &'static str = #entity_name;
            const NAME: &'static str = #name;
            type Key = #key_ident;
            #snapshots
            #unique

            fn initial() -> Self {
                #initial
            }

            #[allow(unused_imports)]
            fn copy(&self) -> ::core::option::Option<Self> {
                use #private::{Copied as _, NotCopied as _};
                ::core::option::Option::Some(Self { #(#copies)* })
            }

            #shown
        }
    }
}

fn unique(entity: &Entity, private: &TokenStream) -> Option<TokenStream> {
    let rows = entity.unique.iter().map(|Unique { ident, name, ty, .. }| {
        let render = quote_spanned!(place(ty)=> #private::render_unique::<#ty>);
        quote!(#private::UniqueField::new(#name, |state| #render(&state.#ident)))
    });
    let rows: Vec<_> = rows.collect();
    (!rows.is_empty()).then(|| quote!(const UNIQUE: &'static [#private::UniqueField<Self>] = &[#(#rows),*];))
}

/// `Guest::email(&tenant, "a@example.com")`.
fn finders(entity: &Entity, private: &TokenStream) -> Option<TokenStream> {
    let (ident, visibility) = (&entity.ident, &entity.key.visibility);
    let finders = entity.unique.iter().map(|Unique { ident: field, name, ty, kind }| {
        let value = quote_spanned!(place(ty)=> <#ty as #private::UniquePart>::Value);
        let of = quote_spanned!(place(ty)=> #private::UniqueKey::of::<#ty>);
        let (argument, passed) = match kind {
            Kind::Text => (quote!(impl ::core::convert::Into<#value>), quote!(&value.into())),
            Kind::Integer | Kind::Other => (value, quote!(&value)),
        };
        let doc = format!(
            " The [`{ident}`] of a tenant that has this `{name}`, for `App::find`. At most one has it."
        );
        quote! {
            #[doc = #doc]
            #[allow(dead_code, clippy::needless_pass_by_value)]
            #visibility fn #field(tenant: &#private::Tenant, value: #argument) -> #private::UniqueKey<Self> {
                #of(tenant, #name, #passed)
            }
        }
    });
    let finders: Vec<_> = finders.collect();
    (!finders.is_empty()).then(|| {
        quote! {
            #[automatically_derived]
            impl #ident {
                #(#finders)*
            }
        }
    })
}
