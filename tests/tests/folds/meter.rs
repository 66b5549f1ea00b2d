//! One aggregate, and one view of it as six releases of a program have it.

use std::convert::Infallible;

use cqrs_core::prelude::*;

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    pub(crate) place: String,
    pub(crate) value: u64,
}

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked;

#[derive(Debug, Clone)]
pub(crate) struct Take(pub(crate) &'static str, pub(crate) u64);
#[derive(Debug, Clone)]
pub(crate) struct Check;

#[aggregate(entity = "METER")]
#[derive(Default)]
pub(crate) struct Meter;

#[aggregate]
impl Meter {
    #[command]
    fn take(&self, command: Take) -> Result<Read, Infallible> {
        Ok(Read { place: command.0.to_owned(), value: command.1 })
    }

    #[command]
    fn check(&self, _: Check) -> Result<Checked, Infallible> {
        Ok(Checked)
    }

    #[apply]
    fn read(&mut self, _: &Read) {}

    #[apply]
    fn checked(&mut self, _: &Checked) {}
}

/// What was there when the view was read, as far as the view has come.
pub(crate) type Values = Vec<(&'static str, u64)>;

/// A release: the view, and what it is for some values.
pub(crate) trait Release {
    type View: cqrs_core::Projection<Key = MeterKey> + cqrs_core::app::Queried + std::fmt::Debug + PartialEq;
    fn fold(values: &Values) -> Self::View;
}

macro_rules! release {
    ($module:ident, $name:literal, [$($index:tt)*], { $($field:ident: $ty:ty),* }, |$view:ident, $place:ident, $value:ident| $fold:expr) => {
        pub(crate) mod $module {
            use super::*;

            #[projection(Meter, name = $name, view = "READING" $($index)*)]
            #[derive(Debug, Default, PartialEq)]
            pub(crate) struct View {
                $(pub(crate) $field: $ty,)*
            }

            #[projection(Meter)]
            impl View {
                #[apply]
                fn read(&mut self, event: &Read) {
                    let ($view, $place, $value) = (self, event.place.as_str(), event.value);
                    $fold;
                }
            }

            pub(crate) struct This;

            impl Release for This {
                type View = View;
                fn fold(values: &Values) -> View {
                    let mut folded = View::default();
                    for &($place, $value) in values {
                        let $view = &mut folded;
                        $fold;
                    }
                    folded
                }
            }
        }
    };
}

release!(first, "first", [, index(by_place(place, total))], { place: String, total: u64 }, |view, place, value| {
    view.place = place.to_owned();
    view.total += value;
});
release!(fold_changed, "fold_changed", [, index(by_place(place, total))], { place: String, total: u64 }, |view, place, value| {
    view.place = place.to_uppercase();
    view.total = view.total.max(value);
});
release!(field_removed, "field_removed", [], { total: u64 }, |view, _place, value| view.total += value);
release!(field_added, "field_added", [, index(by_place(place))], { place: String, total: u64, count: u32 }, |view, place, value| {
    view.place = place.to_owned();
    view.total += value;
    view.count += 1;
});
release!(field_renamed, "field_renamed", [], { place: String, sum: u64 }, |view, place, value| {
    view.place = place.to_owned();
    view.sum += value;
});
release!(field_retyped, "field_retyped", [], { place: String, total: Vec<u64> }, |view, place, value| {
    view.place = place.to_owned();
    view.total.push(value);
});
