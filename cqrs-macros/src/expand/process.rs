use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Path, Type};

use super::projection::{other_key, value};
use super::{at, local, place};
use crate::model::{Apply, Process, ProcessArm, React, Reaction, Unknown};

/// What `#[process(…)] impl` adds: one row per event and per deadline, and the checks that it belongs to its struct.
pub(crate) fn process(process: &Process) -> TokenStream {
    let Process { krate, ty, key, fields, deadlines, unknown, fold, .. } = process;
    let private = quote!(#krate::__private);
    let arms = process.arms.iter().map(|one| arm(process, one, &private));
    let deadlines: Vec<_> = deadlines.iter().filter_map(|one| deadline(one, key, &private)).collect();
    let deadlines = (!deadlines.is_empty())
        .then(|| quote!(const DEADLINES: &'static [#private::DeadlineArm<Self>] = &[#(#deadlines),*];));
    let unknown = unknown.map(|unknown| match unknown {
        Unknown::Skip => quote!(Skip),
        Unknown::Fail => quote!(Fail),
    });
    let unknown =
        unknown.map(|unknown| quote!(const UNKNOWN: #private::Unknown = #private::Unknown::#unknown;));
    let fields = other_key(ty, fields, &quote!(other_process_key::<#ty>), &private);
    let check = quote_spanned!(ty.span()=>
        #fields
        const _: () = if let ::core::option::Option::Some(message) =
            #private::shared_arm(<#ty as #private::Process>::ARMS)
        {
            ::core::panic!("{}", message.text())
        };
    );
    quote! {
        #[automatically_derived]
        impl #private::Process for #ty {
            const ARMS: &'static [#private::ProcessArm<Self>] = &[#(#arms),*];
            #deadlines
            #unknown
            const FOLD: u64 = #fold;
        }

        #check
        #private::inventory::submit! {
            #private::AggregateRow::of::<#private::Instance<#ty>>(
                ::core::file!(), ::core::line!(), ::core::env!("CARGO_PKG_NAME")
            )
            .module(::core::module_path!())
        }
        #private::inspected_stream! { #private::Instance<#ty> }
        #private::inventory::submit! {
            #private::ProcessRow::of::<#ty>(::core::file!(), ::core::line!()).module(::core::module_path!())
        }
    }
}

fn arm(process: &Process, arm: &ProcessArm, private: &TokenStream) -> TokenStream {
    let event = &arm.event;
    let key = key(process, arm, private);
    let row = quote!(#private::ProcessArm::new(#private::event_id::<#event, _>(), #key));
    let mut steps = Vec::new();
    for one in &arm.applies {
        steps.push((&one.cfgs, one.valid.then(|| apply(one, event, private))));
    }
    for one in &arm.reacts {
        let starts = one.starts.then(|| quote!(.starts()));
        let react = react(one, event, &process.key, private);
        steps.push((&one.reaction.cfgs, Some(quote!(#react #starts))));
    }
    let cfgs = steps.first().map_or(&[] as &[Attribute], |(cfgs, _)| cfgs);
    if steps.iter().all(|(own, _)| own.as_slice() == cfgs) {
        let steps = steps.iter().map(|(_, step)| step);
        return quote!(#(#cfgs)* #row #(#steps)*);
    }
    let condition = condition(steps.iter().map(|(cfgs, _)| cfgs.as_slice()).collect());
    let arm = local("arm");
    let steps = steps.iter().map(|(cfgs, step)| quote!(#(#cfgs)* let #arm = #arm #step;));
    quote! {
        #condition
        {
            let #arm = #row;
            #(#steps)*
            #arm
        }
    }
}

/// The condition of a row: it exists if one of its methods does.
fn condition(methods: Vec<&[Attribute]>) -> Option<TokenStream> {
    if methods.iter().any(|cfgs| cfgs.is_empty()) {
        return None;
    }
    let conditions = methods.into_iter().map(|cfgs| {
        let conditions = cfgs.iter().filter_map(|cfg| cfg.meta.require_list().ok()).map(|list| &list.tokens);
        quote!(all(#(#conditions),*))
    });
    Some(quote!(#[cfg(any(#(#conditions),*))]))
}

/// The closure that takes the key of the instance from the event.
fn key(process: &Process, arm: &ProcessArm, private: &TokenStream) -> TokenStream {
    let (key, event) = (&process.key, &arm.event);
    let marker = if arm.applies.is_empty() { "react" } else { "apply" };
    let values = process.fields.iter().map(|field| value(field, &arm.key.fields, event, marker, private));
    let parameter = arm.key.parameter.clone().unwrap_or_else(|| format_ident!("event"));
    let (raw, tenant, recorded) = (local("raw"), local("tenant"), local("recorded"));
    let bound = if arm.key.recorded { quote!(&#recorded) } else { quote!(#recorded.event()) };
    // The expressions of the user see the event under the name that the method gives it.
    let says = !arm.key.fields.is_empty();
    let binding = says.then(|| quote!(let #parameter = #bound;));
    let made = quote!(::core::result::Result::Ok(#key::new(&#tenant, #(#values),*)));
    let made = if says { quote!(#private::said_key(#raw, || #made)) } else { made };
    quote! {
        |#raw, #tenant| {
            let #recorded = #private::decode::<#event>(#raw)?;
            #binding
            #made
        }
    }
}

fn apply(apply: &Apply, event: &Type, private: &TokenStream) -> TokenStream {
    let (method, argument) = (&apply.method, argument(apply.recorded));
    quote! {
        .apply(|process, raw| {
            let recorded = #private::decode::<#event>(raw)?;
            Self::#method(process, #argument);
            ::core::result::Result::Ok(())
        })
    }
}

fn react(react: &React, event: &Type, key: &Path, private: &TokenStream) -> TokenStream {
    let argument = argument(react.recorded);
    let Some((parameter, binding, call)) = call(&react.reaction, Some(&argument), key, private) else {
        return quote!(.react(|_, _, _| ::core::result::Result::Ok(#private::Reaction::new())));
    };
    quote! {
        .react(|process, raw, #parameter| {
            let recorded = #private::decode::<#event>(raw)?;
            #binding
            ::core::result::Result::Ok(#call)
        })
    }
}

fn deadline(deadline: &Reaction, key: &Path, private: &TokenStream) -> Option<TokenStream> {
    let (cfgs, method) = (&deadline.cfgs, &deadline.method);
    let name = method.unraw().to_string();
    let (parameter, binding, call) = call(deadline, None, key, private)?;
    let body = match &binding {
        Some(_) => quote!({ #binding #call }),
        None => call,
    };
    Some(quote! {
        #(#cfgs)*
        #private::DeadlineArm::new(
            #name,
            || #private::method_id(&Self::#method),
            |process, #parameter| #body,
        )
    })
}

/// How a reaction is called: the name of the key's parameter, a check of the key's type if the method takes one, and
/// the call.
fn call(
    reaction: &Reaction,
    argument: Option<&TokenStream>,
    key: &Path,
    private: &TokenStream,
) -> Option<(Ident, Option<TokenStream>, TokenStream)> {
    let Reaction { method, asked, output: Some(output), valid: true, .. } = reaction else { return None };
    let binding = asked.as_ref().map(|asked| {
        let private = at(asked, private);
        quote_spanned!(place(asked)=> let key = <#asked as #private::ReactionKey<#key>>::reaction_key(key);)
    });
    let private = at(output, private);
    let asks = asked.as_ref().map(|_| quote!(, key));
    let argument = argument.map(|argument| quote!(, #argument));
    let parameter = if asked.is_some() { format_ident!("key") } else { format_ident!("_key") };
    let call = quote_spanned!(place(output)=> #private::reaction(Self::#method(process #argument #asks)));
    Some((parameter, binding, call))
}

fn argument(recorded: bool) -> TokenStream {
    if recorded { quote!(&recorded) } else { quote!(recorded.event()) }
}
