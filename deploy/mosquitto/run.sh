#!/bin/sh
# Runs mosquitto and makes it read its accounts and certificates again when they change.
#   run.sh [CONFIGURATION [ACCOUNTS [CERTIFICATE]]]
# `actalgia enrol` replaces the account files in a volume that it shares with us; it cannot send a signal
# into this container. What it removes is cut at once: mosquitto does that by itself at SIGHUP.
set -eu
configuration=${1:-/mosquitto/config/mosquitto.conf}
accounts=${2:-/mosquitto/accounts}
certificate=${3:-/mosquitto/certificates/server.crt}

# A file that is replaced has another inode, even within the same second.
stamp() {
    stat -L -c '%i %Y %s' "$accounts/passwd" "$accounts/acl" "$certificate" 2>/dev/null || true
}

# mosquitto does not start without its accounts; the first start of the stack writes them.
until [ -s "$accounts/passwd" ] && [ -s "$accounts/acl" ]; do
    echo "waiting for the account files in $accounts" >&2
    sleep 1
done

seen=$(stamp)
mosquitto -c "$configuration" &
broker=$!
trap 'kill -TERM "$broker" 2>/dev/null || true' TERM INT
while kill -0 "$broker" 2>/dev/null; do
    # In the background, so that a signal to us is heard at once.
    sleep 1 &
    wait $! || true
    now=$(stamp)
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP "$broker" 2>/dev/null || true
    fi
done
wait "$broker"
