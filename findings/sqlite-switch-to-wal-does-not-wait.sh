#!/usr/bin/env bash
# SQLite sends away who switches a database to WAL while another connection has begun to write, whatever the busy timeout is.
#
# A busy timeout lets a connection wait for a lock that another one has (SQLite, "Set A Busy Timeout"). A statement that writes does
# so. `PRAGMA journal_mode = WAL` waits, too, for a reader and for an exclusive lock, but not where the other one holds the lock of
# `BEGIN IMMEDIATE`: it fails at once with "database is locked", and the busy handler is never asked. So of several programs that
# open a new file at the same moment, each with a timeout of seconds, and make tables in it, some fail right away. Open again where that
# happens.
#
# Seen with the SQLite that apsw 3.50.4.0 brings along, with a busy handler that counts and gives up after three calls:
#
#   3.50.4 reader: WAL asked 4 times, INSERT asked 4 times
#   3.50.4 writer: WAL asked 0 times, INSERT asked 4 times
#
# Exits with 0 where this is still so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check apsw==3.50.4.0

cat > probe.py << 'PROBE'
import apsw

other = apsw.Connection("shop.db")
other.execute("CREATE TABLE orders (id)")
this = apsw.Connection("shop.db")


def asked(statement):
    calls = []

    def wait(_):
        calls.append(1)
        return len(calls) <= 3

    this.set_busy_handler(wait)
    try:
        list(this.execute(statement))
    except apsw.BusyError:
        return len(calls)
    raise AssertionError(statement + " went through")


for name, begin in [("reader", "BEGIN; SELECT * FROM orders"), ("writer", "BEGIN IMMEDIATE")]:
    list(other.execute(begin))
    wal, insert = asked("PRAGMA journal_mode = WAL"), asked("INSERT INTO orders VALUES (1)")
    print(f"{apsw.sqlite_lib_version()} {name}: WAL asked {wal} times, INSERT asked {insert} times")
    other.execute("ROLLBACK")
PROBE

said=$(venv/bin/python probe.py)
echo "$said"
[ "$said" = "3.50.4 reader: WAL asked 4 times, INSERT asked 4 times
3.50.4 writer: WAL asked 0 times, INSERT asked 4 times" ]
