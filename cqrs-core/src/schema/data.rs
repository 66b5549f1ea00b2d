//! The shapes of the types of the standard library and of this crate, as serde stores them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32,
    NonZeroU64, NonZeroUsize, Saturating, Wrapping,
};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::shape::{EventData, Field, Shape};
use crate::timestamp::Timestamp;
use crate::version::Version;

macro_rules! scalar {
    ($($name:literal: $($ty:ty),+;)*) => {
        $($(impl EventData for $ty {
            const SHAPE: Shape = Shape::Scalar($name);
        })+)*
    };
}

scalar! {
    "bool": bool;
    "i8": i8;
    "i16": i16;
    "i32": i32;
    "i64": i64;
    "isize": isize;
    "u8": u8;
    "u16": u16;
    "u32": u32;
    "u64": u64, Version;
    "usize": usize;
    "f32": f32;
    "f64": f64;
    "char": char;
    "i8 nonzero": NonZeroI8;
    "i16 nonzero": NonZeroI16;
    "i32 nonzero": NonZeroI32;
    "i64 nonzero": NonZeroI64;
    "isize nonzero": NonZeroIsize;
    "u8 nonzero": NonZeroU8;
    "u16 nonzero": NonZeroU16;
    "u32 nonzero": NonZeroU32;
    "u64 nonzero": NonZeroU64;
    "usize nonzero": NonZeroUsize;
    "string": String, str, PathBuf;
    "null": ();
}

/// Types that are scalars with their own names, each with an example.
macro_rules! form {
    ($($ty:ty: $name:literal, $example:literal;)*) => {
        $(impl $crate::schema::EventData for $ty {
            const SHAPE: $crate::schema::Shape =
                $crate::schema::Shape::Example(&$crate::schema::Shape::Scalar($name), $example);
        })*
    };
}
#[cfg(any(feature = "chrono", feature = "rust_decimal", feature = "uuid"))]
pub(crate) use form;

form! {
    IpAddr: "ip", r#""192.0.2.1""#;
    Ipv4Addr: "ipv4", r#""192.0.2.1""#;
    Ipv6Addr: "ipv6", r#""2001:db8::1""#;
    SocketAddr: "socket", r#""192.0.2.1:80""#;
    Timestamp: "timestamp", r#""2024-01-01T10:00:00.000Z""#;
    serde_json::Value: "json", r#"{"any":["json"]}"#;
}

/// Types that serde stores as the value that they hold.
macro_rules! transparent {
    ($($ty:ty),*) => {
        $(impl<T: EventData + ?Sized> EventData for $ty {
            const SHAPE: Shape = T::SHAPE;
            const MAY_MISS: bool = T::MAY_MISS;
        })*
    };
}

transparent!(Box<T>, Rc<T>, Arc<T>, &T);

impl<T: EventData> EventData for Wrapping<T> {
    const SHAPE: Shape = T::SHAPE;
}

impl<T: EventData> EventData for Saturating<T> {
    const SHAPE: Shape = T::SHAPE;
}

impl<T: EventData + ToOwned + ?Sized> EventData for Cow<'_, T> {
    const SHAPE: Shape = T::SHAPE;
}

impl<T: EventData> EventData for Option<T> {
    const SHAPE: Shape = Shape::Optional(&T::SHAPE);
    const MAY_MISS: bool = true;
}

impl<T> EventData for PhantomData<T> {
    const SHAPE: Shape = Shape::Scalar("null");
}

macro_rules! list {
    ($($ty:ident $(, $hasher:ident)?;)*) => {
        $(impl<T: EventData $(, $hasher)?> EventData for $ty<T $(, $hasher)?> {
            const SHAPE: Shape = Shape::List(&T::SHAPE);
        })*
    };
}

list! { Vec; VecDeque; LinkedList; BinaryHeap; BTreeSet; HashSet, S; }

impl<T: EventData> EventData for [T] {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
}

impl<T: EventData, const N: usize> EventData for [T; N] {
    const SHAPE: Shape = Shape::Array(&T::SHAPE, N);
}

impl<K: EventData, V: EventData> EventData for BTreeMap<K, V> {
    const SHAPE: Shape = Shape::Map(&K::SHAPE, &V::SHAPE);
}

impl<K: EventData, V: EventData, S> EventData for HashMap<K, V, S> {
    const SHAPE: Shape = Shape::Map(&K::SHAPE, &V::SHAPE);
}

macro_rules! tuple {
    ($($($name:ident)+;)*) => {
        $(impl<$($name: EventData),+> EventData for ($($name,)+) {
            const SHAPE: Shape = Shape::Tuple(&[$($name::SHAPE),+]);
        })*
    };
}

tuple! {
    A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; A B C D E F G H I;
    A B C D E F G H I J; A B C D E F G H I J K; A B C D E F G H I J K L;
}

impl EventData for Duration {
    const SHAPE: Shape = Shape::Record(&[Field::of::<u64>("secs"), Field::of::<u32>("nanos")]);
}

impl EventData for SystemTime {
    const SHAPE: Shape =
        Shape::Record(&[Field::of::<u64>("secs_since_epoch"), Field::of::<u32>("nanos_since_epoch")]);
}

/// Replaces a type inside itself: `#[derive(EventData)]` puts it there, because a shape that contained itself would
/// have no end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Itself;

impl EventData for Itself {
    const SHAPE: Shape = Shape::Itself;
}
