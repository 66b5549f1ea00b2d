#!/usr/bin/env bash
# polars 2.1.0 reads Parquet files of local times and of times in UTC as one column, and says nothing.
#
# A timestamp in Parquet is in UTC or local, by `isAdjustedToUTC`: 10:00 is another moment in each. polars keeps the two apart in
# `concat`, and its scan of several files is strict: a column of 32 bits beside one of 64 is an error. Of times in UTC beside local ones
# it takes the type of the first file for all, in both orders, so local times become moments in UTC, or moments lose their zone. A
# zone with a name is refused again. An export whose writer once changed from one kind to the other is read wrong with no sign.
#
# Guessed before it was run: the scan is an error as `concat` is.
# Output seen:
#   local, then UTC: scan Datetime(time_unit='ms', time_zone=None), concat SchemaError
#   UTC, then local: scan Datetime(time_unit='ms', time_zone='UTC'), concat SchemaError
#   UTC, then Berlin: scan SchemaError, concat SchemaError
#   32 bits, then 64: scan SchemaError, concat SchemaError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check polars==2.1.0 pyarrow==26.0.1
cat > probe.py <<'PYTHON'
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

types = {
    "local": pa.timestamp("ms"), "UTC": pa.timestamp("ms", "UTC"), "Berlin": pa.timestamp("ms", "Europe/Berlin"),
    "32 bits": pa.int32(), "64": pa.int64(),
}
for name, kind in types.items():
    pq.write_table(pa.table({"at": pa.array([36_000_000], kind)}), f"{name}.parquet")


def outcome(call):
    try:
        return repr(call().schema["at"])
    except pl.exceptions.SchemaError:
        return "SchemaError"


for pair in [("local", "UTC"), ("UTC", "local"), ("UTC", "Berlin"), ("32 bits", "64")]:
    files = [f"{name}.parquet" for name in pair]
    scan = outcome(lambda: pl.scan_parquet(files).collect())
    concat = outcome(lambda: pl.concat([pl.read_parquet(file) for file in files]))
    print(f"{', then '.join(pair)}: scan {scan}, concat {concat}")
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
local, then UTC: scan Datetime(time_unit='ms', time_zone=None), concat SchemaError
UTC, then local: scan Datetime(time_unit='ms', time_zone='UTC'), concat SchemaError
UTC, then Berlin: scan SchemaError, concat SchemaError
32 bits, then 64: scan SchemaError, concat SchemaError
EXPECTED
