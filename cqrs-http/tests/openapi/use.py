"""Uses the client that was generated of the bank's document: use.py ADDRESS."""

import json
import sys

from bank_client import AuthenticatedClient
from bank_client.api.account import account_deposit, account_history, account_open, account_withdraw
from bank_client.api.statement import get_statement, list_statements
from bank_client.models import Deposit, ListStatementsBy, Open, Withdraw

client = AuthenticatedClient(base_url=sys.argv[1], token="BANK/teller-1")
account_open.sync("4711", client=client, body=Open(owner="Ada"))
deposited = account_deposit.sync("4711", client=client, body=Deposit(cents=500), idempotency_key="k-1")
again = account_deposit.sync("4711", client=client, body=Deposit(cents=500), idempotency_key="k-1")
assert again == deposited
rejected = account_withdraw.sync("4711", client=client, body=Withdraw(cents=900))
statement = get_statement.sync("4711", client=client, commit_token=deposited.token, prefer="wait=20")
listed = list_statements.sync(
    client=client, by=ListStatementsBy.BY_OWNER, owner="Ada", commit_token=deposited.token, prefer="wait=20"
)
history = account_history.sync("4711", client=client)

print(json.dumps({
    "deposited": {"outcome": deposited.outcome.value, "version": deposited.version},
    "rejected": {"type": rejected.type_, "balance": rejected["balance"]},
    "statement": statement.to_dict(),
    "listed": [item.key.id for item in listed.items],
    "commits": [[event.type_ for event in commit.events] for commit in history.items],
    "deposited cents": history.items[1].events[0].data.cents,
}))
