#!/usr/bin/env bash
# eventsourcing 9.5.6 rewrites an event that is not saved yet, when a later event changes an argument of the first.
#
# A method with `@event` stores its arguments in the event and then runs with the same objects. An aggregate that keeps a list
# which it was given shares that list with the event. Each later append also changes the list in the pending event, so the
# event that is stored first already has the items of the second. In memory the aggregate is right. After a reload the items
# are there twice, since the second event adds them again. It depends on the moment of the save: one save after each step
# stores the right events, and one save at the end the wrong ones. A copy of the list in the method avoids it.
#
# Guessed before it was run: an event has the arguments of the call, and a reload gives the state that was in memory.
# Output seen:
#   one save at the end: stored Opened ['tea', 'milk'], Added milk; in memory ['tea', 'milk'], reloaded ['tea', 'milk', 'milk']
#   a save after each step: stored Opened ['tea'], Added milk; in memory ['tea', 'milk'], reloaded ['tea', 'milk']
#   with a copy: stored Opened ['tea'], Added milk; in memory ['tea', 'milk'], reloaded ['tea', 'milk']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check eventsourcing==9.5.6
cat > probe.py <<'PYTHON'
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Cart(Aggregate):
    @event("Opened")
    def __init__(self, items):
        self.items = items

    @event("Added")
    def add(self, item):
        self.items.append(item)


class CopyingCart(Aggregate):
    @event("Opened")
    def __init__(self, items):
        self.items = list(items)

    @event("Added")
    def add(self, item):
        self.items.append(item)


def show(name, cart):
    opened, added = app.events.get(cart.id)
    reloaded = app.repository.get(cart.id).items
    print(f"{name}: stored Opened {opened.items}, Added {added.item}; in memory {cart.items}, reloaded {reloaded}")


app = Application(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": ":memory:"})
cart = Cart(["tea"])
cart.add("milk")
app.save(cart)
show("one save at the end", cart)

cart = Cart(["tea"])
app.save(cart)
cart.add("milk")
app.save(cart)
show("a save after each step", cart)

cart = CopyingCart(["tea"])
cart.add("milk")
app.save(cart)
show("with a copy", cart)
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
one save at the end: stored Opened ['tea', 'milk'], Added milk; in memory ['tea', 'milk'], reloaded ['tea', 'milk', 'milk']
a save after each step: stored Opened ['tea'], Added milk; in memory ['tea', 'milk'], reloaded ['tea', 'milk']
with a copy: stored Opened ['tea'], Added milk; in memory ['tea', 'milk'], reloaded ['tea', 'milk']
EXPECTED
