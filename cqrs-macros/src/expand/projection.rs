use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Type};

use super::{at, local, place};
use crate::attr::{ApplyKey, Target};
use crate::model::{Apply, Projection};

/// What `#[projection(…)] impl` adds: one row per event, and the checks that it belongs to its struct.
pub(crate) fn projection(projection: &Projection) -> TokenStream {
    let Projection { krate, ty, target, applies, fold } = projection;
    let private = quote!(#krate::__private);
    let key = quote_spanned!(place(ty)=> <#ty as #private::View>::Key);
    let arms = applies.iter().map(|apply| match target {
        Target::Aggregate(aggregate) => own_arm(&quote!(#aggregate), apply, &private),
        Target::Key(fields) => keyed_arm(&key, fields, apply, &private),
    });
    let keyed = matches!(target, Target::Key(_));
    let check = match target {
        Target::Aggregate(aggregate) => quote! {
            const _: () = #private::assert_view_of::<#ty, #aggregate>();
        },
        Target::Key(fields) => {
            let check = quote!(other_view_key::<#ty>);
            other_key(ty, fields, &check, &private)
        }
    };
    quote! {
        #[automatically_derived]
        impl #private::Projection for #ty {
            const ARMS: &'static [#private::ProjectionArm<Self>] = &[#(#arms),*];
            const KEYED: bool = #keyed;
            const FOLD: u64 = #fold;
        }

        #check
        #private::inventory::submit! {
            #private::ProjectionRow::of::<#ty>(::core::file!(), ::core::line!())
                .module(::core::module_path!())
        }
        #private::inspected_projection! { #ty }
    }
}

/// The check that the struct has the key fields that the impl block names.
pub(super) fn other_key(
    ty: &Type,
    fields: &[Ident],
    check: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let names = fields.iter().map(|field| field.unraw().to_string());
    let at = fields.first().map_or_else(|| ty.span(), Ident::span);
    quote_spanned!(at=>
        const _: () = if let ::core::option::Option::Some(message) = #private::#check(&[#(#names),*]) {
            ::core::panic!("{}", message.text())
        };
    )
}

fn own_arm(aggregate: &TokenStream, apply: &Apply, private: &TokenStream) -> TokenStream {
    let (cfgs, event) = (&apply.cfgs, &apply.event);
    let key = apply
        .asked
        .as_ref()
        .map(|asked| quote!(let key: #asked = #private::event_key::<#asked, #event>(raw)?;));
    let fold = fold(apply, private, &quote!(|view, raw|), key.as_ref());
    quote! {
        #(#cfgs)*
        #private::ProjectionArm::at_aggregate(#private::own_event::<#event, #aggregate>(), #fold)
    }
}

fn keyed_arm(key: &TokenStream, fields: &[Ident], apply: &Apply, private: &TokenStream) -> TokenStream {
    let (cfgs, event) = (&apply.cfgs, &apply.event);
    let asked = apply.asked.as_ref().map(
        |asked| quote!(let key = <#asked as #private::FoldKey<#key, #event>>::fold_key(view_key, raw)?;),
    );
    let parameters = if asked.is_some() { quote!(|view, raw, view_key|) } else { quote!(|view, raw, _|) };
    let fold = fold(apply, private, &parameters, asked.as_ref());
    let parameter = apply.parameter.clone().unwrap_or_else(|| format_ident!("event"));
    let values = fields.iter().map(|field| value(field, &apply.key.fields, event, "apply", private));
    let (raw, tenant, recorded) = (local("raw"), local("tenant"), local("recorded"));
    let bound = if apply.recorded { quote!(&#recorded) } else { quote!(#recorded.event()) };
    // The expressions of the user see the event under the name that the method gives it.
    let says = !apply.key.fields.is_empty() || apply.key.items.is_some();
    let binding = says.then(|| quote!(let #parameter = #bound;));
    let keys = match &apply.key.items {
        Some(items) => {
            let names: Vec<_> = (0..fields.len()).map(|number| local(&format!("item{number}"))).collect();
            let pattern = if let [name] = &*names { quote!(#name) } else { quote!((#(#names),*)) };
            let key = quote!(|#pattern| <#key>::new(&#tenant, #(#names),*));
            quote!(#private::each(#items, #key))
        }
        None => quote!(#private::one(<#key>::new(&#tenant, #(#values),*))),
    };
    let keys = quote!(::core::result::Result::Ok(#keys));
    let keys = if says { quote!(#private::said_key(#raw, || #keys)) } else { keys };
    quote! {
        #(#cfgs)*
        #private::ProjectionArm::keyed(
            #private::event_id::<#event, _>(),
            |#raw, #tenant| {
                let #recorded = #private::decode::<#event>(#raw)?;
                #binding
                #keys
            },
            #fold,
        )
    }
}

/// The value of one field of a key: the given expression, or the field of that name of the event `recorded`.
pub(super) fn value(
    field: &Ident,
    said: &[ApplyKey],
    event: &Type,
    marker: &str,
    private: &TokenStream,
) -> TokenStream {
    match said.iter().find(|entry| entry.field == *field) {
        Some(entry) => {
            let value = &entry.value;
            quote!(#value)
        }
        None => {
            let name = field.unraw().to_string();
            let field = Ident::new_raw(&name, field.span());
            let at_event = at(event, private);
            let has = quote_spanned!(place(event)=> #at_event::has_field::<#event>(#name, #marker));
            let recorded = local("recorded");
            quote!(::core::clone::Clone::clone(&#private::with_field::<#event, { #has }>(#recorded.event()).#field))
        }
    }
}

fn fold(
    apply: &Apply,
    private: &TokenStream,
    parameters: &TokenStream,
    key: Option<&TokenStream>,
) -> TokenStream {
    let Apply { event, method, .. } = apply;
    if !apply.valid {
        return quote!(#parameters {
            let _ = (view, raw);
            ::core::result::Result::Ok(#private::ViewChange::Keep)
        });
    }
    let asked = key.map(|_| quote!(, &key));
    let argument = if apply.recorded { quote!(&recorded) } else { quote!(recorded.event()) };
    quote! {
        #parameters {
            let recorded = #private::decode::<#event>(raw)?;
            #key
            ::core::result::Result::Ok(::core::convert::From::from(Self::#method(view, #argument #asked)))
        }
    }
}
