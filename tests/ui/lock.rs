//! A package with a lock, as its author meets it: cargo, the compiler and the one-line test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const VALUES: &str = r#"
use cqrs_core::EventData;
use serde::{Deserialize, Serialize};

/// Bought and paid.
#[derive(Debug, Serialize, Deserialize, EventData)]
#[serde(rename_all = "camelCase")]
pub struct Item<T> {
    pub sku: String,
    #[serde(default)]
    pub quantity: u32,
    #[serde(rename = "unitPrice", alias = "price")]
    pub cents: T,
    #[serde(skip)]
    pub seen: bool,
    #[serde(flatten)]
    pub size: Size,
}

#[derive(Debug, Default, Serialize, Deserialize, EventData)]
pub struct Size {
    pub height: u16,
}

#[derive(Debug, Serialize, Deserialize, EventData)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Means {
    OnDelivery,
    CreditCard { number: Number },
}

#[derive(Debug, Serialize, Deserialize, EventData)]
#[serde(try_from = "String", into = "String")]
#[event_data(example = "\"4711-0815\"")]
pub struct Number(String);

impl Clone for Number {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl TryFrom<String> for Number {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains('-') { Ok(Self(text)) } else { Err(format!("`{text}` is no number of a card")) }
    }
}
"#;

const SHOP: &str = r#"
use std::collections::BTreeMap;

use cqrs_core::prelude::*;
use values::{Item, Means};

#[event]
pub struct OrderCreated {
    pub items: Vec<Item<u64>>,
    pub by: Option<Means>,
    pub notes: BTreeMap<String, Vec<Option<u8>>>,
}

#[aggregate(entity = "ORDER")]
#[derive(Default)]
pub struct Order {
    items: usize,
}

#[aggregate]
impl Order {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.items = event.items.len();
    }
}
"#;

const LOCKED: &str = r#"
OrderCreated 1 {
    items: [{ sku: string, quantity default: u32, unitPrice|price: u64, ..: { height: u16 } }],
    by: enum tag "kind" { on-delivery, credit-card: { number: string } }?,
    notes: map<string, [u8?]>,
}
= {"by":{"kind":"on-delivery"},"items":[{"height":7,"quantity":7,"sku":"text","unitPrice":7}],"notes":{"text":[7]}}
= {"by":{"kind":"credit-card","number":"4711-0815"},"items":[{"height":7,"sku":"text","unitPrice":7}],"notes":{"text":[null]}}
= {"by":null,"items":[],"notes":{"text":[]}}
= {"by":{"kind":"on-delivery"},"items":[{"height":7,"quantity":7,"sku":"text","unitPrice":7}],"notes":{}}
"#;

struct Package {
    folder: PathBuf,
}

impl Package {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lock");
        let _ = fs::remove_dir_all(&folder);
        let package = Self { folder };
        let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cqrs-core");
        package.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"shop\", \"values\"]\n\n[profile.dev]\ndebug = false\n");
        for (name, more) in [("values", ""), ("shop", "values = { path = \"../values\" }\n")] {
            package.write(
                &format!("{name}/Cargo.toml"),
                &format!(
                    "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                     cqrs-core = {{ package = \"foldline-core\", path = {core:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n{more}"
                ),
            );
        }
        package.write("values/src/lib.rs", VALUES);
        package.write("shop/src/lib.rs", SHOP);
        package.write("shop/tests/events.rs", "use shop as _;\n\ncqrs_core::events_lock!();\n");
        let locked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        fs::copy(locked, package.folder.join("Cargo.lock")).unwrap();
        package
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn lock(&self) -> String {
        fs::read_to_string(self.folder.join("shop/events.lock")).unwrap()
    }

    /// Whether the test of the package passes, and what is printed.
    fn test(&self, variables: &[(&str, &Path)]) -> (bool, String) {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&self.folder).args(["test", "-p", "shop", "--test", "events", "--offline"]);
        command.arg("--target-dir");
        command.arg(Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tests").join("lock"));
        command.args(["--", "--nocapture"]);
        command.env("CARGO_TERM_COLOR", "never").env_remove("RUST_BACKTRACE");
        for name in ["EVENTS_LOCK", "EVENTS_LOCK_READER", "EVENTS_LOCK_WRITER"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.success(), text.concat())
    }

    #[track_caller]
    fn passes(&self) {
        let (passed, text) = self.test(&[]);
        assert!(passed, "{text}");
    }

    #[track_caller]
    fn fails(&self, lines: &[&str]) {
        let (passed, text) = self.test(&[]);
        assert!(!passed, "it passed:\n{text}");
        for line in lines {
            assert!(text.contains(line), "no `{line}` in:\n{text}");
        }
    }
}

#[test]
fn an_event_that_is_locked_cannot_change_its_shape_unseen() {
    let package = Package::new();
    let write = ("EVENTS_LOCK", Path::new("write"));

    // Made-up text is no number of a card: what today's code does not read is not locked.
    let example = "#[event_data(example = \"\\\"4711-0815\\\"\")]\n";
    assert!(VALUES.contains(example));
    package.write("values/src/lib.rs", &VALUES.replace(example, ""));
    let (passed, text) = package.test(&[write]);
    assert!(!passed && text.contains("`text` is no number of a card): give one that is"), "{text}");
    assert!(!package.folder.join("shop/events.lock").exists());
    package.write("values/src/lib.rs", VALUES);

    // A missing entry fails the test, not the build; one command adds it.
    package
        .fails(&["`OrderCreated` (schema 1) is missing: `EVENTS_LOCK=write cargo test events_lock` adds it"]);
    let (passed, text) = package.test(&[write]);
    assert!(passed && text.contains("events.lock: added OrderCreated (schema 1)"), "{text}");
    assert_eq!(package.lock().split_once("\n\n").unwrap().1, LOCKED.trim_start());
    package.passes();

    // What is stored stays the same.
    let harmless = VALUES
        .replace("/// Bought and paid.", "/// What is bought, and paid.")
        .replace("#[derive(Debug, Serialize", "#[derive(Serialize")
        .replace("pub cents: T", "pub amount: T");
    package.write("values/src/lib.rs", &harmless);
    package.passes();

    // Each of these is stored differently.
    for (from, to, line) in [
        ("pub sku: String", "pub code: String", "- `items[].code` is new: `code: string`"),
        ("pub quantity: u32", "pub quantity: i32", "- `items[].quantity` was `u32`, is `i32`"),
        ("#[serde(default)]", "", "- `items[].quantity` was `quantity default`, is `quantity`"),
        ("rename = \"unitPrice\"", "rename = \"cents\"", "- `items[].cents` is new: `cents|price: u64`"),
        ("#[serde(skip)]", "", "- `items[].seen` is new: `seen: bool`"),
        ("#[serde(flatten)]", "", "- `items[].size` is new: `size: { height: u16 }`"),
        ("pub height: u16", "pub height: Option<u16>", "- `items[].height` was `u16`, is `u16?`"),
        ("rename_all = \"kebab-case\"", "rename_all = \"snake_case\"", "- `by` lacks `on-delivery`"),
        ("tag = \"kind\", ", "", "- `by` was `enum tag \"kind\" {"),
    ] {
        assert!(VALUES.contains(from), "{from}");
        package.write("values/src/lib.rs", &VALUES.replace(from, to));
        package.fails(&["events.lock has another shape of `OrderCreated` (schema 1):", line]);
    }
    package.write("values/src/lib.rs", VALUES);
    package.write("shop/src/lib.rs", &SHOP.replace("Vec<Item<u64>>", "Vec<Item<String>>"));
    package.fails(&["- `items[].unitPrice` was `u64`, is `string`"]);
    package.write("shop/src/lib.rs", SHOP);
    package.passes();

    // A lock that changes compiles the events anew, with nothing else touched.
    let locked = package.lock();
    package.write("shop/events.lock", &locked.replace("quantity default: u32", "quantity default: u8"));
    package.fails(&["- `items[].quantity` was `u8`, is `u32`"]);
    // Data that today's code does not read.
    package.write("shop/events.lock", &locked.replace("\"sku\":\"text\"", "\"sku\":5"));
    package.fails(&["cannot be read: invalid type: integer …, expected a string"]);
    // An event that is stored, and whose code is gone.
    let gone = "\nOrderDeleted 1 {}\n= {}\n";
    package.write("shop/events.lock", &format!("{locked}{gone}"));
    package.fails(&["`OrderDeleted` (schema 1) is locked, and this program does not read it"]);
    package.write("shop/events.lock", &format!("<<<<<<< ours\n{locked}"));
    package.fails(&["events.lock: line 1: `<<<<<<< ours` is a conflict that was not merged"]);
    package.write("shop/events.lock", &locked);
    package.passes();

    // What only adds is taken by a word, and locked behind what was there.
    let wider = SHOP.replace("pub by: Option<Means>,", "pub by: Option<Means>,\n    pub gift: Option<bool>,");
    package.write("shop/src/lib.rs", &wider);
    package.fails(&["- `gift` is new: `gift: bool?`", "Take it by `#[event(widened = 1)]`"]);
    package.write("shop/src/lib.rs", &wider.replace("#[event]", "#[event(widened = 1)]"));
    package.fails(&[
        "`OrderCreated` (schema 1.1) is missing: `EVENTS_LOCK=write cargo test events_lock` adds it",
    ]);
    let (passed, text) = package.test(&[write]);
    assert!(passed && text.contains("events.lock: added OrderCreated (schema 1.1)"), "{text}");
    let (before, after) = (package.lock(), locked.trim_end());
    let added = before.strip_prefix(after).expect("what was locked stays as it was");
    assert!(added.starts_with("\n\nOrderCreated 1.1 {\n") && added.contains("    gift: bool?,\n"), "{added}");
    package.passes();
    let old = package.folder.join("narrow.lock");
    fs::write(&old, &locked).unwrap();
    let (passed, text) = package.test(&[("EVENTS_LOCK_READER", old.as_path())]);
    let line = "EVENTS_LOCK_READER: `OrderCreated` is stored under schema 1.1, and the reader knows 1: it leaves such an event to a newer program";
    assert!(!passed && text.contains(line), "{text}");
    // It is as wide as that from now on.
    package.write("shop/src/lib.rs", SHOP);
    package.fails(&["events.lock has `OrderCreated` (schema 1.1), which is wider: add `widened = 1`"]);
    package.write("shop/events.lock", &locked);
    package.passes();

    // The way back: what would last week's program make of today's events?
    let old = package.folder.join("old.lock");
    fs::write(&old, locked.replace("OrderCreated 1", "OrderCreated 0")).unwrap();
    let (passed, text) = package.test(&[("EVENTS_LOCK_READER", old.as_path())]);
    assert!(!passed);
    let line = "EVENTS_LOCK_READER: `OrderCreated` is stored under schema 1, and the reader knows [0]";
    assert!(text.contains(line), "{text}");
}
