use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::key::{key, reads};
use super::place;
use crate::model::{Entity, Kind, Piece, Snapshots, Unique};

/// What `#[aggregate(entity = "…")]` adds beside the struct: its key and its names.
pub(crate) fn entity(entity: &Entity) -> TokenStream {
    let Entity { krate, ident, name, entity: entity_name, templates, .. } = entity;
    let private = quote!(#krate::__private);
    let key_ident = &entity.key.ident;
    let key = key(krate, ident, &entity.key);
    let pk = templates.pk.iter().map(|piece| piece_row(&private, piece));
    let sk = templates.sk.iter().map(|piece| piece_row(&private, piece));
    let parts = &entity.key.parts;
    let initial = quote_spanned!(place(ident)=> <#ident as ::core::default::Default>::default());
    let names = parts.iter().map(|part| &part.name);
    let renders = parts.iter().enumerate().map(|(index, part)| {
        let (ident, ty) = (&part.ident, &part.ty);
        let render = quote_spanned!(place(ty)=> #private::KeyPart::render_part(&self.#ident, width, out));
        quote!(#index => #render,)
    });
    let reads = reads(&entity.key);
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
    quote! {
        #key
        #finders

        #[automatically_derived]
        impl #private::AggregateKey for #key_ident {
            type Aggregate = #ident;
            const TEMPLATE: #private::KeyTemplate =
                #private::KeyTemplate { pk: &[#(#pk),*], sk: &[#(#sk),*] };
            const FIELDS: &'static [&'static str] = &[#(#names),*];

            fn tenant(&self) -> &#private::Tenant {
                &self.tenant
            }

            fn render_field(&self, index: usize, width: usize, out: &mut #private::String) {
                match index {
                    #(#renders)*
                    _ => {}
                }
            }

            fn from_parts(
                tenant: #private::Tenant,
                parts: &#private::Parts<'_>,
            ) -> ::core::result::Result<Self, #private::KeyError> {
                ::core::result::Result::Ok(Self { tenant, #(#reads),* })
            }
        }

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
            " The [`{ident}`] of a tenant that has this `{name}`, for `App::find`. It belongs to one at most."
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

fn piece_row(private: &TokenStream, piece: &Piece) -> TokenStream {
    match piece {
        Piece::Literal(text) => quote!(#private::Piece::Literal(#text)),
        Piece::Tenant => quote!(#private::Piece::Tenant),
        Piece::Field { name, index, width } => {
            quote!(#private::Piece::Field { name: #name, index: #index, width: #width })
        }
        Piece::Shard { count } => quote!(#private::Piece::Shard { count: #count }),
    }
}
