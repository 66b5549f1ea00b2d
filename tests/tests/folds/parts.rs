//! What is known about the types inside a view.

use cqrs_core::projection::View;

/// The same view around another part.
macro_rules! around {
    ($module:ident, [$($derive:ident)?], { $($field:ident),* }) => {
        mod $module {
            use cqrs_core::prelude::*;
            use cqrs_core::serde::{Deserialize, Serialize};

            use crate::meter::Meter;

            #[derive(Debug, Default, Serialize, Deserialize $(, $derive)?)]
            #[serde(crate = "cqrs_core::serde")]
            pub(crate) struct Part {
                $($field: u32,)*
            }

            #[projection(Meter, view = "AROUND")]
            #[derive(Debug, Default)]
            pub(crate) struct Around {
                part: Part,
            }
        }
    };
}

around!(one, [EventData], { x });
around!(other, [EventData], { x, y });
around!(unknown, [], { x });
around!(other_unknown, [], { x, y });

#[test]
fn a_part_that_changes_is_seen_where_it_derives_event_data() {
    assert_ne!(one::Around::SHAPE, other::Around::SHAPE);
    assert_ne!(one::Around::SHAPE, unknown::Around::SHAPE);
    // As the pages say.
    assert_eq!(unknown::Around::SHAPE, other_unknown::Around::SHAPE);
}
