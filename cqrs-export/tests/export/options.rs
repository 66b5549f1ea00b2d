use std::collections::BTreeSet;

use cqrs_core::Tenant;
use cqrs_export::{Export, ExportError, Exported, Format};

use crate::shop::{Shop, at};
use crate::{export, lines};

fn types(exported: &Exported) -> BTreeSet<(&str, u32)> {
    exported.files.iter().map(|file| (file.event.as_str(), file.schema)).collect()
}

#[tokio::test]
async fn an_entity_a_tenant_and_a_time_may_be_asked_for() {
    let shop = Shop::open().await;
    let (from, to) = (at(100), at(200));
    let (small, folder) = (Tenant::new("SMALL").unwrap(), tempfile::tempdir().unwrap());
    let of = |name: &str| Export::new(&shop.app, folder.path().join(name)).format(Format::JsonLines);

    let exported = of("entity").entity("ORDER").run(|_| {}).await.unwrap();
    let known = [("Ordered", 1), ("Ordered", 2), ("order/shipped", 1)];
    assert_eq!(types(&exported), known.into_iter().chain([("OrderGifted", 1)]).collect());
    assert_eq!(exported.unowned, 5, "the visits may be anything");

    let exported = of("time").from(from).to(to).run(|_| {}).await.unwrap();
    let expected: Vec<_> = shop
        .lines()
        .into_iter()
        .filter(|(_, line)| {
            let recorded = line["recorded_at"].as_str().unwrap().parse().unwrap();
            from <= recorded && recorded < to
        })
        .collect();
    assert!(lines(&folder.path().join("time"), &exported).into_iter().eq(expected));
    assert_eq!((exported.commits, exported.unowned), (shop.commits.len() as u64, 0));

    // Only the partitions of the tenant are read.
    let exported = of("tenant").entity("ORDER").tenant(&small).run(|_| {}).await.unwrap();
    let found = lines(&folder.path().join("tenant"), &exported);
    assert!(
        found.values().all(|line| line["tenant"] == "SMALL") && found.len() == 70 * 3 + 1,
        "{}",
        found.len()
    );
    let gifted = found.values().find(|line| line["type"] == "OrderGifted");
    assert_eq!(gifted.map(|line| (&line["entity"], &line["widened"])), Some((&"ORDER".into(), &2.into())));
    assert_eq!((exported.commits, exported.unowned), (70 * 2 + 1, 0));

    let exported = of("all of a tenant").tenant(&small).run(|_| {}).await.unwrap();
    assert_eq!(lines(&folder.path().join("all of a tenant"), &exported), found);
    assert_eq!(exported.unowned, 5);
    let again = of("all of a tenant").tenant(&small).run(|_| {}).await.unwrap();
    assert_eq!(again, exported, "the manifest keeps the number");

    let error = of("unknown").entity("PARCEL").run(|_| {}).await.unwrap_err();
    assert!(matches!(error, ExportError::UnknownEntity { entity } if entity == "PARCEL"));
}

#[tokio::test]
async fn a_folder_has_one_export() {
    let (shop, folder) = (Shop::open().await, tempfile::tempdir().unwrap());
    let exported = export(&shop, folder.path(), Format::JsonLines).await;
    let other = Export::new(&shop.app, folder.path()).run(|_| {}).await.unwrap_err();
    assert!(matches!(other, ExportError::OtherOptions { .. }), "{other}");
    assert!(other.to_string().contains("\"format\":\"jsonLines\""), "{other}");

    // A file that is not as it was written does not count as an export.
    let first = folder.path().join(&exported.files[0].path);
    let content = std::fs::read(&first).unwrap();
    std::fs::write(&first, &content[1..]).unwrap();
    let run = || Export::new(&shop.app, folder.path()).format(Format::JsonLines).run(|_| {});
    assert!(matches!(run().await, Err(ExportError::Altered { path }) if path == first));
    std::fs::write(&first, &content).unwrap();
    assert_eq!(run().await.unwrap(), exported);

    std::fs::write(folder.path().join("manifest.json"), "{").unwrap();
    assert!(matches!(run().await, Err(ExportError::Manifest { .. })));
    std::fs::remove_file(folder.path().join("manifest.json")).unwrap();
    assert!(matches!(run().await, Err(ExportError::NotEmpty { .. })));
}

#[tokio::test]
async fn two_programs_do_not_export_to_one_folder() {
    let (shop, folder) = (Shop::open().await, tempfile::tempdir().unwrap());
    let export = || Export::new(&shop.app, folder.path());
    let mut refused = None;
    let (asked, mut second) = tokio::sync::mpsc::unbounded_channel();
    let first = export().run(move |progress| {
        if progress.files == 1 {
            let _ = asked.send(());
        }
    });
    let second = async {
        second.recv().await;
        refused = Some(export().run(|_| {}).await);
    };
    // Both run in one task: the second begins while the first waits for its next file.
    let (first, ()) = tokio::join!(first, second);
    first.unwrap();
    assert!(matches!(refused, Some(Err(ExportError::InUse { .. }))), "{refused:?}");
}
