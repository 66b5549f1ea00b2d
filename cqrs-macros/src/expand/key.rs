use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, Path};

use super::place;
use crate::model::{Key, Kind, Piece, Templates};

/// The struct of a key, with its constructor, its fields, and equality, hash and debug by its rendered text.
pub(crate) fn key(krate: &Path, owner: &Ident, key: &Key) -> TokenStream {
    let Key { ident, visibility, parts } = key;
    let private = quote!(#krate::__private);
    let idents: Vec<_> = parts.iter().map(|part| &part.ident).collect();
    let types: Vec<_> = parts.iter().map(|part| &part.ty).collect();
    let parameters = parts.iter().map(|part| {
        let (ident, ty) = (&part.ident, &part.ty);
        match part.kind {
            Kind::Text => quote!(#ident: impl ::core::convert::Into<#ty>),
            Kind::Integer | Kind::Other => quote!(#ident: #ty),
        }
    });
    let values = parts.iter().map(|part| {
        let ident = &part.ident;
        match part.kind {
            Kind::Text => quote!(#ident: ::core::convert::Into::into(#ident)),
            Kind::Integer | Kind::Other => quote!(#ident),
        }
    });
    let accessors = parts.iter().map(|part| {
        let (ident, ty, name) = (&part.ident, &part.ty, &part.name);
        let doc = format!(" The key's `{name}`.");
        let (output, value) = match part.kind {
            Kind::Integer => (quote!(#ty), quote!(self.#ident)),
            Kind::Text | Kind::Other => (quote!(&#ty), quote!(&self.#ident)),
        };
        quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #ident(&self) -> #output {
                #value
            }
        }
    });
    let doc = format!(" The key of one [`{owner}`].");
    let text = ident.to_string();
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone)]
        #visibility struct #ident {
            tenant: #private::Tenant,
            #(#idents: #types,)*
        }

        #[automatically_derived]
        #[allow(dead_code, unreachable_pub)]
        impl #ident {
            /// The key of one instance, of one tenant.
            #[must_use]
            pub fn new(tenant: &#private::Tenant, #(#parameters),*) -> Self {
                Self { tenant: ::core::clone::Clone::clone(tenant), #(#values),* }
            }

            /// Whose data it addresses.
            #[must_use]
            pub fn tenant(&self) -> &#private::Tenant {
                &self.tenant
            }

            #(#accessors)*
        }

        #[automatically_derived]
        impl ::core::cmp::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool {
                #private::same_address(self, other)
            }
        }

        #[automatically_derived]
        impl ::core::cmp::Eq for #ident {}

        #[automatically_derived]
        impl ::core::hash::Hash for #ident {
            fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                #private::hash_address(self, state);
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #private::debug_address(#text, self, f)
            }
        }
    }
}

/// The fields of a key, read from `parts` by their indexes.
pub(crate) fn reads(key: &Key) -> impl Iterator<Item = TokenStream> {
    key.parts.iter().enumerate().map(|(index, part)| {
        let (ident, ty) = (&part.ident, &part.ty);
        quote!(#ident: parts.field::<#ty>(#index)?)
    })
}

/// The impl that makes it the key of an aggregate: where an instance is stored.
pub(super) fn aggregate_key(
    krate: &Path,
    aggregate: &TokenStream,
    key: &Key,
    templates: &Templates,
) -> TokenStream {
    let private = quote!(#krate::__private);
    let (ident, parts) = (&key.ident, &key.parts);
    let pk = templates.pk.iter().map(|piece| piece_row(&private, piece));
    let sk = templates.sk.iter().map(|piece| piece_row(&private, piece));
    let names = parts.iter().map(|part| &part.name);
    let renders = parts.iter().enumerate().map(|(index, part)| {
        let (ident, ty) = (&part.ident, &part.ty);
        let render = quote_spanned!(place(ty)=> #private::KeyPart::render_part(&self.#ident, width, out));
        quote!(#index => #render,)
    });
    let reads = reads(key);
    quote! {
        #[automatically_derived]
        impl #private::AggregateKey for #ident {
            type Aggregate = #aggregate;
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
    }
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
