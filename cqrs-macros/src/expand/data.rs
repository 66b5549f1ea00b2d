use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericParam, Path, parse_quote};

use crate::model::{Data, Field, Shape};

/// What `#[derive(EventData)]` adds.
pub(crate) fn data(data: &Data) -> TokenStream {
    let Data { krate, ident, generics, shape, checked } = data;
    let private = quote!(#krate::__private);
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        if let GenericParam::Type(parameter) = parameter {
            parameter.bounds.push(parse_quote!(#private::EventData));
        }
    }
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let shape = if *checked {
        let shape = known(shape, &private);
        quote! {{
            #[allow(unused_imports)]
            use #private::Unshaped as _;
            #shape
        }}
    } else {
        Types::Shaped.constant(shape, &private)
    };
    quote! {
        #[automatically_derived]
        impl #parameters #private::EventData for #ident #arguments #bounds {
            const SHAPE: #private::Shape = #shape;
        }
    }
}

/// The derive for a struct with another of our macros on it, which may have `checked` the types in it.
pub(crate) fn derive_data(krate: &Path, checked: bool) -> TokenStream {
    let place = (*krate != parse_quote!(::cqrs_core)).then(|| quote!(crate = #krate));
    let options: Vec<TokenStream> = place.into_iter().chain(checked.then(|| quote!(checked))).collect();
    let options = (!options.is_empty()).then(|| quote!(#[event_data(#(#options),*)]));
    quote!(#[derive(#krate::__private::EventData)] #options)
}

/// The shape of a type whose parts may lack a shape: such parts are opaque.
pub(super) fn known(shape: &Shape, private: &TokenStream) -> TokenStream {
    Types::Any.constant(shape, private)
}

/// Which types a shape contains.
#[derive(Clone, Copy)]
enum Types {
    /// All have their own shape.
    Shaped,
    /// Some may have no shape.
    Any,
}

impl Types {
    fn constant(self, shape: &Shape, private: &TokenStream) -> TokenStream {
        match shape {
            Shape::Of(ty) => self.of(ty, private),
            Shape::Null => quote!(#private::Shape::Scalar("null")),
            Shape::Opaque(name) => quote!(#private::Shape::Opaque(#name)),
            Shape::Tuple(items) => {
                let items = items.iter().map(|item| self.constant(item, private));
                quote!(#private::Shape::Tuple(&[#(#items),*]))
            }
            Shape::Record(fields) => {
                let fields = fields.iter().map(|field| self.field(field, private));
                quote!(#private::Shape::Record(&[#(#fields),*]))
            }
            Shape::Choice(tagging, cases) => {
                let cases = cases.iter().map(|case| self.field(case, private));
                quote!(#private::Shape::Choice(#tagging, &[#(#cases),*]))
            }
            Shape::Lossy(shape) => {
                let shape = self.constant(shape, private);
                quote!(#private::Shape::Lossy(&#shape))
            }
            Shape::Recursive(name, shape) => {
                let shape = self.constant(shape, private);
                quote!(#private::Shape::Recursive(#name, &#shape))
            }
            Shape::Example(shape, example) => {
                let shape = self.constant(shape, private);
                quote!(#private::Shape::Example(&#shape, #example))
            }
        }
    }

    fn of(self, ty: &TokenStream, private: &TokenStream) -> TokenStream {
        match self {
            Self::Shaped => quote!(<#ty as #private::EventData>::SHAPE),
            Self::Any => {
                let name = ty.to_string().replace(' ', "");
                quote!(#private::known_shape(#private::ShapeOf::<#ty>::SHAPE, #name))
            }
        }
    }

    fn field(self, field: &Field, private: &TokenStream) -> TokenStream {
        let label = &field.label;
        match (&field.shape, self) {
            (Some(Shape::Of(ty)), Self::Shaped) => quote!(#private::Field::of::<#ty>(#label)),
            (Some(Shape::Of(ty)), Self::Any) => {
                let shape = self.of(ty, private);
                quote!(#private::Field::known(#label, #shape, #private::ShapeOf::<#ty>::MAY_MISS))
            }
            (Some(shape), _) => {
                let shape = self.constant(shape, private);
                quote!(#private::Field::new(#label, #shape))
            }
            (None, _) => quote!(#private::Field::bare(#label)),
        }
    }
}
