"""SNS and SQS on a free loopback port, which it prints; ends with whoever holds its standard input."""

import logging
import sys

from moto import backends
from moto.core.utils import unix_time
from moto.server import ThreadedMotoServer
from moto.sqs.models import Queue, SQSBackend


def is_kept(self, queue_name, message):
    return message.sent_timestamp / 1000 + self.get_queue(queue_name).message_retention_period > unix_time()


# moto counts the whole queue for every message that it hands out, and lists its own folders for every request: with
# some hundred messages that is most of what a run takes.
SQSBackend.is_message_valid_based_on_retention_period = is_kept


# moto lists the messages of a queue anew to leave out one that is deleted, and loses what is sent meanwhile.
delete = Queue.delete_message


def delete_alone(self, receipt_handle):
    with self._messages_lock:
        delete(self, receipt_handle)


Queue.delete_message = delete_alone

# And it hands one message, or two of one group, to those who ask at the same moment. Who waits gives the lock away.
receive = SQSBackend.receive_message


def receive_alone(self, queue_name, *args, **kwargs):
    with self.get_queue(queue_name)._messages_lock:
        return receive(self, queue_name, *args, **kwargs)


SQSBackend.receive_message = receive_alone
modules = tuple(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: modules

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
