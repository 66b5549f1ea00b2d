//! The floors of each crate, top to bottom. A room on a floor may name those of all floors below, and those beside it.

pub(crate) const CORE: &[&[&str]] = &[
    // What users and macros call.
    &["app", "contract", "inspect", "testing", "conformance", "prelude", "spi", "__private"],
    // What macros list.
    &["registry"],
    &["delivery", "replay"],
    &["engine", "projector"],
    // Stores, index of events, caches and settings, for all of those.
    &["runtime"],
    // Contracts, which macros implement.
    &["aggregate", "command", "foreign", "handler", "process", "projection"],
    // Ports, which stores implement.
    &["snapshot", "store", "view"],
    // The ground.
    &[
        "clock",
        "commit",
        "digest",
        "event",
        "json",
        "key",
        "location",
        "metadata",
        "schema",
        "timestamp",
        "version",
    ],
    &["cache", "causes", "panic", "supervisor", "trace"],
];

pub(crate) const DYNAMO: &[&[&str]] = &[
    // What runs on AWS, and what is deployed there.
    &["lambda", "template"],
    &["broker", "relay"],
    &["store"],
    &["stream", "embedded"],
    &["table", "topology"],
    &["aws", "names"],
];

pub(crate) const CLI: &[&[&str]] = &[
    &["cli"],
    // What clap reads, and who does it.
    &["arguments"],
    &["operation", "spend"],
    // One call: what it works on, whom it asks, how far it is.
    &["progress", "session"],
    &["options", "output", "target"],
    &["failure"],
];

pub(crate) const MACROS: &[&[&str]] = &[
    // An attribute is parsed, validated into a model, and expanded: the one at the end knows the others.
    &["facade", "macros"],
    &["expand"],
    &["model"],
    &["attr"],
    &["diagnostics", "groups"],
];
