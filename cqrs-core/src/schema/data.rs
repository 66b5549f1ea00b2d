//! The shapes of what the standard library and this crate bring, as serde stores them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, Saturating,
    Wrapping,
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
    "i8": i8, NonZeroI8;
    "i16": i16, NonZeroI16;
    "i32": i32, NonZeroI32;
    "i64": i64, NonZeroI64;
    "isize": isize;
    "u8": u8, NonZeroU8;
    "u16": u16, NonZeroU16;
    "u32": u32, NonZeroU32;
    "u64": u64, NonZeroU64, Version;
    "usize": usize;
    "f32": f32;
    "f64": f64;
    "char": char;
    "string": String, str, PathBuf;
    "null": ();
}

/// Texts of a form of their own.
macro_rules! form {
    ($($ty:ty: $name:literal, $example:literal;)*) => {
        $(impl EventData for $ty {
            const SHAPE: Shape = Shape::Example(&Shape::Scalar($name), $example);
        })*
    };
}

form! {
    IpAddr: "ip", r#""192.0.2.1""#;
    Ipv4Addr: "ipv4", r#""192.0.2.1""#;
    Ipv6Addr: "ipv6", r#""2001:db8::1""#;
    SocketAddr: "socket", r#""192.0.2.1:80""#;
    Timestamp: "timestamp", r#""2024-01-01T10:00:00.000Z""#;
    serde_json::Value: "json", r#"{"any":["json"]}"#;
}

/// What serde stores as what it holds.
macro_rules! transparent {
    ($($ty:ty),*) => {
        $(impl<T: EventData + ?Sized> EventData for $ty {
            const SHAPE: Shape = T::SHAPE;
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

tuple! { A; A B; A B C; A B C D; A B C D E; A B C D E F; }

impl EventData for Duration {
    const SHAPE: Shape = Shape::Record(&[Field::of::<u64>("secs"), Field::of::<u32>("nanos")]);
}

impl EventData for SystemTime {
    const SHAPE: Shape =
        Shape::Record(&[Field::of::<u64>("secs_since_epoch"), Field::of::<u32>("nanos_since_epoch")]);
}

/// A type inside of itself: what `#[derive(EventData)]` puts in its place, because a shape that held itself would have
/// no end.
#[derive(Debug)]
pub struct Itself;

impl EventData for Itself {
    const SHAPE: Shape = Shape::Itself;
}
