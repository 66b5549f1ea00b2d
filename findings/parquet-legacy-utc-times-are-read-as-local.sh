#!/usr/bin/env bash
# polars and DuckDB take the times of an older kind of Parquet column for local ones, where the format says that they are in UTC.
#
# Before logical types had a flag for UTC, a time had the converted type TIMESTAMP_MILLIS or TIMESTAMP_MICROS. The format says that such
# a column is in UTC ("Parquet Logical Type Definitions", on TIMESTAMP). Some writers of today write that form alone: hyparquet-writer
# 0.17.0 does for a `Date` of JavaScript, which is a moment. pyarrow 26.0.1 reads a time in UTC, polars 2.1.0 and DuckDB 2.0.1 one
# without a zone. A DuckDB session in another zone than UTC is hours off as soon as it compares it with a moment.
#
# Guessed before it was run: all three read UTC.
# Output seen:
#   converted type: TIMESTAMP_MILLIS
#   pyarrow: timestamp[ms, tz=UTC]
#   polars: Datetime(time_unit='ms', time_zone=None)
#   duckdb: TIMESTAMP
#   duckdb in Tokyo, off by: -09:00:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . hyparquet-writer@0.17.0 >npm.log
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
cat > write.mjs <<'SCRIPT'
import { parquetWriteFile } from 'hyparquet-writer'

const data = [new Date('2026-07-01T10:00:00Z')]
await parquetWriteFile({ filename: 'times.parquet', columnData: [{ name: 'moment', data }] })
SCRIPT
node write.mjs
cat > probe.py <<'PYTHON'
import duckdb
import polars as pl
import pyarrow.parquet as pq

print("converted type:", pq.ParquetFile("times.parquet").schema.column(0).converted_type)
print("pyarrow:", pq.read_schema("times.parquet").types[0])
print("polars:", pl.read_parquet_schema("times.parquet")["moment"])
print("duckdb:", duckdb.sql("SELECT moment FROM 'times.parquet'").types[0])
session = duckdb.connect()
session.execute("SET TimeZone = 'Asia/Tokyo'")
off = session.sql("SELECT (moment::TIMESTAMPTZ - '2026-07-01T10:00:00Z'::TIMESTAMPTZ)::VARCHAR FROM 'times.parquet'").fetchall()
print("duckdb in Tokyo, off by:", off[0][0])
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
converted type: TIMESTAMP_MILLIS
pyarrow: timestamp[ms, tz=UTC]
polars: Datetime(time_unit='ms', time_zone=None)
duckdb: TIMESTAMP
duckdb in Tokyo, off by: -09:00:00
EXPECTED
