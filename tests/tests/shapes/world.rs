//! One event per shape, and an aggregate and a projection that keep the data as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use cqrs_core::Json;
use cqrs_core::prelude::*;
use fastrand::Rng;

use crate::data::*;
use crate::sample::Sample;

/// Events that are drawn when the command is decided.
#[derive(Clone)]
pub(crate) struct Tell(pub(crate) Arc<dyn Fn() -> Vec<WorldEvent> + Send + Sync>);

/// Rejected with the state that it was decided on.
#[derive(Clone)]
pub(crate) struct Ask;

/// What draws an event of each shape.
pub(crate) type Draw = fn(&mut Rng) -> WorldEvent;

/// What state and view hold of a value. A part that is not stored may not be in a state with snapshots; its text is
/// there instead.
trait Keep<K> {
    fn keep(&self) -> K;
}

impl<T: Clone> Keep<T> for T {
    fn keep(&self) -> T {
        self.clone()
    }
}

impl Keep<String> for Forgetful {
    fn keep(&self) -> String {
        format!("{self:?}")
    }
}

impl Keep<String> for Vec<Forgetful> {
    fn keep(&self) -> String {
        format!("{self:?}")
    }
}

macro_rules! kept {
    ($ty:ty) => {
        $ty
    };
    ($ty:ty as $kept:ty) => {
        $kept
    };
}

macro_rules! shapes {
    ($($event:ident $field:ident: $ty:ty $(as $kept:ty)?,)*) => {
        $(
            #[event]
            #[derive(Debug, Clone, PartialEq)]
            pub(crate) struct $event { value: $ty }
        )*

        #[aggregate(entity = "WORLD", snapshot_every = 2)]
        #[derive(Debug, Clone, Default, PartialEq)]
        pub(crate) struct World {
            told: u64,
            $($field: Vec<kept!($ty $(as $kept)?)>,)*
        }

        #[aggregate]
        impl World {
            #[command]
            fn tell(&self, command: Tell) -> Result<Vec<WorldEvent>, String> {
                Ok((command.0)())
            }

            #[command]
            fn ask(&self, _: Ask) -> Result<(), String> {
                Err(format!("{self:?}"))
            }

            $(
                #[apply]
                fn $field(&mut self, event: &$event) {
                    self.told += 1;
                    self.$field = vec![event.value.keep()];
                }
            )*
        }

        #[projection(World)]
        #[derive(Debug, Clone, Default, PartialEq)]
        pub(crate) struct Seen {
            told: u64,
            $($field: Vec<kept!($ty $(as $kept)?)>,)*
        }

        #[projection(World)]
        impl Seen {
            $(
                #[apply]
                fn $field(&mut self, event: &$event) {
                    self.told += 1;
                    self.$field = vec![event.value.keep()];
                }
            )*
        }

        pub(crate) const SHAPES: &[(&str, Draw)] =
            &[$((stringify!($field), |rng| $event { value: Sample::sample(rng) }.into())),*];

        /// The event itself as text, to the last bit of a number.
        pub(crate) fn text(event: &WorldEvent) -> String {
            match event {
                $(WorldEvent::$event(event) => format!("{event:?}"),)*
            }
        }
    };
}

shapes! {
    S000 s000: bool,
    S001 s001: char,
    S002 s002: String,
    S003 s003: i8,
    S004 s004: i64,
    S005 s005: u64,
    S006 s006: Wide,
    S007 s007: Option<Wide>,
    S008 s008: f32,
    S009 s009: f64,
    S010 s010: Json,
    S011 s011: Cents,
    S012 s012: Ratio,
    S013 s013: Pair,
    S014 s014: Clear,
    S015 s015: Point,
    S016 s016: Renamed,
    S017 s017: Shouted,
    S018 s018: Defaulted,
    S019 s019: Sparse,
    S020 s020: Forgetful as String,
    S021 s021: Nullable,
    S022 s022: Flat,
    S023 s023: FlatRest,
    S024 s024: FlatJson,
    S025 s025: FlatPerhaps,
    S026 s026: FlatBeside,
    S027 s027: Strict,
    S028 s028: Deep,
    S029 s029: Empty,
    S030 s030: Integers,
    S031 s031: Colour,
    S032 s032: External,
    S033 s033: Internal,
    S034 s034: Adjacent,
    S035 s035: Untagged,
    S036 s036: Alike,
    S037 s037: Around,
    S038 s038: Either,
    S039 s039: Option<f64>,
    S040 s040: Option<u64>,
    S041 s041: Option<Json>,
    S042 s042: Option<Untagged>,
    S043 s043: Option<Internal>,
    S044 s044: Option<Clear>,
    S045 s045: Option<Colour>,
    S046 s046: Option<Point>,
    S047 s047: Option<Nullable>,
    S048 s048: Option<Sparse>,
    S049 s049: Option<()>,
    S050 s050: Option<Option<f64>>,
    S051 s051: Option<Option<u64>>,
    S052 s052: Option<Option<Json>>,
    S053 s053: Option<Option<()>>,
    S054 s054: Option<Option<Ratio>>,
    S055 s055: Vec<f64>,
    S056 s056: Vec<u8>,
    S057 s057: Vec<Option<f64>>,
    S058 s058: Vec<Option<Option<u8>>>,
    S059 s059: Vec<External>,
    S060 s060: Vec<Adjacent>,
    S061 s061: Vec<Either>,
    S062 s062: Vec<Flat>,
    S063 s063: Vec<Colour>,
    S064 s064: Vec<Forgetful> as String,
    S065 s065: Vec<(u64, f64)>,
    S066 s066: BTreeMap<String, f64>,
    S067 s067: BTreeMap<String, Option<u8>>,
    S068 s068: BTreeMap<char, f64>,
    S069 s069: BTreeMap<char, Option<u8>>,
    S070 s070: BTreeMap<i32, f64>,
    S071 s071: BTreeMap<i32, Option<u8>>,
    S072 s072: BTreeMap<u64, f64>,
    S073 s073: BTreeMap<u64, Option<u8>>,
    S074 s074: BTreeMap<Colour, f64>,
    S075 s075: BTreeMap<Colour, Option<u8>>,
    S076 s076: BTreeMap<String, Untagged>,
    S077 s077: BTreeMap<String, Internal>,
    S078 s078: BTreeMap<String, Json>,
    S079 s079: BTreeMap<String, Vec<f32>>,
    S080 s080: BTreeMap<String, Sparse>,
    S081 s081: BTreeMap<String, FlatRest>,
    S082 s082: BTreeMap<String, Around>,
    S083 s083: BTreeMap<String, Alike>,
    S084 s084: BTreeMap<String, Option<()>>,
    S085 s085: (f64, f32),
    S086 s086: (String, Option<f64>),
    S087 s087: (Untagged, Json),
    S088 s088: (Option<()>, u8),
    S089 s089: [f64; 2],
    S090 s090: [Option<f64>; 2],
    S091 s091: [Point; 2],
    S092 s092: [Either; 2],
    S093 s093: Box<Point>,
    S094 s094: Box<External>,
    S095 s095: Box<Alike>,
}
