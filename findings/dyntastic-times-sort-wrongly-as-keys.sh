#!/usr/bin/env bash
# dyntastic 0.18.0 sorts times wrongly as a range key, and a query from a full second on misses what came in that second.
#
# Its README has a `datetime` as range key, and queries with `A.timestamp < datetime(...)`. A time is stored as text, without a
# fraction where it is a full second. With a time zone, 00:00:00Z then sorts after 00:00:00.500000Z, since a dot is less than a
# Z (DynamoDB sorts strings by their UTF-8 bytes). So the events are read in another order than they occurred, and `>=` with a
# full second leaves out the rest of that second. Times without a zone are right, as an end of text is less than a dot. So are
# those of pynamodb 6.1.0, which always writes six digits.
#
# Guessed before it was run: the order of the times, and all four from midnight on.
# Output seen:
#   dyntastic, with time zone: in order 500 ms, 999 ms, 0 ms, 1000 ms; from midnight on 0 ms, 1000 ms
#   dyntastic, without: in order 0 ms, 500 ms, 999 ms, 1000 ms; from midnight on 0 ms, 500 ms, 999 ms, 1000 ms
#   pynamodb: in order 0 ms, 500 ms, 999 ms, 1000 ms; from midnight on 0 ms, 500 ms, 999 ms, 1000 ms
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check dyntastic==0.18.0 pydantic==2.14.4 pynamodb==6.1.0 \
    'moto[dynamodb]==5.2.5' boto3==1.44.8
cat > probe.py <<'PYTHON'
import os

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1")
from datetime import datetime, timedelta, timezone

from dyntastic import A, Dyntastic
from moto import mock_aws
from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.models import Model

MILLISECONDS = [0, 500, 999, 1000]
midnight = datetime(2026, 1, 1, tzinfo=timezone.utc)


class Event(Dyntastic):
    __table_name__, __table_region__, __hash_key__, __range_key__ = "events", "eu-central-1", "stream", "at"
    stream: str
    at: datetime
    ms: int


class OtherEvent(Model):
    class Meta:
        table_name, region, billing_mode = "other-events", "eu-central-1", "PAY_PER_REQUEST"

    stream = UnicodeAttribute(hash_key=True)
    at = UTCDateTimeAttribute(range_key=True)
    ms = NumberAttribute()


def show(name, all_events, later_events):
    in_order, later = (", ".join(f"{event.ms} ms" for event in events) for events in (all_events, later_events))
    print(f"{name}: in order {in_order}; from midnight on {later}")


with mock_aws():
    Event.create_table()
    for name, start in [("with time zone", midnight), ("without", midnight.replace(tzinfo=None))]:
        for ms in MILLISECONDS:
            Event(stream=name, at=start + timedelta(milliseconds=ms), ms=ms).save()
        show(f"dyntastic, {name}", Event.query(name), Event.query(name, range_key_condition=A.at >= start))
    OtherEvent.create_table(wait=True)
    for ms in MILLISECONDS:
        OtherEvent("all", midnight + timedelta(milliseconds=ms), ms=ms).save()
    show("pynamodb", OtherEvent.query("all"), OtherEvent.query("all", OtherEvent.at >= midnight))
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
dyntastic, with time zone: in order 500 ms, 999 ms, 0 ms, 1000 ms; from midnight on 0 ms, 1000 ms
dyntastic, without: in order 0 ms, 500 ms, 999 ms, 1000 ms; from midnight on 0 ms, 500 ms, 999 ms, 1000 ms
pynamodb: in order 0 ms, 500 ms, 999 ms, 1000 ms; from midnight on 0 ms, 500 ms, 999 ms, 1000 ms
EXPECTED
