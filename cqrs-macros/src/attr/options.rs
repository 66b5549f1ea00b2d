use darling::FromMeta;
use darling::ast::NestedMeta;
use quote::ToTokens;
use syn::Meta;
use syn::ext::IdentExt;

use super::args::Arg;
use crate::diagnostics::Diagnostics;

/// The options that an attribute takes.
pub(crate) struct Options {
    /// The attribute as messages name it: `#[event]`.
    pub(crate) attribute: &'static str,
    /// The names, in the order of their page.
    pub(crate) names: &'static [&'static str],
}

impl Options {
    /// Reads the options. An argument that is unknown, repeated or not an option is noted and left out.
    pub(crate) fn read<T: FromMeta + Default>(&self, args: Vec<Arg>, diagnostics: &mut Diagnostics) -> T {
        self.read_with(&[], args, diagnostics)
    }

    /// The same, for options some of which may be repeated.
    pub(crate) fn read_with<T: FromMeta + Default>(
        &self,
        repeated: &[&str],
        args: Vec<Arg>,
        diagnostics: &mut Diagnostics,
    ) -> T {
        let mut metas: Vec<Meta> = Vec::new();
        for arg in args {
            match arg {
                Arg::Option(meta) => self.take(repeated, meta, &mut metas, diagnostics),
                Arg::Type(ty) => self.refuse(&ty, &ty.to_token_stream().to_string(), diagnostics),
                Arg::Literal(literal) => {
                    diagnostics.at(&literal, format!("expected an option; {}", self.known()));
                }
            }
        }
        let metas: Vec<NestedMeta> = metas.into_iter().map(NestedMeta::Meta).collect();
        T::from_list(&metas).unwrap_or_else(|error| {
            diagnostics.push(error.into());
            // One wrong value must not discard the right ones.
            let right = metas.iter().filter(|meta| T::from_list(std::slice::from_ref(meta)).is_ok());
            T::from_list(&right.cloned().collect::<Vec<_>>()).unwrap_or_default()
        })
    }

    fn take(&self, repeated: &[&str], meta: Meta, metas: &mut Vec<Meta>, diagnostics: &mut Diagnostics) {
        let name = name_of(&meta);
        if !self.names.contains(&name.as_str()) {
            self.refuse(meta.path(), &name, diagnostics);
        } else if !repeated.contains(&name.as_str())
            && metas.iter().any(|earlier| earlier.path() == meta.path())
        {
            diagnostics.at(meta.path(), format!("`{name}` is given twice"));
        } else {
            metas.push(meta);
        }
    }

    /// Notes and drops the options that belong on the other half of the item: on the struct, or on its impl block.
    pub(crate) fn without_those_of(
        &self,
        other: &Self,
        place: &str,
        args: Vec<Arg>,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Arg> {
        let mut kept = Vec::new();
        for arg in args {
            match &arg {
                Arg::Option(meta) if other.has(meta) && !self.has(meta) => {
                    let name = name_of(meta);
                    diagnostics.at(meta.path(), format!("`{name}` goes on {place}"));
                }
                _ => kept.push(arg),
            }
        }
        kept
    }

    fn has(&self, meta: &Meta) -> bool {
        self.names.contains(&name_of(meta).as_str())
    }

    fn refuse(&self, tokens: &impl ToTokens, name: &str, diagnostics: &mut Diagnostics) {
        let hint = did_you_mean(name, self.names.iter().copied());
        diagnostics.at(tokens, format!("unknown option `{name}`{hint} {}", self.known()));
    }

    fn known(&self) -> String {
        let names: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        format!("`{}` takes {}", self.attribute, names.join(", "))
    }
}

fn name_of(meta: &Meta) -> String {
    meta.path().get_ident().map(|ident| ident.unraw().to_string()).unwrap_or_default()
}

/// `, did you mean …?` with the nearest known name, or the colon before the list of known names.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let scored = known.into_iter().map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    match scored.max_by(|left, right| left.0.total_cmp(&right.0)) {
        Some((score, nearest)) if score > 0.7 => format!(", did you mean `{nearest}`?"),
        _ => ":".to_owned(),
    }
}
