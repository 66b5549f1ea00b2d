#!/usr/bin/env bash
# fastparquet 2026.9.0 takes the zero bytes off the end of values of a fixed length.
#
# A column of FIXED_LEN_BYTE_ARRAY(16), such as one with the logical type UUID, has 16 bytes in each value. pyarrow and DuckDB give
# them all. fastparquet gives a value without the zero bytes at its end: one UUID of 256 is shorter than 16 bytes and cannot be read
# as a UUID, two keys that differ only in length become one, and nothing says so.
#
# Guessed before it was run: the bytes come back as they are, without the type UUID.
# Output seen:
#   uuid 00112233-4455-6677-8899-aabbccddee00: pyarrow 16 bytes, duckdb 16 bytes, fastparquet 15 bytes
#   uuid 80000000-0000-0000-0000-000000000000: pyarrow 16 bytes, duckdb 16 bytes, fastparquet 1 bytes
#   uuid 00000000-0000-0000-0000-000000000001: pyarrow 16 bytes, duckdb 16 bytes, fastparquet 16 bytes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1 duckdb==2.0.1
cat > probe.py <<'PYTHON'
from uuid import UUID

import duckdb
import fastparquet
import pyarrow as pa
import pyarrow.parquet as pq

ids = [UUID(text) for text in (
    "00112233-4455-6677-8899-aabbccddee00", "80000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001",
)]
bytes_of = pa.array([id.bytes for id in ids], pa.binary(16))
pq.write_table(pa.table({"id": pa.ExtensionArray.from_storage(pa.uuid(), bytes_of)}), "ids.parquet")
arrow = pq.read_table("ids.parquet")["id"].to_pylist()
duck = [id for (id,) in duckdb.sql("SELECT id FROM 'ids.parquet'").fetchall()]
fast = fastparquet.ParquetFile("ids.parquet").to_pandas()["id"].tolist()
assert arrow == duck == ids and all(id.bytes.startswith(value) for id, value in zip(ids, fast)), (arrow, duck, fast)
for id, value in zip(ids, fast):
    print(f"uuid {id}: pyarrow 16 bytes, duckdb 16 bytes, fastparquet {len(value)} bytes")
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
uuid 00112233-4455-6677-8899-aabbccddee00: pyarrow 16 bytes, duckdb 16 bytes, fastparquet 15 bytes
uuid 80000000-0000-0000-0000-000000000000: pyarrow 16 bytes, duckdb 16 bytes, fastparquet 1 bytes
uuid 00000000-0000-0000-0000-000000000001: pyarrow 16 bytes, duckdb 16 bytes, fastparquet 16 bytes
EXPECTED
