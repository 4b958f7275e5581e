# Starts a throw-away PostgreSQL cluster, says "ready" on standard output, and stays behind to remove the cluster once
# nobody has used it for a minute. Run by cluster.rs, as a user that is not root (PostgreSQL refuses to run as root).
#
# environment     PG_BIN the directory of initdb, PGPORT a free port of 127.0.0.1, PGPASSWORD of the superuser `postgres`;
#                 PG_BASE where to put the data, for benchmarks: in memory when not told
# standard input  the lock that each test process holds, shared, for as long as it lives
set -eu
umask 077
exec 2>&1

# In memory where there is plenty: the durability settings stay as in production, and tests do not wait for a disk.
base=${PG_BASE:-/tmp}
if [ -z "${PG_BASE:-}" ] && [ "$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')" -gt 4000000 ] 2>/dev/null; then base=/dev/shm; fi
dir=$(mktemp -d "$base/strippenkaart-postgres.XXXXXX")

clean_up() {
  "$PG_BIN/pg_ctl" stop --pgdata="$dir/data" --mode=immediate --silent || true
  rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' HUP INT PIPE TERM

# A linguistic collation, as many servers have: SQL that leans on the byte order of text has to say so.
# LC_ALL=C keeps the messages in English.
export LC_ALL=C
echo "$PGPASSWORD" >"$dir/password"
"$PG_BIN/initdb" --pgdata="$dir/data" --username=postgres --pwfile="$dir/password" --auth=password \
  --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=nl-NL --no-sync >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
"$PG_BIN/pg_ctl" start --pgdata="$dir/data" --log="$dir/log" --silent --wait --timeout=60 --options="-c port=$PGPORT \
  -c listen_addresses=127.0.0.1 -c unix_socket_directories='$dir' -c max_connections=400 -c max_wal_size=256MB" \
  >/dev/null 2>&1 </dev/null || { cat "$dir/log"; exit 1; }
echo ready
exec >/dev/null 2>&1

# Leaving the loop, we hold the lock alone: a test process that comes now waits, and then starts a cluster of its own.
idle=0
while [ $idle -lt 6 ]; do
  flock --unlock 0
  sleep 10
  if flock --exclusive --nonblock 0; then idle=$((idle + 1)); else idle=0; fi
done
