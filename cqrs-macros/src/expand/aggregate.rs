use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::place;
use crate::model::{Aggregate, Apply, Command};

/// What `#[aggregate] impl` adds: the enum of the events, their fold, and one decision per command.
pub(crate) fn aggregate(aggregate: &Aggregate) -> TokenStream {
    let Aggregate { krate, ty, event, applies, commands, fold } = aggregate;
    let private = quote!(#krate::__private);
    let events = event_enum(aggregate, &private);
    let memberships = applies.iter().map(|apply| membership(aggregate, apply, &private));
    let decisions = commands.iter().map(|command| decision(aggregate, command, &private));
    let rows = applies.iter().map(|apply| {
        let (cfgs, event) = (&apply.cfgs, &apply.event);
        quote!(#(#cfgs)* #private::EventRow::of::<#event, #ty>())
    });
    let call = |apply: &Apply| {
        let method = &apply.method;
        if apply.valid {
            quote!(Self::#method(self, event))
        } else {
            quote!({
                let _ = event;
            })
        }
    };
    let cases = applies.iter().map(|apply| {
        let (cfgs, name, call) = (&apply.cfgs, &apply.name, call(apply));
        quote!(#(#cfgs)* #event::#name(ref event) => #call,)
    });
    let folds = applies.iter().map(|apply| {
        let (cfgs, event, call) = (&apply.cfgs, &apply.event, call(apply));
        quote! {
            #(#cfgs)*
            if #private::is_stored_as::<#event, Self>(name) {
                return #private::fold_event::<#event, Self>(number, data, |event| #call);
            }
        }
    });
    let encodes = applies.iter().map(|apply| {
        let (cfgs, name) = (&apply.cfgs, &apply.name);
        quote!(#(#cfgs)* #event::#name(ref event) => #private::encode_event::<_, Self>(event),)
    });
    let unique = quote_spanned!(ty.span()=>
        const _: () = if let ::core::option::Option::Some(message) =
            #private::shared_name(<#ty as #private::Aggregate>::EVENTS)
        {
            ::core::panic!("{}", message.text())
        };
    );
    let stored = stored_commands(aggregate, &private);
    quote! {
        #events

        #[automatically_derived]
        impl #private::Aggregate for #ty {
            type Event = #event;
            const EVENTS: &'static [#private::EventRow<Self::Event>] = &[#(#rows),*];
            const FOLD: u64 = #fold;

            fn apply(&mut self, event: &Self::Event) {
                match *event {
                    #(#cases)*
                }
            }

            #[inline]
            fn fold(
                &mut self,
                name: &str,
                number: #private::SchemaNumber,
                data: #private::Json,
            ) -> ::core::result::Result<(), #private::String> {
                #(#folds)*
                ::core::result::Result::Err(#private::unapplied::<Self>())
            }

            fn encode(
                event: &Self::Event,
            ) -> ::core::result::Result<#private::StoredEvent, #private::EncodeError> {
                match *event {
                    #(#encodes)*
                }
            }
        }

        #(#memberships)*
        #(#decisions)*

        #unique
        #private::inventory::submit! {
            #private::AggregateRow::of::<#ty>(::core::file!(), ::core::line!(), ::core::env!("CARGO_PKG_NAME"))
                .module(::core::module_path!())
        }
        #private::inspected_stream! { #ty }
        #stored
    }
}

/// The commands that are stored: those with `#[command]` on their struct, which this macro cannot see.
fn stored_commands(aggregate: &Aggregate, private: &TokenStream) -> Option<TokenStream> {
    let Aggregate { ty, commands, .. } = aggregate;
    let arms = commands.iter().map(|command| {
        let (cfgs, command) = (&command.cfgs, &command.command);
        quote!(#(#cfgs)* (&&#private::Stored::<#ty, #command>::new()).arm())
    });
    (!commands.is_empty()).then(|| {
        quote! {
            #private::inventory::submit! {
                #private::StoredCommands::of::<#ty>(|| {
                    #[allow(unused_imports)]
                    use #private::{IsStored as _, NotStored as _};
                    ::core::convert::From::from([#(#arms),*])
                })
            }
        }
    })
}

fn event_enum(aggregate: &Aggregate, private: &TokenStream) -> TokenStream {
    let Aggregate { ty, event, applies, .. } = aggregate;
    let variants = applies.iter().map(|apply| {
        let Apply { cfgs, name, event, .. } = apply;
        let doc = format!(" A [`{name}`].");
        quote!(#(#cfgs)* #[doc = #doc] #name(#event))
    });
    let debugs = applies.iter().map(|apply| {
        let (cfgs, name) = (&apply.cfgs, &apply.name);
        quote!(#(#cfgs)* #event::#name(ref event) => #private::debug_event::<_, #ty>(event, f),)
    });
    let doc = format!(" Every event of [`{}`].", quote!(#ty));
    quote! {
        #[doc = #doc]
        #[allow(clippy::enum_variant_names, clippy::large_enum_variant, private_interfaces, unreachable_pub)]
        pub enum #event {
            #(#variants,)*
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for #event {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match *self {
                    #(#debugs)*
                }
            }
        }

        #[automatically_derived]
        impl #private::IntoEvents<#ty> for #event {
            fn into_events(self, events: &mut #private::Vec<Self>) {
                events.push(self);
            }
        }
    }
}

/// The code that makes an event one of this aggregate's events.
fn membership(aggregate: &Aggregate, apply: &Apply, private: &TokenStream) -> TokenStream {
    let Aggregate { ty, event: event_enum, .. } = aggregate;
    let Apply { cfgs, name, event, .. } = apply;
    // rustc could not point at a path whose parts come from two places in the source.
    let one = quote_spanned!(event.span()=>
        #(#cfgs)*
        const _: () = {
            use #private::an_event_belongs_to_one_aggregate_so_give_each_aggregate_its_own_event as __one_aggregate;
            __one_aggregate::<#event, _>()
        };
    );
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #private::AggregateEvent<#ty> for #event {}

        #one

        #(#cfgs)*
        #[automatically_derived]
        impl ::core::convert::From<#event> for #event_enum {
            fn from(event: #event) -> Self {
                Self::#name(event)
            }
        }

        #(#cfgs)*
        #[automatically_derived]
        impl #private::IntoEvents<#ty> for #event {
            fn into_events(self, events: &mut #private::Vec<#event_enum>) {
                events.push(#event_enum::#name(self));
            }
        }
    }
}

fn decision(aggregate: &Aggregate, command: &Command, private: &TokenStream) -> TokenStream {
    let ty = &aggregate.ty;
    let Command { method, command: command_ty, cfgs, output, .. } = command;
    let rejection = match output {
        Some(output) => quote!(<#output as #private::ResultType>::Error),
        None => quote!(::core::convert::Infallible),
    };
    let body = match (command.valid, output) {
        (true, Some(output)) => {
            let argument = if command.borrows {
                quote!(command)
            } else {
                quote_spanned!(place(command_ty)=> #private::clone_command(command))
            };
            let context = command.context.then(|| quote!(, context));
            let events = match &command.events {
                Some(events) => quote!(#events),
                None => quote_spanned!(place(output)=> <#output as #private::ResultType>::Value),
            };
            quote! {
                let decided = #private::ResultType::into_result(Self::#method(self, #argument #context))?;
                <#events as #private::IntoEvents<Self>>::into_events(decided, events);
                ::core::result::Result::Ok(())
            }
        }
        _ => quote!(loop {}),
    };
    let name = quote!(#command_ty).to_string().replace(' ', "");
    let name = name.rsplit("::").next().unwrap_or_default();
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        #[allow(unused_variables, unused_imports)]
        impl #private::Decide<#command_ty> for #ty {
            type Rejection = #rejection;

            fn decide(
                &self,
                command: &#command_ty,
                context: &#private::CommandContext,
                events: &mut #private::Vec<Self::Event>,
            ) -> ::core::result::Result<(), Self::Rejection> {
                #body
            }

            fn command_name() -> &'static str {
                #name
            }

            fn digest(command: &#command_ty) -> ::core::option::Option<#private::CommandDigest> {
                use #private::{ByDebug as _, ByNothing as _, BySerde as _};
                (&&&#private::Content(command)).digest(#name)
            }

            fn find_error<'e>(
                error: &'e (dyn ::core::error::Error + 'static),
            ) -> ::core::option::Option<&'e #private::ExecuteError<Self::Rejection>> {
                use #private::{AmongErrors as _, NotAmongErrors as _};
                (&&#private::Answer::<Self::Rejection>::new()).find(error)
            }

            fn error_text(
                answer: &#private::ExecuteError<Self::Rejection>,
            ) -> ::core::option::Option<#private::String> {
                use #private::{AmongErrors as _, NotAmongErrors as _};
                (&&#private::Answer::<Self::Rejection>::new()).text(answer)
            }
        }
    }
}
