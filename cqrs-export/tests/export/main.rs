//! Exports of a known store: complete, killed at every step, and read by DuckDB.

mod duckdb;
mod killed;
mod options;
mod shop;

use std::collections::BTreeMap;
use std::path::Path;

use cqrs_export::{Export, Exported, Format};
use serde_json::Value;
use shop::Shop;

/// Small, so that there are several parts.
const PART_BYTES: usize = 1024 * 1024;

async fn export(shop: &Shop, folder: &Path, format: Format) -> Exported {
    sent(Export::new(&shop.app, folder).format(format).part_bytes(PART_BYTES).run(|_| {})).await.unwrap()
}

/// A program may spawn it.
fn sent<T: Send>(export: T) -> T {
    export
}

/// The name of an event: its stream, its version, and its place in its commit.
type Name = (String, String, u64, u64);

/// All lines of an export in JSON Lines. No line is there twice, and there are no files beside those of the manifest.
fn lines(folder: &Path, exported: &Exported) -> BTreeMap<Name, Value> {
    let mut lines = BTreeMap::new();
    for file in &exported.files {
        let text = std::fs::read_to_string(folder.join(&file.path)).unwrap();
        assert_eq!(text.lines().count() as u64, file.events, "{}", file.path);
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!((&line["type"], &line["schema"]), (&file.event.as_str().into(), &file.schema.into()));
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            let number = |name: &str| line[name].as_u64().unwrap();
            let name = (text("pk"), text("sk"), number("version"), number("index"));
            assert_eq!(lines.insert(name, line), None, "an event is there twice");
        }
    }
    let mut there = Vec::new();
    for event in folders(folder) {
        for schema in folders(&event) {
            there.extend(std::fs::read_dir(schema).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert_eq!(there.len(), exported.files.len(), "{there:?}");
    lines
}

fn folders(path: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

#[tokio::test]
async fn every_event_is_exported_as_it_is_stored() {
    let (shop, folder) = (Shop::open().await, tempfile::tempdir().unwrap());
    let exported = export(&shop, folder.path(), Format::JsonLines).await;
    assert_eq!(lines(folder.path(), &exported), shop.lines());
    assert_eq!((exported.events, exported.commits), (shop.lines().len() as u64, shop.commits.len() as u64));
    assert!(exported.files.len() > 6, "{:?}", exported.files);
    let again = export(&shop, folder.path(), Format::JsonLines).await;
    assert_eq!(again, exported, "a finished export stays as it is");
}
