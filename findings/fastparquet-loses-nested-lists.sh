#!/usr/bin/env bash
# fastparquet 2026.9.0 gives nothing for each value of a list that has lists or structs in it.
#
# A list of numbers comes back as it was written. A list of lists, and a list of structs (the lines of an order), come back as a column
# of `None`, one for each row, with no error and no warning; `to_pandas` reads the other columns as if all was well. A count of what is
# there says that no order has lines.
#
# Guessed before it was run: it reads them or refuses the file.
# Output seen:
#   list of numbers: [[1, 2], [3]]
#   list of lists: [None, None]
#   list of structs: {'value': [None, None]}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1
cat > probe.py <<'PYTHON'
import warnings

import fastparquet
import pyarrow as pa
import pyarrow.parquet as pq

warnings.simplefilter("error", UserWarning)


def read(values):
    pq.write_table(pa.table({"value": values}), "values.parquet")
    assert pq.read_table("values.parquet")["value"].to_pylist() == values
    return fastparquet.ParquetFile("values.parquet").to_pandas().to_dict("list")


numbers = [[int(number) for number in value] for value in read([[1, 2], [3]])["value"]]
print("list of numbers:", numbers)
print("list of lists:", read([[[1, 2], []], [[3]]])["value"])
print("list of structs:", read([[{"sku": "a", "n": 1}], [{"sku": "b", "n": 2}, {"sku": "c", "n": 3}]]))
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
list of numbers: [[1, 2], [3]]
list of lists: [None, None]
list of structs: {'value': [None, None]}
EXPECTED
