use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Type};

use super::place;
use crate::model::{Address, Index, IndexField, KeyPart, View, inner_of_option};

/// The constant of `View`, which lists the indexes.
pub(crate) fn indexes(view: &View) -> TokenStream {
    if view.indexes.is_empty() {
        return TokenStream::new();
    }
    let private = private(view);
    let indexes = view.indexes.iter().map(|Index { name, fields }| {
        let name = name.unraw().to_string();
        let columns = fields.iter().map(|IndexField { ident, ty }| {
            let text = ident.unraw().to_string();
            quote_spanned!(place(ident)=> #private::Column::of::<#ty>(#text, |view| &view.#ident))
        });
        quote!(#private::Index::new(#name, &[#(#columns),*]))
    });
    quote! {
        const INDEXES: &'static [#private::Index<Self>] = &[#(#indexes),*];
    }
}

/// The query, with a method for each index and for each field after the first.
pub(crate) fn query(view: &View) -> TokenStream {
    let View { ident, visibility, .. } = view;
    let (private, query) = (private(view), format_ident!("{}Query", ident, span = ident.span()));
    let starts = view.indexes.iter().enumerate().map(|(at, index)| start(&private, &query, at, index));
    let index_steps = view.indexes.iter().enumerate().flat_map(|(at, index)| {
        let fields = index.fields.iter().enumerate().skip(1);
        let private = &private;
        let query = &query;
        fields.map(move |(number, field)| index_step(private, query, at + 1, number, field))
    });
    let key_steps = match &view.address {
        Address::Aggregate(_) => Vec::new(),
        Address::Own(key) => {
            let last = key.parts.len().saturating_sub(1);
            let parts = key.parts.iter().enumerate();
            parts.map(|(number, part)| key_step(&private, &query, number, part, number == last)).collect()
        }
    };
    let doc = format!(" A list of [`{ident}`] views, from `App::query`.");
    quote! {
        #[doc = #doc]
        #[must_use = "a query is sent when it is awaited"]
        #visibility struct #query<'a, __Stage = #private::Whole>(
            #private::Query<'a, #ident>,
            ::core::marker::PhantomData<fn() -> __Stage>,
        );

        #[automatically_derived]
        impl #private::Queried for #ident {
            type Query<'a> = #query<'a>;
        }

        #[automatically_derived]
        impl<'a> ::core::convert::From<#private::Query<'a, #ident>> for #query<'a> {
            fn from(query: #private::Query<'a, #ident>) -> Self {
                Self(query, ::core::marker::PhantomData)
            }
        }

        #[automatically_derived]
        #[allow(dead_code, private_bounds, private_interfaces, unreachable_pub)]
        impl<'a> #query<'a> {
            /// Lists by the key of the views: those whose key begins with the fields that follow.
            pub fn by_key(self) -> #query<'a, #private::At<0, 0>> {
                #query(self.0, ::core::marker::PhantomData)
            }

            #(#starts)*
        }

        #(#index_steps)*
        #(#key_steps)*

        #[automatically_derived]
        #[allow(dead_code, unreachable_pub)]
        impl<'a, __Stage> #query<'a, __Stage> {
            /// Lists from the last to the first.
            pub fn descending(self) -> Self {
                Self(self.0.descending(), self.1)
            }

            /// The most views on the page. Default 100.
            pub fn limit(self, limit: u32) -> Self {
                Self(self.0.limit(limit), self.1)
            }

            /// Waits until the views contain the commit of a token, and the index shows it.
            pub fn at_least(
                self,
                token: impl ::core::convert::Into<#private::CommitToken>,
            ) -> Self {
                Self(self.0.at_least(token), self.1)
            }

            /// The longest time that `at_least` waits.
            pub fn within(self, limit: #private::Duration) -> Self {
                Self(self.0.within(limit), self.1)
            }

            /// The page after a cursor, which is the `next` of another page; `None` for the first page.
            pub fn after(self, cursor: impl #private::IntoCursor) -> Self {
                Self(self.0.after(cursor), self.1)
            }
        }

        #[automatically_derived]
        impl<'a, __Stage> ::core::future::IntoFuture for #query<'a, __Stage> {
            type Output = ::core::result::Result<#private::Page<#ident>, #private::QueryError>;
            type IntoFuture = #private::Querying<'a, #ident>;

            fn into_future(self) -> Self::IntoFuture {
                self.0.run()
            }
        }
    }
}

fn start(private: &TokenStream, query: &Ident, at: usize, Index { name, fields }: &Index) -> TokenStream {
    let Some(IndexField { ident, ty }) = fields.first() else { return TokenStream::new() };
    let number = at + 1;
    let doc = format!(" Lists by the index `{}`: the views with this `{}`.", name.unraw(), ident.unraw());
    let value = value(ty);
    quote! {
        #[doc = #doc]
        pub fn #name(self, #ident: impl #private::FieldValue<#value>) -> #query<'a, #private::At<#number, 1>> {
            #query(self.0.by_index(#at, #ident), ::core::marker::PhantomData)
        }
    }
}

fn index_step(
    private: &TokenStream,
    query: &Ident,
    index: usize,
    fields: usize,
    IndexField { ident, ty }: &IndexField,
) -> TokenStream {
    let (value, next) = (value(ty), fields + 1);
    let asked = quote!(#private::Asked<#value>);
    let then = quote!(<__Asked as #asked>::Then<#private::At<#index, #next>>);
    step(query, &quote!(#private::At<#index, #fields>), ident, &asked, &then, &quote!(field))
}

fn key_step(
    private: &TokenStream,
    query: &Ident,
    fields: usize,
    KeyPart { ident, ty, .. }: &KeyPart,
    is_last: bool,
) -> TokenStream {
    let next = fields + 1;
    let then = quote!(#private::At<0, #next>);
    let (asked, then) = match is_last {
        true => (quote!(#private::AskedOfKey<#ty>), quote!(<__Asked as #private::Asked<#ty>>::Then<#then>)),
        // Only keys with one value of this field are next to each other, so it takes no range.
        false => (quote!(#private::PartValue<#ty>), then),
    };
    step(query, &quote!(#private::At<0, #fields>), ident, &asked, &then, &quote!(part))
}

fn step(
    query: &Ident,
    from: &TokenStream,
    ident: &Ident,
    asked: &TokenStream,
    then: &TokenStream,
    call: &TokenStream,
) -> TokenStream {
    let doc = format!(" Only those with this `{}`.", ident.unraw());
    quote! {
        #[automatically_derived]
        #[allow(dead_code, private_bounds, private_interfaces, unreachable_pub)]
        impl<'a> #query<'a, #from> {
            #[doc = #doc]
            pub fn #ident<__Asked: #asked>(self, #ident: __Asked) -> #query<'a, #then> {
                #query(self.0.#call(#ident), ::core::marker::PhantomData)
            }
        }
    }
}

/// The type of a value in a query: for an `Option<T>` it is `T`.
fn value(ty: &Type) -> Type {
    inner_of_option(ty).unwrap_or_else(|| ty.clone())
}

fn private(view: &View) -> TokenStream {
    let krate = &view.krate;
    quote!(#krate::__private)
}
