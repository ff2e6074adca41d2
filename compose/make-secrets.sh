#!/usr/bin/env bash
# Makes every key, certificate and password that compose.yaml mounts, as files in ./secrets. Needs openssl only.
# Idempotent: makes what is missing, keeps what is there. Says what it made, never what is in it.
#
#   make-secrets.sh            everything, and a certificate for each line of parties.txt
#   make-secrets.sh --check    makes nothing; lists the certificates that end within 60 days, and ends with 1 when there are any (for cron)
#   XINQIAO_EXTERNAL_HOST=broker.example.org make-secrets.sh     the name under which parties reach the broker and the console
set -euo pipefail
cd "$(dirname "$0")"
if [ -z "${XINQIAO_EXTERNAL_HOST:-}" ] && [ -f .env ]; then
    XINQIAO_EXTERNAL_HOST=$(sed -n 's/^XINQIAO_EXTERNAL_HOST=//p' .env | tail -n 1)
fi
external_host=${XINQIAO_EXTERNAL_HOST:-localhost}
services="ingestion governance scoring matchmaking policypush riskmonitoring exchange reporting"
days=825

# Most are made on one day and end on one day, and from then on nobody can speak to anybody.
check_ends() {
    local file soon=
    for file in secrets/*.pem secrets/*.crt secrets/parties/*.pem; do
        [ ! -f "$file" ] || openssl x509 -checkend $((60 * 86400)) -noout -in "$file" >/dev/null 2>&1 || soon="$soon$file"$'\n'
    done
    [ -n "$soon" ] || return 0
    printf 'make-secrets: these end within 60 days; renew them as secrets/README.md says:\n%s' "$soon" >&2
    return 1
}
case "${1:-}" in
    "") ;;
    --check) check_ends && exit 0 || exit 1 ;;
    *)
        echo "make-secrets: no argument, or --check" >&2
        exit 64
        ;;
esac

# Files are born closed and are opened to the containers' users at the end; the folder stays closed.
umask 077
mkdir -p secrets/authority secrets/parties
chmod 700 secrets secrets/authority
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

made() { printf 'made secrets/%s\n' "$1"; }
random_password() { openssl rand -hex 24; }

authority() { # NAME COMMON-NAME
    # Its key may have been put away: then the authority stands all the same, and another in its place would make all that it signed worthless.
    [ -f "secrets/$1.crt" ] && return
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/authority"
    openssl req -x509 -new -sha256 -key "$work/authority" -subj "/CN=$2" -days 3650 -out "$work/crt" \
        -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign'
    mv "$work/authority" "secrets/authority/$1.key" && mv "$work/crt" "secrets/$1.crt"
    made "$1.crt"
}

certificate() { # AUTHORITY COMMON-NAME USAGES ALTERNATIVE-NAMES: leaves $work/key and $work/crt
    [ -f "secrets/authority/$1.key" ] || {
        echo "make-secrets: to sign for $2, put secrets/authority/$1.key back" >&2
        exit 1
    }
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/key"
    openssl req -new -sha256 -key "$work/key" -subj "/CN=$2" -out "$work/csr"
    {
        echo 'basicConstraints=critical,CA:FALSE'
        echo 'keyUsage=critical,digitalSignature'
        echo "extendedKeyUsage=$3"
        [ -z "$4" ] || echo "subjectAltName=$4"
    } >"$work/extensions"
    openssl x509 -req -sha256 -in "$work/csr" -CA "secrets/$1.crt" -CAkey "secrets/authority/$1.key" \
        -set_serial "0x$(openssl rand -hex 16)" -days "$days" -extfile "$work/extensions" -out "$work/crt" 2>"$work/said" || {
        cat "$work/said" >&2
        exit 1
    }
}

# Key and certificate in one file, which both librdkafka and Kafka's own clients read.
pair() { # FILE AUTHORITY COMMON-NAME USAGES ALTERNATIVE-NAMES
    [ -f "secrets/$1" ] && return
    certificate "$2" "$3" "$4" "$5"
    cat "$work/key" "$work/crt" >"$work/pair" && mv "$work/pair" "secrets/$1"
    made "$1"
}

server() { # NAME ALTERNATIVE-NAMES
    [ -f "secrets/$1.crt" ] && [ -f "secrets/$1.key" ] && return
    certificate house-ca "$1" serverAuth "$2"
    mv "$work/key" "secrets/$1.key" && mv "$work/crt" "secrets/$1.crt"
    made "$1.crt"
}

password() { # FILE
    [ -f "secrets/$1" ] && return
    random_password >"secrets/$1"
    made "$1"
}

connection_text() { # FILE ROLE
    [ -f "secrets/$1" ] && return
    printf 'host=postgres port=5432 dbname=xinqiao user=%s password=%s sslmode=verify-full sslrootcert=%s channel_binding=require\n' \
        "$2" "$(random_password)" /run/secrets/house-ca.crt >"secrets/$1"
    made "$1"
}

names="DNS:localhost,IP:127.0.0.1"
case "$external_host" in
    localhost | 127.0.0.1) ;;
    *[!0-9.]*) names="$names,DNS:$external_host" ;;
    *) names="$names,IP:$external_host" ;;
esac

authority house-ca "Xinqiao house authority"
authority parties-ca "Xinqiao parties authority"
pair kafka.pem house-ca kafka serverAuth,clientAuth "DNS:kafka,$names"
pair kafka-admin.pem house-ca kafka-admin clientAuth ""
pair operator.pem house-ca operator clientAuth ""
server postgres "DNS:postgres"
server console "$names"
for service in $services; do
    pair "$service.pem" house-ca "$service" clientAuth ""
    connection_text "$service.postgres" "xinqiao_$service"
done
connection_text migrator.postgres xinqiao_migrator
if [ ! -f secrets/ledger.key ]; then
    openssl genpkey -algorithm ed25519 -out secrets/ledger.key
    made ledger.key
fi
password postgres-superuser.password
password grafana.password
password persons.key

# Not made once but derived each time, so that a renewed role reaches the job `roles`.
for role in $services migrator; do
    printf '\\set %s_password %s\n' "$role" "$(sed -n 's/.* password=\([0-9a-f]*\) .*/\1/p' "secrets/$role.postgres")"
done >"$work/passwords"
mv "$work/passwords" secrets/postgres-passwords.psql

if [ ! -f secrets/console.htpasswd ]; then
    rm -f secrets/console.password
    password console.password
    printf 'operator:%s\n' "$(openssl passwd -6 -in secrets/console.password)" >secrets/console.htpasswd
    made console.htpasswd
fi

pair parties/portal.pem parties-ca portal clientAuth ""
while read -r kind id; do
    pair "parties/$kind.$id.pem" parties-ca "$kind.$id" clientAuth ""
done < <(sed 's/#.*//' parties.txt | awk 'NF == 2')

# Each container has its own user id and is given single files, so these must be readable; the folder's 0700 keeps others out.
find secrets -maxdepth 1 -type f ! -name '.gitignore' ! -name README.md -exec chmod 444 {} +
find secrets/authority secrets/parties -type f -exec chmod 400 {} +
chmod 700 secrets/parties
check_ends || true
