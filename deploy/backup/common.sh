# shellcheck shell=sh
# Read by the other scripts here. Everything about the connection is libpq's own (PGHOST, PGUSER,
# PGPASSFILE, PGSERVICE, …); what is ours:
#   BACKUP_DIR   where backups and the archived WAL go; an absolute path on another disk than the data
#   KEEP_DAILY   how many days keep their newest backup (7), and WAL to restore to any second of them
#   KEEP_WEEKLY  how many weeks keep theirs beyond that (5)
#   PG_BIN       the folder of PostgreSQL's programs, where they are not on the PATH
set -eu
umask 077

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}
misused() {
  printf 'Usage: %s\n' "$*" >&2
  exit 2
}

use_programs() {
  if [ -z "${PG_BIN:-}" ] && ! command -v pg_verifybackup >/dev/null; then
    for folder in /usr/lib/postgresql/*/bin; do PG_BIN=$folder; done
  fi
  PATH=${PG_BIN:+$PG_BIN:}$PATH
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "there is no $program: set PG_BIN to PostgreSQL's bin folder"
  done
}

# The path stands in restore_command too, where a shell reads it again.
use_backup_dir() {
  [ -n "${BACKUP_DIR:-}" ] || fail 'set BACKUP_DIR to the folder of the backups'
  case $BACKUP_DIR in
    /*) ;;
    *) fail 'BACKUP_DIR must be an absolute path' ;;
  esac
  case $BACKUP_DIR in
    *[!A-Za-z0-9/._-]*) fail 'BACKUP_DIR may have letters, digits and / . _ - only' ;;
  esac
  mkdir -p "$BACKUP_DIR/base" "$BACKUP_DIR/dump" "$BACKUP_DIR/wal"
}

# Of two that run at once the second gives up: each ends by deleting what is not kept.
only_one() {
  exec 9>"$BACKUP_DIR/.lock"
  flock -n 9 || fail 'another one is running'
}

now() { date -u +%Y%m%dT%H%M%SZ; }

# The names of whole backups, oldest first; a name is the second at which the backup was finished.
backups() {
  for path in "$BACKUP_DIR/$1"/[0-9]*Z*; do
    case $path in
      *.partial | *\*) ;;
      *) say "${path##*/}" ;;
    esac
  done
}

newest() { backups "$1" | tail -n 1; }
