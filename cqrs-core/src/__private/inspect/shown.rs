use std::any::type_name;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// One field of a state, shown in the best way that its type offers. Methods of a reference come before those behind
/// it, so `(&&&&Shown(&self.total)).shown()` is the first one that exists.
#[derive(Debug)]
pub struct Shown<'a, T>(pub &'a T);

/// The first way: what serde sees, or the `{:?}` of a value that JSON cannot hold, such as a map whose keys are not
/// texts.
pub trait ShownByBoth {
    /// The value.
    fn shown(&self) -> Value;
}

/// The second: what serde sees.
pub trait ShownBySerde {
    /// The value; the name of the type if JSON cannot hold the value.
    fn shown(&self) -> Value;
}

/// The third: the `{:?}`.
pub trait ShownByDebug {
    /// The text.
    fn shown(&self) -> Value;
}

/// There is no way to see it.
pub trait ShownByName {
    /// The name of the type.
    fn shown(&self) -> Value;
}

impl<T: Serialize + fmt::Debug> ShownByBoth for &&&Shown<'_, T> {
    fn shown(&self) -> Value {
        serde_json::to_value(self.0).unwrap_or_else(|_| debug(self.0))
    }
}

impl<T: Serialize> ShownBySerde for &&Shown<'_, T> {
    fn shown(&self) -> Value {
        serde_json::to_value(self.0).unwrap_or_else(|_| type_name::<T>().into())
    }
}

impl<T: fmt::Debug> ShownByDebug for &Shown<'_, T> {
    fn shown(&self) -> Value {
        debug(self.0)
    }
}

impl<T> ShownByName for Shown<'_, T> {
    fn shown(&self) -> Value {
        type_name::<T>().into()
    }
}

fn debug(value: &impl fmt::Debug) -> Value {
    format!("{value:?}").into()
}

/// The fields of a state, one after another.
#[derive(Debug, Default)]
pub struct ShownFields(Map<String, Value>);

impl ShownFields {
    /// No fields yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    pub fn push(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// All of them.
    #[must_use]
    pub fn end(self) -> Value {
        Value::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Sold(u32);

    #[derive(Debug)]
    struct Seen(#[expect(dead_code, reason = "read by `Debug`")] u32);

    struct Hidden;

    #[test]
    #[expect(clippy::needless_borrow, reason = "generated code borrows as often for every value")]
    fn a_value_is_shown_by_the_best_way_that_it_has() {
        assert_eq!((&&&&Shown(&vec![1, 2])).shown(), json!([1, 2]));
        assert_eq!((&&&&Shown(&BTreeMap::from([((1, 2), 3)]))).shown(), json!("{(1, 2): 3}"));
        assert_eq!((&&&&Shown(&Sold(7))).shown(), json!(7));
        assert_eq!((&&&&Shown(&Seen(7))).shown(), json!("Seen(7)"));
        let shown = (&&&&Shown(&Hidden)).shown();
        assert!(shown.as_str().is_some_and(|name| name.ends_with("::Hidden")), "{shown}");
    }
}
