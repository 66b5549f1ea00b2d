//! One aggregate, and one view across its streams as six releases of a program have it.

use std::convert::Infallible;
use std::fmt::Debug;

use cqrs_core::prelude::*;

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sold {
    pub(crate) id: u64,
    pub(crate) goods: String,
    pub(crate) price: u64,
}

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked;

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Returned {
    pub(crate) goods: String,
    pub(crate) price: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct TakeBack(pub(crate) &'static str, pub(crate) u64);
#[derive(Debug, Clone)]
pub(crate) struct Sell(pub(crate) u64, pub(crate) &'static str, pub(crate) u64);
#[derive(Debug, Clone)]
pub(crate) struct Check;

#[aggregate(entity = "TILL")]
#[derive(Default)]
pub(crate) struct Till;

#[aggregate]
impl Till {
    #[command]
    fn sell(&self, command: Sell) -> Result<Sold, Infallible> {
        Ok(Sold { id: command.0, goods: command.1.to_owned(), price: command.2 })
    }

    #[command]
    fn check(&self, _: Check) -> Result<Checked, Infallible> {
        Ok(Checked)
    }

    #[command]
    fn take_back(&self, command: TakeBack) -> Result<Returned, Infallible> {
        Ok(Returned { goods: command.0.to_owned(), price: command.1 })
    }

    #[apply]
    fn sold(&mut self, _: &Sold) {}

    #[apply]
    fn returned(&mut self, _: &Returned) {}

    #[apply]
    fn checked(&mut self, _: &Checked) {}
}

/// What was sold, by its number: the till's place among the tills, and the price.
pub(crate) type Sales = Vec<(usize, u64)>;

/// A release: the view, what it is for some sales, and which sales are in it.
pub(crate) trait Release {
    type View: cqrs_core::Projection<Key: Named> + Debug + PartialEq;
    fn fold(sales: &Sales, seen: &[u64]) -> Self::View;
    fn seen(view: &Self::View) -> &[u64];
}

/// The key of a view of some goods, of any release.
pub(crate) trait Named {
    fn of(tenant: &Tenant, goods: &str) -> Self;
    fn goods(&self) -> &str;
}

macro_rules! release {
    ($module:ident, $name:literal, [$($index:tt)*], { $($field:ident: $ty:ty),* }, |$view:ident, $price:ident| $fold:expr) => {
        #[allow(clippy::no_effect, clippy::needless_update, reason = "one release has no field beside `seen`")]
        pub(crate) mod $module {
            use super::*;

            #[projection(key(goods: String), name = $name, view = "SALES" $($index)*)]
            #[derive(Debug, Default, PartialEq)]
            pub(crate) struct View {
                pub(crate) seen: Vec<u64>,
                $(pub(crate) $field: $ty,)*
            }

            #[projection(key(goods))]
            impl View {
                #[apply]
                fn sold(&mut self, event: &Sold) {
                    self.seen.push(event.id);
                    let ($view, $price) = (self, event.price);
                    $fold;
                }
            }

            impl Named for ViewKey {
                fn of(tenant: &Tenant, goods: &str) -> Self {
                    Self::new(tenant, goods)
                }

                fn goods(&self) -> &str {
                    ViewKey::goods(self)
                }
            }

            pub(crate) struct This;

            impl Release for This {
                type View = View;

                fn fold(sales: &Sales, seen: &[u64]) -> View {
                    let mut folded = View { seen: seen.to_vec(), ..View::default() };
                    for id in seen {
                        let ($view, $price) = (&mut folded, sales[usize::try_from(*id).unwrap()].1);
                        $fold;
                    }
                    folded
                }

                fn seen(view: &View) -> &[u64] {
                    &view.seen
                }
            }
        }
    };
}

release!(first, "first", [, index(by_total(total))], { total: u64 }, |view, price| view.total += price);
release!(fold_changed, "fold_changed", [, index(by_total(total))], { total: u64 }, |view, price| {
    view.total = view.total.max(price);
});
release!(field_removed, "field_removed", [], {}, |_view, _price| ());
release!(field_added, "field_added", [, index(by_count(count))], { total: u64, count: u32 }, |view, price| {
    view.total += price;
    view.count += 1;
});
release!(field_renamed, "field_renamed", [], { sum: u64 }, |view, price| view.sum += price);
release!(field_retyped, "field_retyped", [], { total: Vec<u64> }, |view, price| view.total.push(price));

/// Releases that listen to different events: sales and returns, and returns only.
pub(crate) mod balance {
    use super::*;

    #[projection(key(goods: String), name = "balance", view = "RETURNS")]
    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct View {
        pub(crate) cents: i64,
    }

    #[projection(key(goods))]
    impl View {
        #[apply]
        fn sold(&mut self, event: &Sold) {
            self.cents += event.price.cast_signed();
        }

        #[apply]
        fn returned(&mut self, event: &Returned) {
            self.cents -= event.price.cast_signed();
        }
    }
}

pub(crate) mod returns {
    use super::*;

    #[projection(key(goods: String), name = "returns", view = "RETURNS")]
    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct View {
        pub(crate) cents: i64,
    }

    #[projection(key(goods))]
    impl View {
        #[apply]
        fn returned(&mut self, event: &Returned) {
            self.cents += event.price.cast_signed();
        }
    }
}

/// A release that cannot count to thirteen.
pub(crate) mod faulty {
    use super::*;

    #[projection(key(goods: String), name = "faulty", view = "SALES")]
    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct View {
        pub(crate) seen: Vec<u64>,
        pub(crate) sum: u64,
    }

    #[projection(key(goods))]
    impl View {
        #[apply]
        fn sold(&mut self, event: &Sold) {
            assert_ne!(event.price, 13, "a bad price");
            self.seen.push(event.id);
        }
    }
}

/// Another one that cannot either, with another view.
pub(crate) mod faulty_too {
    use super::*;

    #[projection(key(goods: String), name = "faulty_too", view = "SALES")]
    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct View {
        pub(crate) sum: u64,
    }

    #[projection(key(goods))]
    impl View {
        #[apply]
        fn sold(&mut self, event: &Sold) {
            assert_ne!(event.price, 13, "a bad price");
            self.sum += event.price;
        }
    }
}
