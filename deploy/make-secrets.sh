#!/usr/bin/env bash
# make-secrets.sh [--compose] <folder> <public name>: makes what a production start needs and nobody
# should think up: tokens, a pepper, passwords, the keys of licences, of events and of the audit
# log, and a private authority with certificates
# for the database and, until a public one is there, for the public name. What exists is left as it is,
# so it may run again. Run it as root.
#
#   secrets/   the service's: each file is the variable of its name
#   migration/ the URL of the tables' owner, for `strongroom migrate` alone
#   database/  PostgreSQL's, with the authority
#   tls/       nginx's, signed by the same authority
set -euo pipefail
umask 077

compose=false
if [ "${1-}" = --compose ]; then
  compose=true
  shift
fi
[ $# = 2 ] || { echo "Usage: $0 [--compose] <folder> <public name>" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo 'Run it as root: the files get owners.' >&2; exit 2; }
folder=$1 name=$2

# Containers know each other by the names of their services; the users are those of the images.
if $compose; then
  database_host=postgres service_owner=10001:10001 database_owner=999:999 redis_owner=999:999
else
  database_host=localhost service_owner=root:root database_owner=root:root
  # Without the database on this machine there is nobody to give its key to.
  ! id postgres >/dev/null 2>&1 || database_owner=postgres:postgres
fi
mkdir -p "$folder"/{secrets,migration,database,tls}
cd "$folder"
chmod 755 . database tls

# make <file> <owner> <command…>: the command's output becomes the file, whole or not at all.
make() {
  local file=$1 owner=$2
  shift 2
  [ ! -e "$file" ] || return 0
  "$@" > "$file.new"
  chown "$owner" "$file.new"
  chmod 400 "$file.new"
  mv "$file.new" "$file"
  echo "made $folder/$file"
}
random() { openssl rand -hex 32; }
key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1; }
# certificate <name> <key> <days>: signed by the authority.
certificate() {
  openssl req -new -key "$2" -subj "/CN=$1" |
    openssl x509 -req -CA ca.pem -CAkey database/ca-key.pem -days "$3" \
      -extfile <(printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n' "$1")
}

for secret in ADMIN_API_TOKEN INTERNAL_SERVICE_TOKEN METRICS_TOKEN API_KEY_PEPPER; do
  make "secrets/$secret" "$service_owner" random
done
make secrets/license-key.pem "$service_owner" openssl genrsa 3072
make secrets/events-key.pem "$service_owner" openssl genpkey -quiet -algorithm ed25519
make secrets/audit-log-key.pem "$service_owner" openssl genpkey -quiet -algorithm ed25519

# Wherever it is trusted, it can vouch for these two names and no other, nor for any address.
names="permitted;DNS:$database_host,permitted;DNS:$name"
addresses='excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0'
make database/ca-key.pem root:root key
make ca.pem root:root openssl req -x509 -new -key database/ca-key.pem -subj '/CN=Strongroom, private authority' \
  -days 3650 -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign' \
  -addext "nameConstraints=critical,$names,$addresses"
chmod 444 ca.pem
make database/key.pem "$database_owner" key
make database/certificate.pem "$database_owner" certificate "$database_host" database/key.pem 730
make database/password "$database_owner" random
make database/owner-password "$database_owner" random
make database/superuser-password "$database_owner" random
make secrets/DATABASE_URL "$service_owner" \
  printf 'postgres://strongroom:%s@%s:5432/strongroom\n' "$(cat database/password)" "$database_host"
make migration/MIGRATION_DATABASE_URL "$service_owner" \
  printf 'postgres://strongroom_owner:%s@%s:5432/strongroom\n' "$(cat database/owner-password)" "$database_host"

if $compose; then
  make redis-password root:root random
  make redis.conf "$redis_owner" printf '%s\n' "requirepass $(cat redis-password)" 'save ""' \
    'appendonly no' 'maxmemory 128mb' 'maxmemory-policy volatile-ttl'
  make secrets/REDIS_URL "$service_owner" printf 'redis://:%s@redis:6379\n' "$(cat redis-password)"
fi

make tls/key.pem root:root key
make tls/fullchain.pem root:root certificate "$name" tls/key.pem 90
