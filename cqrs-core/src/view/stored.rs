use serde_json::Value;

use super::{Fence, IndexEntry, StoredView, Unfenced, ViewId};
use crate::commit::record::{self, Record};
use crate::commit::{CommitDigest, CorruptCommit};
use crate::store::StoreError;
use crate::version::Version;

pub(super) fn view(record: &Record, data: Option<Value>) -> Result<StoredView, String> {
    Ok(StoredView {
        id: id(record)?,
        version: Version::new(record::number(record, "version")?),
        generation: generation(record)?,
        digest: digest(record),
        data: data.ok_or("`data` is missing")?,
        updated_at: record::text(record, "updatedAt")?
            .parse()
            .map_err(|error| format!("`updatedAt`: {error}"))?,
        entries: IndexEntry::all_of(record),
        fingerprint: optional(record, "fingerprint", text)?,
        unfenced: optional(record, "unfenced", Unfenced::decode)?,
    })
}

pub(super) fn fence(record: &Record) -> Result<Fence, String> {
    let version = record::number(record, "version")?;
    let generation_version = optional(record, "built", record::number)?.unwrap_or(version);
    Ok(Fence {
        id: id(record)?,
        version: Version::new(version),
        digest: digest(record),
        generation: generation(record)?,
        generation_version: Version::new(generation_version),
        part: optional(record, "appliedUntil", text)?,
        generation_part: optional(record, "builtUntil", text)?,
        last_edition: optional(record, "edition", record::number)?.unwrap_or_default(),
    })
}

pub(super) fn corrupt(record: &Record, kind: &str, reason: &str) -> StoreError {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or("missing").to_owned();
    let version = record.get("version").and_then(Value::as_u64);
    let reason = format!("not a {kind}: {reason}");
    CorruptCommit { pk: text("pk"), sk: text("sk"), version, name: None, reason }.into()
}

fn id(record: &Record) -> Result<ViewId, String> {
    Ok(ViewId { pk: record::text(record, "pk")?.to_owned(), sk: record::text(record, "sk")?.to_owned() })
}

fn generation(record: &Record) -> Result<u64, String> {
    Ok(optional(record, "build", record::number)?.unwrap_or_default())
}

/// An unreadable digest is treated as that of another commit, which is then checked.
fn digest(record: &Record) -> Option<CommitDigest> {
    record.get("digest").and_then(Value::as_str)?.parse().ok()
}

fn text(record: &Record, name: &str) -> Result<String, String> {
    record::text(record, name).map(str::to_owned)
}

fn optional<T>(
    record: &Record,
    name: &str,
    read: impl FnOnce(&Record, &str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    match record.contains_key(name) {
        true => read(record, name).map(Some),
        false => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::StreamKey;
    use serde_json::json;

    fn records() -> [Record; 2] {
        let id = ViewId { pk: "TENANT001#ORDER_SUMMARY".to_owned(), sk: "ORDER_SUMMARY#1".to_owned() };
        let digest = "9f2c61d0a7b3e845".parse().ok();
        let view = StoredView {
            id: id.clone(),
            version: Version::new(3),
            generation: 7,
            digest,
            data: json!({ "total": 1 }),
            updated_at: "2024-01-01T10:00:00Z".parse().unwrap(),
            fingerprint: Some("0123456789abcdef".to_owned()),
            unfenced: Some(Unfenced::new(
                StreamKey::new("TENANT001#ORDER", "ORDER#1").unwrap(),
                Version::new(9),
            )),
            entries: vec![
                IndexEntry::new(1, "TENANT001#ORDER_SUMMARY#by_status#open", "1"),
                IndexEntry::new(3, "TENANT001#ORDER_SUMMARY#by_customer#C", "2024 1"),
            ],
        };
        let fence = Fence {
            version: Version::new(3),
            digest,
            generation: 7,
            generation_version: Version::new(2),
            part: Some("ORDER_SUMMARY#1".to_owned()),
            generation_part: Some("ORDER_SUMMARY#2".to_owned()),
            last_edition: 3,
            ..Fence::none(id)
        };
        assert_eq!(StoredView::decode(view.record()).unwrap(), view);
        assert_eq!(Fence::decode(fence.record()).unwrap(), fence);
        [view.record(), fence.record()]
    }

    fn decode(record: Record) -> Result<Record, StoreError> {
        match record.contains_key("updatedAt") {
            true => StoredView::decode(record).map(|view| view.record()),
            false => Fence::decode(record).map(|fence| fence.record()),
        }
    }

    #[test]
    fn views_and_fences_are_read_back_with_attributes_that_nobody_knows() {
        for record in records() {
            let mut more = record.clone();
            more.insert("later".to_owned(), json!(1));
            assert_eq!(decode(more).unwrap(), record);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_key() {
        for record in records() {
            let names: Vec<_> = record
                .keys()
                .filter(|name| !["data", "digest"].contains(&name.as_str()) && !name.starts_with("index"))
                .collect();
            for name in names {
                let mut broken = record.clone();
                broken.insert(name.clone(), json!([]));
                let said = decode(broken).unwrap_err().to_string();
                assert!(said.contains(&format!("`{name}`")) && said.contains("_SUMMARY"), "{said}");
            }
        }
    }
}
