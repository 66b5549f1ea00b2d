#!/usr/bin/env bash
# DuckDB 2.0.1 rounds decimals when it brings two columns of 38 digits together, in `UNION ALL` and over files by name.
#
# `union_by_name` finds a type that holds the values of all files: BIGINT and UBIGINT become HUGEINT. Of two decimals the result keeps the
# digits before the point, and of those after it what is left of 38. Where one column uses all 38, the other loses digits: DECIMAL(38, 2)
# and DECIMAL(38, 4) become DECIMAL(38, 2), and 1.5123 is 1.51. Nothing warns, and the first column need not have one large value. A
# column of amounts that got more places in a later version loses them as soon as older files are read with it.
#
# Guessed before it was run: DECIMAL(38, 4), and an error for a value that is too large for it.
# Output seen:
#   BIGINT and UBIGINT: HUGEINT, -1 and 18446744073709551615
#   DECIMAL(36,2) and DECIMAL(38,4): DECIMAL(38,4), 1.0000 and 1.5123
#   DECIMAL(38,2) and DECIMAL(38,4): DECIMAL(38,2), 1.00 and 1.51
#   DECIMAL(38,0) and DECIMAL(38,10): DECIMAL(38,0), 1 and 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1
cat > probe.py <<'PYTHON'
import duckdb

cases = [
    ("-1", "BIGINT", "18446744073709551615", "UBIGINT"), ("1", "DECIMAL(36,2)", "1.5123", "DECIMAL(38,4)"),
    ("1", "DECIMAL(38,2)", "1.5123", "DECIMAL(38,4)"), ("1", "DECIMAL(38,0)", "1.5", "DECIMAL(38,10)"),
]
for one, older, two, newer in cases:
    for file, value, kind in [("older", one, older), ("newer", two, newer)]:
        duckdb.sql(f"COPY (SELECT {value}::{kind} AS amount) TO '{file}.parquet'")
    files = duckdb.sql("FROM read_parquet(['older.parquet', 'newer.parquet'], union_by_name = true)")
    union = duckdb.sql("FROM 'older.parquet' UNION ALL FROM 'newer.parquet'")
    rows = files.fetchall()
    assert (union.types, union.fetchall()) == (files.types, rows)
    print(f"{older} and {newer}: {files.types[0]}, {rows[0][0]} and {rows[1][0]}")
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
BIGINT and UBIGINT: HUGEINT, -1 and 18446744073709551615
DECIMAL(36,2) and DECIMAL(38,4): DECIMAL(38,4), 1.0000 and 1.5123
DECIMAL(38,2) and DECIMAL(38,4): DECIMAL(38,2), 1.00 and 1.51
DECIMAL(38,0) and DECIMAL(38,10): DECIMAL(38,0), 1 and 2
EXPECTED
