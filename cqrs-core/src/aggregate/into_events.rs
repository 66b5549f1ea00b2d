use super::Aggregate;

/// What a `#[command]` method may return inside its `Ok`: one event, an `Option`, a `Vec`, an array, a tuple of them,
/// the aggregate's own event enum, or `()` for no event.
#[diagnostic::on_unimplemented(
    message = "`{A}` does not apply `{Self}`, so none of its commands can return it",
    label = "not an event of `{A}`",
    note = "add `#[apply] fn …(&mut self, event: &{Self})` to `#[aggregate] impl {A}`"
)]
pub trait IntoEvents<A: Aggregate> {
    /// Appends the events in their order.
    fn into_events(self, events: &mut Vec<A::Event>);
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Option<T> {
    fn into_events(self, events: &mut Vec<A::Event>) {
        if let Some(event) = self {
            event.into_events(events);
        }
    }
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Vec<T> {
    fn into_events(self, events: &mut Vec<A::Event>) {
        for event in self {
            event.into_events(events);
        }
    }
}

impl<A: Aggregate, T: IntoEvents<A>, const N: usize> IntoEvents<A> for [T; N] {
    fn into_events(self, events: &mut Vec<A::Event>) {
        for event in self {
            event.into_events(events);
        }
    }
}

impl<A: Aggregate> IntoEvents<A> for () {
    fn into_events(self, _events: &mut Vec<A::Event>) {}
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        impl<A: Aggregate, $($name: IntoEvents<A>),+> IntoEvents<A> for ($($name,)+) {
            #[allow(non_snake_case, reason = "one binding per type parameter, named like it")]
            fn into_events(self, events: &mut Vec<A::Event>) {
                let ($($name,)+) = self;
                $($name.into_events(events);)+
            }
        }
    )*};
}
tuples! { (T1 T2) (T1 T2 T3) (T1 T2 T3 T4) (T1 T2 T3 T4 T5) (T1 T2 T3 T4 T5 T6) }
