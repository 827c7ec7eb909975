#!/bin/sh
# Makes the secrets of docker-compose.yml, random, once:  secrets.sh DIRECTORY
# What is there stays: a second run changes nothing.
set -eu
umask 077
if [ $# -ne 1 ]; then
    echo "usage: secrets.sh DIRECTORY" >&2
    exit 2
fi
directory=$1
mkdir -p "$directory"
chmod 700 "$directory"

write() {
    [ -e "$directory/$1" ] || printf '%s' "$2" > "$directory/$1"
    # The containers' user reads them through a mount of the file; here the folder (0700) keeps others out.
    chmod 444 "$directory/$1"
}

write postgres_password "$(openssl rand -hex 24)"
write actalgia_database_url \
    "postgresql://actalgia:$(cat "$directory/postgres_password")@timescaledb:5432/actalgia"
write actalgia_mqtt_url "mqtts://ingest:$(openssl rand -hex 24)@broker:8883"
echo "$directory: postgres_password, actalgia_database_url, actalgia_mqtt_url"
