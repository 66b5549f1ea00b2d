use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericParam, Path, parse_quote};

use crate::model::{Data, Field, Shape};

/// What `#[derive(EventData)]` adds.
pub(crate) fn data(data: &Data) -> TokenStream {
    let Data { krate, ident, generics, shape } = data;
    let private = quote!(#krate::__private);
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        if let GenericParam::Type(parameter) = parameter {
            parameter.bounds.push(parse_quote!(#private::EventData));
        }
    }
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let shape = constant(shape, &private);
    quote! {
        #[automatically_derived]
        impl #parameters #private::EventData for #ident #arguments #bounds {
            const SHAPE: #private::Shape = #shape;
        }
    }
}

/// The derive, for a struct that another macro is on.
pub(crate) fn derive_data(krate: &Path) -> TokenStream {
    let place = (*krate != parse_quote!(::cqrs_core)).then(|| quote!(#[event_data(crate = #krate)]));
    quote!(#[derive(#krate::__private::EventData)] #place)
}

fn constant(shape: &Shape, private: &TokenStream) -> TokenStream {
    match shape {
        Shape::Of(ty) => quote!(<#ty as #private::EventData>::SHAPE),
        Shape::Null => quote!(#private::Shape::Scalar("null")),
        Shape::Opaque(name) => quote!(#private::Shape::Opaque(#name)),
        Shape::Tuple(items) => {
            let items = items.iter().map(|item| constant(item, private));
            quote!(#private::Shape::Tuple(&[#(#items),*]))
        }
        Shape::Record(fields) => {
            let fields = fields.iter().map(|field| self::field(field, private));
            quote!(#private::Shape::Record(&[#(#fields),*]))
        }
        Shape::Choice(tagging, cases) => {
            let cases = cases.iter().map(|case| field(case, private));
            quote!(#private::Shape::Choice(#tagging, &[#(#cases),*]))
        }
        Shape::Lossy(shape) => {
            let shape = constant(shape, private);
            quote!(#private::Shape::Lossy(&#shape))
        }
        Shape::Example(shape, example) => {
            let shape = constant(shape, private);
            quote!(#private::Shape::Example(&#shape, #example))
        }
    }
}

fn field(field: &Field, private: &TokenStream) -> TokenStream {
    let label = &field.label;
    match &field.shape {
        Some(Shape::Of(ty)) => quote!(#private::Field::of::<#ty>(#label)),
        Some(shape) => {
            let shape = constant(shape, private);
            quote!(#private::Field::new(#label, #shape))
        }
        None => quote!(#private::Field::bare(#label)),
    }
}
