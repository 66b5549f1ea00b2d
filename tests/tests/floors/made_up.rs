//! The checker itself, on small sources.

use crate::Files;
use crate::faults::faults;

const FLOORS: &[&[&str]] = &[&["app"], &["delivery", "replay", "projector"], &["ground"]];

fn files(sources: &[(&str, &str)]) -> Files {
    sources.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

const LIB: &str = "mod app; mod delivery; mod replay; mod projector; mod ground; pub use app::App;";

/// A crate with these sources, and with all other rooms empty.
fn found(sources: &[(&str, &str)]) -> Vec<String> {
    let mut all = files(&[
        ("lib.rs", LIB),
        ("app/mod.rs", "pub struct App;"),
        ("delivery/mod.rs", ""),
        ("replay.rs", ""),
        ("projector.rs", ""),
        ("ground.rs", ""),
    ]);
    all.extend(files(sources));
    faults("src/", FLOORS, &all)
}

const UP: &str = "src/ground.rs:1 runs up to src/app/mod.rs: `app` is above `ground`";

#[test]
fn arrows_down_and_within_a_room_are_free() {
    let app = "mod own; use crate::{delivery::Relay, ground}; use own::Thing; pub struct App;";
    let own = "use super::App; use super::super::ground::Key; use crate::app; pub struct Thing;";
    let delivery = "use crate::replay::Replay; pub struct Relay;";
    let replay = "use crate::ground::*; pub struct Replay;";
    let sources =
        [("app/mod.rs", app), ("app/own.rs", own), ("delivery/mod.rs", delivery), ("replay.rs", replay)];
    assert_eq!(found(&sources), [""; 0]);
}

#[test]
fn an_arrow_up_names_both_files() {
    let ground = "\nuse std::fmt;\n\nuse crate::{\n    app::{builder::Builder},\n};\n";
    let sources =
        [("ground.rs", ground), ("app/mod.rs", "mod builder;"), ("app/builder.rs", "pub struct Builder;")];
    let sources = [("lib.rs", "mod app; mod delivery; mod replay; mod projector; mod ground;")]
        .into_iter()
        .chain(sources)
        .collect::<Vec<_>>();
    assert_eq!(found(&sources), ["src/ground.rs:5 runs up to src/app/builder.rs: `app` is above `ground`"]);
}

/// Whatever its form.
#[test]
fn all_forms_of_an_arrow_are_seen() {
    for text in [
        "use crate::app::App;",
        "use crate::App;",
        "use crate::app;",
        "use super::app::App;",
        "use crate::{ground, app::{self as front}};",
        "use crate::App as Front;",
        "use crate::App as _;",
        "pub use crate::app::*;",
        "pub(crate) use crate::app::App;",
        "fn of(app: &crate::App) {}",
        "fn of() -> impl Into<crate::app::App> {}",
        "fn of() { let app = crate::app::App; }",
        "fn of() { use crate::app::App; }",
        "impl From<super::app::App> for Key {}",
        "mod deep { mod deeper { use super::super::super::app::App; } }",
        "mod deep { use super::super::app::App; }",
        "use crate as root; fn of(app: root::App) {}",
        "mod up { pub use crate as root; } fn of() { up::root::app::of() }",
        "extern crate self as me; fn of(app: me::App) {}",
        "fn of() { println!(\"{}\", crate::app::of()) }",
        "fn of() { select! { _ = wait() => { super::app::of(crate::ground::Key) } } }",
        "macro_rules! of { () => { $crate::app::of() } }",
        "macro_rules! of { () => { use $crate::{ground, app::{App}}; } }",
        "macro_rules! of { () => { $crate::App::new() } }",
        "#[derive(crate::app::Front)] struct Key;",
        "struct Key { #[serde(with = \"crate::app::text\")] at: u64 }",
        "struct Key { #[cfg(not(test))] app: crate::App }",
        "#[cfg(any(test, feature = \"testing\"))] use crate::App;",
    ] {
        assert_eq!(found(&[("ground.rs", text)]), [UP], "{text}");
    }
}

#[test]
fn what_is_no_arrow_is_none() {
    for text in [
        "/// See [`App`](crate::App), or `crate::app::App`.\nstruct Key;",
        "//! [`App`](crate::App)",
        "// crate::App",
        "const TEXT: &str = \"crate::App\";",
        "#[cfg(test)] mod tests { use crate::App; }",
        "#[cfg(test)] mod tests;",
        "#[cfg(all(test, unix))] use crate::App;",
        "#[cfg(any(test, doctest))] use crate::App;",
        "#[test] fn works() { crate::app::of() }",
        "impl Key { #[cfg(test)] fn of(app: crate::App) {} }",
        "trait Key { #[cfg(test)] fn of(app: crate::App); }",
        "struct Key { #[cfg(test)] app: crate::App }",
        "enum Key { #[cfg(test)] One(crate::App) }",
        "fn of() { #[cfg(test)] let app = crate::App; }",
        "#![cfg(test)] use crate::App;",
        "use other::crate_::app::App;",
        "use ::app::App;",
        "use app::App;",
        "fn of() { quote!(#crate_::app::App, ::app::App, a.app::<App>()) }",
        "macro_rules! of { ($app:path) => { $app::app::App } }",
        "pub(in crate::ground) struct Key;",
        "use crate::Json;",
    ] {
        assert_eq!(found(&[("ground.rs", text)]), [""; 0], "{text}");
    }
}

/// What a room re-exports is a part of it, and its own arrow to the source counts as well.
#[test]
fn a_door_leads_to_the_room_behind_it() {
    let sources = [
        ("lib.rs", "mod app; mod delivery; mod replay; mod projector; mod ground; pub use app::*;"),
        ("app/mod.rs", "pub use crate::replay::Replay; #[macro_export] macro_rules! wiring { () => {} }"),
        ("replay.rs", "pub struct Replay;"),
        ("ground.rs", "use crate::Replay;"),
        ("delivery/mod.rs", "pub use crate::wiring as proof;"),
    ];
    assert_eq!(
        found(&sources),
        ["src/delivery/mod.rs:1 runs up to src/app/mod.rs: `app` is above `delivery`", UP]
    );
}

#[test]
fn a_circle_on_one_floor_is_reported_with_its_files() {
    let sources = [
        ("delivery/mod.rs", "mod relay;"),
        ("delivery/relay.rs", "use crate::ground::Key;\nuse crate::replay::Replay;\npub struct Relay;"),
        ("replay.rs", "use crate::projector::Projector; pub struct Replay;"),
        ("projector.rs", "pub struct Projector(crate::delivery::relay::Relay);"),
        ("ground.rs", "pub struct Key;"),
    ];
    assert_eq!(
        found(&sources),
        ["\
3 rooms of src/ lie on a circle: `delivery`, `projector`, `replay`
  `delivery` → `replay`: src/delivery/relay.rs:2 names src/replay.rs
  `replay` → `projector`: src/replay.rs:1 names src/projector.rs
  `projector` → `delivery`: src/projector.rs:1 names src/delivery/relay.rs"]
    );
}

/// Every room of it is shown.
#[test]
fn circles_that_touch_are_one() {
    let sources = [
        ("delivery/mod.rs", "use crate::projector; use crate::replay;"),
        ("projector.rs", "use crate::delivery;"),
        ("replay.rs", "use crate::delivery;"),
    ];
    assert_eq!(
        found(&sources),
        ["\
3 rooms of src/ lie on a circle: `delivery`, `projector`, `replay`
  `delivery` → `projector`: src/delivery/mod.rs:1 names src/projector.rs
  `projector` → `delivery`: src/projector.rs:1 names src/delivery/mod.rs

  `replay` → `delivery`: src/replay.rs:1 names src/delivery/mod.rs
  `delivery` → `replay`: src/delivery/mod.rs:1 names src/replay.rs"]
    );
}

/// One arrow down and one up are a circle, too: the one that runs up must go.
#[test]
fn a_circle_over_floors_is_reported_by_its_arrow_up() {
    let lib = "mod app; mod delivery; mod replay; mod projector; mod ground;";
    let sources =
        [("lib.rs", lib), ("delivery/mod.rs", "use crate::app;"), ("app/mod.rs", "use crate::delivery;")];
    assert_eq!(
        found(&sources),
        ["src/delivery/mod.rs:1 runs up to src/app/mod.rs: `app` is above `delivery`"]
    );
}

#[test]
fn every_room_has_one_floor() {
    let lib = "mod app; mod delivery; mod replay; mod attic { } pub mod ground; #[cfg(doctest)] mod pages;";
    assert_eq!(
        found(&[("lib.rs", lib)]),
        [
            "src/lib.rs: `attic` has no floor: give it one in `plan.rs`",
            "`projector` has a floor, and there is no such room in src/: take it out of `plan.rs`",
        ]
    );
    let twice: &[&[&str]] = &[&["app"], &["app", "ground"]];
    let sources = files(&[("lib.rs", "mod app; mod ground;"), ("app.rs", ""), ("ground.rs", "")]);
    assert_eq!(faults("src/", twice, &sources), ["`app` stands twice in the floors of src/"]);
}

#[test]
fn no_room_opens_all_doors_at_once() {
    for text in ["use crate::*;", "use super::*;", "fn of() { use crate::*; }"] {
        let found = found(&[("replay.rs", text)]);
        assert_eq!(found, ["src/replay.rs:1: `*` opens all rooms at once: name what is used"], "{text}");
    }
    assert_eq!(found(&[("replay.rs", "mod inner { use super::*; }")]), [""; 0]);
}
