use std::fs::File;
use std::sync::Arc;

use cqrs_core::contract::{Column, ColumnKind};
use cqrs_core::{Json, Timestamp};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::part::Set;
use crate::row::Row;

/// A column of a file.
struct Written<'a> {
    name: String,
    kind: Kind,
    repetition: Repetition,
    value: Box<Value<'a>>,
}

/// The value of a row in a column.
type Value<'a> = dyn Fn(&Row) -> Option<Cell> + 'a;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Integer,
    Unsigned,
    Float,
    Text,
    Json,
    Time,
}

enum Cell {
    Boolean(bool),
    /// An integer; also a time, or an unsigned integer with the same bits.
    Integer(i64),
    Float(f64),
    Text(ByteArray),
}

/// One row group, because the rows of a type in a part are bounded.
pub(crate) fn write(set: &Set, file: &File) -> Result<()> {
    let columns = columns(set);
    let fields = columns.iter().map(Written::field).collect::<Result<_>>()?;
    let schema = Type::group_type_builder("event").with_fields(fields).build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("foldline-export ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for column in &columns {
        column.write(&set.rows, &mut group)?;
    }
    group.close()?;
    writer.close()?;
    Ok(())
}

fn columns(set: &Set) -> Vec<Written<'_>> {
    let text = |text: &str| Some(Cell::Text(text.into()));
    let optional = |text: Option<&str>| text.map(|text| Cell::Text(text.into()));
    let integer = |number: i64| Some(Cell::Integer(number));
    let mut columns = vec![
        Written::optional("tenant", Kind::Text, move |row| optional(row.origin.tenant.as_deref())),
        Written::optional("entity", Kind::Text, move |row| optional(row.origin.entity)),
        Written::required("pk", Kind::Text, move |row| text(row.origin.commit.stream.pk())),
        Written::required("sk", Kind::Text, move |row| text(row.origin.commit.stream.sk())),
        Written::required("version", Kind::Integer, move |row| {
            integer(row.origin.commit.version.get().cast_signed())
        }),
        Written::required("index", Kind::Integer, move |row| integer(row.index as i64)),
        Written::required("type", Kind::Text, move |_| text(&set.event)),
        Written::required("schema", Kind::Integer, move |_| integer(set.schema.into())),
        Written::required("widened", Kind::Integer, move |row| integer(row.widened.into())),
        Written::required("created_at", Kind::Time, move |row| {
            integer(row.origin.commit.metadata.created_at.unix_millis())
        }),
        Written::required("recorded_at", Kind::Time, move |row| integer(row.recorded().unix_millis())),
        Written::optional("created_by", Kind::Text, move |row| {
            optional(row.origin.commit.metadata.created_by.as_deref())
        }),
        Written::required("command_id", Kind::Text, move |row| text(&row.origin.commit.metadata.command_id)),
        Written::required("correlation_id", Kind::Text, move |row| {
            text(&row.origin.commit.metadata.correlation_id)
        }),
        Written::optional("causation_id", Kind::Text, move |row| {
            optional(row.origin.commit.metadata.causation_id.as_deref())
        }),
        Written::optional("trace_context", Kind::Text, move |row| {
            optional(row.origin.commit.metadata.trace_context.as_deref())
        }),
        Written::optional("transaction", Kind::Text, move |row| {
            optional(row.origin.commit.metadata.transaction.as_deref())
        }),
        Written::required("data", Kind::Json, move |row| text(&row.text)),
    ];
    columns.extend(set.columns.iter().map(Written::of_data));
    columns
}

impl<'a> Written<'a> {
    fn required(name: &str, kind: Kind, value: impl Fn(&Row) -> Option<Cell> + 'a) -> Self {
        let value = Box::new(value);
        Self { name: name.to_owned(), kind, repetition: Repetition::REQUIRED, value }
    }

    fn optional(name: &str, kind: Kind, value: impl Fn(&Row) -> Option<Cell> + 'a) -> Self {
        Self { repetition: Repetition::OPTIONAL, ..Self::required(name, kind, value) }
    }

    fn of_data(column: &'a Column) -> Self {
        let kind = match column.kind {
            ColumnKind::Boolean => Kind::Boolean,
            ColumnKind::Integer => Kind::Integer,
            ColumnKind::Unsigned => Kind::Unsigned,
            ColumnKind::Float => Kind::Float,
            ColumnKind::Time => Kind::Time,
            _ => Kind::Text,
        };
        let name = format!("data_{}", column.name);
        Self::optional(&name, kind, move |row| kind.cell(row.data.get(&column.name)?))
    }

    fn field(&self) -> Result<TypePtr> {
        let (physical, logical) = match self.kind {
            Kind::Boolean => (Physical::BOOLEAN, None),
            Kind::Integer => (Physical::INT64, None),
            Kind::Unsigned => (Physical::INT64, Some(LogicalType::integer(64, false))),
            Kind::Float => (Physical::DOUBLE, None),
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
            Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        };
        let built = Type::primitive_type_builder(&self.name, physical)
            .with_repetition(self.repetition)
            .with_logical_type(logical)
            .build()?;
        Ok(Arc::new(built))
    }

    fn write(&self, rows: &[Row], group: &mut SerializedRowGroupWriter<'_, &File>) -> Result<()> {
        let Some(mut column) = group.next_column()? else { return Ok(()) };
        let cells: Vec<Option<Cell>> = rows.iter().map(&self.value).collect();
        let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
        let levels = (self.repetition == Repetition::OPTIONAL).then_some(&levels[..]);
        let cells = cells.into_iter().flatten();
        match self.kind {
            Kind::Boolean => put::<BoolType>(&mut column, levels, cells.filter_map(Cell::boolean).collect())?,
            Kind::Integer | Kind::Unsigned | Kind::Time => {
                put::<Int64Type>(&mut column, levels, cells.filter_map(Cell::integer).collect())?;
            }
            Kind::Float => put::<DoubleType>(&mut column, levels, cells.filter_map(Cell::float).collect())?,
            Kind::Text | Kind::Json => {
                put::<ByteArrayType>(&mut column, levels, cells.filter_map(Cell::text).collect())?;
            }
        }
        column.close()
    }
}

fn put<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    levels: Option<&[i16]>,
    values: Vec<T::T>,
) -> Result<()> {
    column.typed::<T>().write_batch(&values, levels, None).map(drop)
}

impl Kind {
    /// A value of the data; `None` for one that does not fit the column.
    fn cell(self, value: &Json) -> Option<Cell> {
        Some(match self {
            Self::Boolean => Cell::Boolean(value.as_bool()?),
            Self::Integer => Cell::Integer(value.as_i64()?),
            Self::Unsigned => Cell::Integer(value.as_u64()?.cast_signed()),
            Self::Float => Cell::Float(value.as_f64()?),
            Self::Text | Self::Json => Cell::Text(value.as_str()?.into()),
            Self::Time => Cell::Integer(value.as_str()?.parse::<Timestamp>().ok()?.unix_millis()),
        })
    }
}

impl Cell {
    fn boolean(self) -> Option<bool> {
        if let Self::Boolean(value) = self { Some(value) } else { None }
    }

    fn integer(self) -> Option<i64> {
        if let Self::Integer(value) = self { Some(value) } else { None }
    }

    fn float(self) -> Option<f64> {
        if let Self::Float(value) = self { Some(value) } else { None }
    }

    fn text(self) -> Option<ByteArray> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }
}
