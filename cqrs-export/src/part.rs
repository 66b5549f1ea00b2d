use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use cqrs_core::contract::Column;

use crate::error::ExportError;
use crate::export::Format;
use crate::folder::Folder;
use crate::manifest::ExportedFile;
use crate::row::Row;
use crate::{file, json_lines, parquet};

/// Rows that are not written yet, by type and schema.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) sets: BTreeMap<(String, u32), Vec<Row>>,
    pub(crate) bytes: usize,
}

impl Part {
    pub(crate) fn add(&mut self, name: String, row: Row) {
        self.bytes += row.bytes();
        self.sets.entry((name, row.schema)).or_default().push(row);
    }
}

/// The rows of one file.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) event: String,
    pub(crate) schema: u32,
    pub(crate) rows: Vec<Row>,
    /// The fields of the data that have their own columns.
    pub(crate) columns: Vec<Column>,
}

impl Set {
    /// Writes the file of a part.
    pub(crate) fn write(
        &self,
        folder: &Folder,
        part: u64,
        format: Format,
    ) -> Result<ExportedFile, ExportError> {
        let name = format!("{}/v{}/{part:06}.{}", escaped(&self.event), self.schema, format.extension());
        let path = folder.path().join(&name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(ExportError::file(parent))?;
        }
        // Even if the file system treats two type names as one, nothing is lost.
        let taken = path.try_exists().map_err(ExportError::file(&path))?;
        if taken {
            return Err(ExportError::File { path, source: std::io::ErrorKind::AlreadyExists.into() });
        }
        let written = self.write_as(format, &path)?;
        file::finish(&written, &path)?;
        let bytes = written.metadata().map_err(ExportError::file(&path))?.len();
        let (event, schema, events) = (self.event.clone(), self.schema, self.rows.len() as u64);
        Ok(ExportedFile { path: name, event, schema, events, bytes })
    }

    fn write_as(&self, format: Format, path: &Path) -> Result<File, ExportError> {
        let file = File::create(file::unfinished(path)).map_err(ExportError::file(path))?;
        match format {
            Format::JsonLines => json_lines::write(self, &file).map_err(ExportError::file(path))?,
            Format::Parquet => {
                let refused = |source| ExportError::Parquet { path: path.to_owned(), source };
                parquet::write(self, &file).map_err(refused)?;
            }
        }
        Ok(file)
    }
}

/// A type name as a folder. Characters that a file system may not take are written as their bytes, `%2F`.
fn escaped(name: &str) -> String {
    let mut escaped = String::new();
    for (at, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || (byte == b'.' && at > 0) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn names_of_types_are_names_of_folders() {
        for (name, folder) in [
            ("OrderCreated", "OrderCreated"),
            ("order.created", "order.created"),
            ("..", "%2E."),
            ("a/b c", "a%2Fb%20c"),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(escaped(name), folder);
        }
    }
}
