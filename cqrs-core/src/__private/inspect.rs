//! Items that exist only for tools: see [`inspect`](mod@crate::inspect). Without the feature, the macros generate
//! nothing.

#[cfg(feature = "inspect")]
mod shown;

#[cfg(feature = "inspect")]
pub use crate::inspect::{ProjectionInspection, StreamInspection};
#[cfg(feature = "inspect")]
pub use shown::{Shown, ShownByBoth, ShownByDebug, ShownByName, ShownBySerde, ShownFields};

pub use crate::{
    __inspected_projection as inspected_projection, __inspected_stream as inspected_stream, __shown as shown,
};

/// A method of [`Entity`](crate::aggregate::Entity) and [`ProcessState`](crate::process::ProcessState): the state by its fields.
#[cfg(feature = "inspect")]
#[doc(hidden)]
#[macro_export]
macro_rules! __shown {
    ($($(#[$cfg:meta])* $field:tt $name:literal,)*) => {
        #[allow(unused_imports, unused_mut)]
        fn shown(&self) -> $crate::Json {
            use $crate::__private::{ShownByBoth as _, ShownByDebug as _, ShownByName as _, ShownBySerde as _};
            let mut fields = $crate::__private::ShownFields::new();
            $(
                $(#[$cfg])*
                fields.push($name, (&&&&$crate::__private::Shown(&self.$field)).shown());
            )*
            fields.end()
        }
    };
}

/// No method.
#[cfg(not(feature = "inspect"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __shown {
    ($($field:tt)*) => {};
}

/// The row of an aggregate, or of the instances of a process.
#[cfg(feature = "inspect")]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspected_stream {
    ($stream:ty) => {
        $crate::__private::inventory::submit! { $crate::__private::StreamInspection::of::<$stream>() }
    };
}

/// No row.
#[cfg(not(feature = "inspect"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspected_stream {
    ($stream:ty) => {};
}

/// The row of a projection.
#[cfg(feature = "inspect")]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspected_projection {
    ($projection:ty) => {
        $crate::__private::inventory::submit! { $crate::__private::ProjectionInspection::of::<$projection>() }
    };
}

/// No row.
#[cfg(not(feature = "inspect"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspected_projection {
    ($projection:ty) => {};
}
