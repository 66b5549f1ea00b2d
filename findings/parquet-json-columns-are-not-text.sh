#!/usr/bin/env bash
# A Parquet column of the logical type JSON is text in DuckDB, and in neither polars nor pyarrow.
#
# The format says that JSON is text in UTF-8 ("Parquet Logical Type Definitions"). DuckDB 2.0.1 reads such a column as JSON, which all its
# text functions take. polars 2.1.0 makes two things of it. Where the file has no Arrow schema in its metadata, as those of fastparquet
# and of other writers outside Arrow, the column is bytes. Where pyarrow wrote it with one, it is an extension type that cannot be cast
# to text or compared with one. Neither has text functions or can be written as CSV, and two files of both kinds cannot be read
# together. `.ext.storage()` followed by `.cast(pl.String)` makes text of both. pyarrow 26.0.1 gives an extension type for both, which
# it casts, but cannot filter, sort or group by.
#
# Guessed before it was run: all three give text, or a type that takes what text takes.
# Output seen:
#   without an Arrow schema: polars Binary, pyarrow extension<arrow.json>, duckdb JSON
#     polars cast: ok; json_path_match: SchemaError; equal to a text: ok; write_csv: ComputeError; storage and cast: ok
#   with an Arrow schema: polars Extension('arrow.json', String, ''), pyarrow extension<arrow.json>, duckdb JSON
#     polars cast: ComputeError; json_path_match: SchemaError; equal to a text: ComputeError; write_csv: ComputeError; storage and cast: ok
#   both together: polars SchemaError, duckdb 2 rows
#   pyarrow cast: ok; equal to a text: ArrowNotImplementedError; sort: ArrowTypeError; group: ArrowNotImplementedError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check polars==2.1.0 pyarrow==26.0.1 duckdb==2.0.1
cat > probe.py <<'PYTHON'
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

TEXT = '{"total":5}'


def outcome(call):
    try:
        call()
        return "ok"
    except Exception as error:
        return type(error).__name__


def outcomes(calls):
    return "; ".join(f"{name}: {outcome(call)}" for name, call in calls.items())


column = pl.col("data")
table = pa.table({"data": pa.array([TEXT], pa.json_())})
for name, schema in [("without", False), ("with", True)]:
    file = f"{name}.parquet"
    pq.write_table(table, file, store_schema=schema)
    frame = pl.read_parquet(file)
    duck = duckdb.sql(f"SELECT data FROM '{file}' WHERE data->>'$.total' = '5'")
    assert duck.fetchall() == [(TEXT,)]
    print(f"{name} an Arrow schema: polars {frame.schema['data']!r}, pyarrow {pq.read_table(file).schema.types[0]}, duckdb {duck.types[0]}")
    print("  polars " + outcomes({
        "cast": lambda: frame.select(column.cast(pl.String)),
        "json_path_match": lambda: frame.select(column.str.json_path_match("$.total")),
        "equal to a text": lambda: frame.filter(column == TEXT),
        "write_csv": lambda: frame.write_csv(),
        "storage and cast": lambda: frame.select(column.ext.storage().cast(pl.String).str.json_path_match("$.total")),
    }))
files = ["without.parquet", "with.parquet"]
count = len(duckdb.read_parquet(files).fetchall())
print(f"both together: polars {outcome(lambda: pl.read_parquet(files))}, duckdb {count} rows")
data = ds.dataset("with.parquet")
print("pyarrow " + outcomes({
    "cast": lambda: data.to_table()["data"].cast(pa.string()),
    "equal to a text": lambda: data.to_table(filter=pc.field("data") == TEXT),
    "sort": lambda: data.to_table().sort_by("data"),
    "group": lambda: data.to_table().group_by("data").aggregate([([], "count_all")]),
}))
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
without an Arrow schema: polars Binary, pyarrow extension<arrow.json>, duckdb JSON
  polars cast: ok; json_path_match: SchemaError; equal to a text: ok; write_csv: ComputeError; storage and cast: ok
with an Arrow schema: polars Extension('arrow.json', String, ''), pyarrow extension<arrow.json>, duckdb JSON
  polars cast: ComputeError; json_path_match: SchemaError; equal to a text: ComputeError; write_csv: ComputeError; storage and cast: ok
both together: polars SchemaError, duckdb 2 rows
pyarrow cast: ok; equal to a text: ArrowNotImplementedError; sort: ArrowTypeError; group: ArrowNotImplementedError
EXPECTED
