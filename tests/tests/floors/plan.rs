//! The floors of each crate, top to bottom.

pub(crate) const CORE: &[&[&str]] = &[
    // What users and macros call.
    &["app", "testing", "__private", "prelude", "spi"],
    &["replay", "delivery"],
    &["projector", "engine"],
    &["runtime"],
    // Contracts, which macros implement, and ports, which stores implement.
    &["registry", "aggregate", "projection", "handler", "store", "view", "snapshot"],
    // The ground.
    &[
        "schema",
        "event",
        "commit",
        "key",
        "metadata",
        "trace",
        "tenant",
        "timestamp",
        "version",
        "cache",
        "panic",
    ],
];

pub(crate) const DYNAMO: &[&[&str]] =
    &[&["lambda", "deploy"], &["broker", "relay"], &["store"], &["stream"], &["table"]];

pub(crate) const MACROS: &[&[&str]] =
    &[&["macros"], &["expand"], &["model"], &["attr"], &["groups", "diagnostics"]];
