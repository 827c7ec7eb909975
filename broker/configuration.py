"""mosquitto's configuration for one machine, as text. Pure."""

from __future__ import annotations

from pathlib import Path

from broker.files import ACCESS, PASSWORDS
from ingest.messages import MAX_IN_FLIGHT, MAX_MESSAGE_BYTES

#: The packet around the largest message: topic, properties, and the header.
MAX_PACKET_BYTES = MAX_MESSAGE_BYTES + 4096
#: One minute of three axes at 50 Hz, two bytes each, and what MessagePack and the topic add.
BLOCK_BYTES = 50 * 60 * 6 + 200
MAX_DEVICES = 100_000  #: the most that one machine is made for
SAVE_EVERY_S = 60
SESSION_DAYS = 31  #: above the 30 days that ingest asks for: mosquitto takes the shorter of the two


def configuration(directory: Path, port: int, *, queue_bytes: int, user: str | None = None) -> str:
    """The file `mosquitto.conf`: password and topic access, loopback only.

    `directory` holds the account files and what mosquitto keeps across restarts. `queue_bytes` is the
    memory that may be filled for ingest while it is away; `user` is whom a broker started as root
    becomes.
    """
    devices = queue_bytes // (MAX_IN_FLIGHT * BLOCK_BYTES)
    who = (
        ""
        if user is None
        else f"# Started as root, it would become somebody who cannot read this folder.\nuser {user}\n"
    )
    return f"""# Written by Actalgia at every start: changes are lost.
listener {port} 127.0.0.1
# A device may have several connections at once, each with a client id of its own choice. Ingest's id
# is made from its password: nobody guesses it and takes over its session.
# MQTT 5 and 3.1.1 clients alike are cut by it. message_size_limit would acknowledge and throw away.
max_packet_size {MAX_PACKET_BYTES}

allow_anonymous false
password_file {directory / PASSWORDS}
acl_file {directory / ACCESS}
{who}
# Sessions, what waits for ingest, and retained receipts survive a clean restart; a kill loses up to the
# last {SAVE_EVERY_S} s of them. mosquitto acknowledges before it saves, so no setting here makes an
# acknowledgement a promise: devices keep a message until its receipt, and send it again. Every save writes
# everything that waits, so to save after each change is quadratic: 640 messages of 18 kB for an absent
# ingest took 8.4 s and wrote 3.7 GB, this way 0.1 s and nothing until the next save.
persistence true
persistence_location {directory}/
autosave_on_changes false
autosave_interval {SAVE_EVERY_S}
persistent_client_expiration {SESSION_DAYS}d

# Above the default of 20: ingest acknowledges after the commit, and a batch has up to 500 messages.
max_inflight_messages 10000
# What waits for an absent ingest. A device has at most {MAX_IN_FLIGHT} messages out without a receipt, so the
# count is {MAX_IN_FLIGHT} x {MAX_DEVICES:,} devices, and the bytes, which memory bounds, are room for
# {MAX_IN_FLIGHT} one-minute blocks ({BLOCK_BYTES:,} bytes) of {devices:,} devices. Beyond, mosquitto drops,
# acknowledges, and counts in $SYS/broker/publish/messages/dropped, which ingest watches: an alarm, but no
# loss, since a device without a receipt sends again.
max_queued_messages {MAX_IN_FLIGHT * MAX_DEVICES}
max_queued_bytes {queue_bytes}

sys_interval 10
log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%S
"""
