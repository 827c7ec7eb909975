#!/bin/sh
# Makes the certificates of the broker:  certificates.sh DIRECTORY NAME...
#   NAME: what devices call the broker (DNS names or IPv4 addresses); the first is the subject.
#         `broker` is what ingest calls it inside docker-compose and is always added.
# The first run makes a certificate authority of your own: ca.crt goes into every device, ca.key to a
# safe place, off this machine. Each run makes a new server key and certificate (397 days); the running
# broker takes them over by itself.
set -eu
umask 077
if [ $# -lt 2 ]; then
    echo "usage: certificates.sh DIRECTORY NAME..." >&2
    exit 2
fi
directory=$1
shift
mkdir -p "$directory"
chmod 700 "$directory"

names=
for name in "$@" broker; do
    case $name in
        '' | *[!A-Za-z0-9.-]*)
            echo "certificates.sh: $name is neither a DNS name nor an IPv4 address" >&2
            exit 2
            ;;
        *[!0-9.]*) names="${names:+$names,}DNS:$name" ;;
        *) names="${names:+$names,}IP:$name" ;;
    esac
done

if [ ! -e "$directory/ca.crt" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 \
        -subj "/CN=Actalgia broker authority" -keyout "$directory/ca.key" -out "$directory/ca.crt" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" 2>/dev/null
elif [ ! -e "$directory/ca.key" ]; then
    echo "certificates.sh: bring ca.key back to $directory to sign a new server certificate" >&2
    exit 1
fi

work=$(mktemp -d "$directory/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 \
    -subj "/CN=$1" -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
cat > "$work/extensions" <<END
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=$names
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
END
openssl x509 -req -in "$work/server.csr" -CA "$directory/ca.crt" -CAkey "$directory/ca.key" \
    -set_serial "0x$(openssl rand -hex 16)" -sha256 -days 397 -extfile "$work/extensions" \
    -out "$work/server.crt" 2>/dev/null
# The container's user reads them through a mount of this folder's files; on this machine the folder (0700)
# keeps others out. The certificate last: run.sh watches it.
chmod 644 "$work/server.key" "$work/server.crt" "$directory/ca.crt"
mv "$work/server.key" "$directory/server.key"
mv "$work/server.crt" "$directory/server.crt"
echo "$directory: ca.crt for devices and ingest, server.crt and server.key for the broker ($names)"
