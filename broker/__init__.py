"""The MQTT broker: who may publish where, and running one on this machine."""

from broker.access import is_device_name, new_password, password_hash
from broker.choice import Broker, NoBroker, choose
from broker.command import Command
from broker.connect import accepts, answers
from broker.files import write_accounts
from broker.mosquitto import MOSQUITTO, UNPACKED, Mosquitto
from broker.pip_broker import PIP_BROKER, PipBroker

__all__ = [
    "MOSQUITTO",
    "PIP_BROKER",
    "UNPACKED",
    "Broker",
    "Command",
    "Mosquitto",
    "NoBroker",
    "PipBroker",
    "accepts",
    "answers",
    "choose",
    "is_device_name",
    "new_password",
    "password_hash",
    "write_accounts",
]
