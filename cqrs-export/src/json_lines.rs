use std::fs::File;
use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::part::Set;

/// A line: the columns of an event.
#[derive(Serialize)]
struct Line<'a> {
    tenant: Option<&'a str>,
    entity: Option<&'a str>,
    pk: &'a str,
    sk: &'a str,
    version: u64,
    index: usize,
    r#type: &'a str,
    schema: u32,
    widened: u32,
    created_at: String,
    recorded_at: String,
    created_by: Option<&'a str>,
    command_id: &'a str,
    correlation_id: &'a str,
    causation_id: Option<&'a str>,
    trace_context: Option<&'a str>,
    transaction: Option<&'a str>,
    data: &'a cqrs_core::Json,
}

pub(crate) fn write(set: &Set, file: &File) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    for row in &set.rows {
        let (commit, metadata) = (&row.origin.commit, &row.origin.commit.metadata);
        let line = Line {
            tenant: row.origin.tenant.as_deref(),
            entity: row.origin.entity,
            pk: commit.stream.pk(),
            sk: commit.stream.sk(),
            version: commit.version.get(),
            index: row.index,
            r#type: &set.event,
            schema: set.schema,
            widened: row.widened,
            created_at: metadata.created_at.to_string(),
            recorded_at: metadata.recorded().to_string(),
            created_by: metadata.created_by.as_deref(),
            command_id: &metadata.command_id,
            correlation_id: &metadata.correlation_id,
            causation_id: metadata.causation_id.as_deref(),
            trace_context: metadata.trace_context.as_deref(),
            transaction: metadata.transaction.as_deref(),
            data: &row.data,
        };
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
