#!/usr/bin/env bash
# The nightly load for cron or systemd: nightly.sh ROSTER TARGET ANSWERS
#
# One roster by name - never *.csv, which would take up answers and half-written files as well. Answers go into a folder of their own, outside
# the folder that HR drops into. Several of these may run at once on one home, each with its own target.
#
# cron starts with nothing: secrets and settings come from an environment file of NAME=VALUE lines, /etc/rosterload/env unless
# ROSTERLOAD_ENV names another. A good night (0), and a night without a roster's lines (5), says nothing. All else raises an alarm and
# ends with the exit code of the load.
set -uo pipefail
PATH=$PATH:/usr/local/bin:/usr/bin:/bin
roster=${1:?"usage: nightly.sh ROSTER TARGET ANSWERS"} target=${2:?} answers=${3:?}
env=${ROSTERLOAD_ENV:-/etc/rosterload/env}
if [ -r "$env" ]; then set -a && . "$env" && set +a; fi
pause=${ROSTERLOAD_PAUSE:-900} tries=${ROSTERLOAD_TRIES:-3}

said=$(mktemp -d) || exit 2
trap 'rm -rf "$said"' EXIT

alarm() { # replace by what wakes a person
  logger -t rosterload -p user.err "$*" 2>/dev/null || true
  echo "nightly.sh: $*" >&2
  cat "$said/err" >&2
}

# Each command answers with one JSON document; the run's own name stands in it once a run has begun.
load() { rosterload load "$roster" --target "$target" --results "$answers" --wait-for-lock 2h --quiet --json >"$said/out" 2>"$said/err"; }
go_on() { rosterload resume "$run" --unattended --wait-for-lock 2h --quiet --json >"$said/out" 2>"$said/err"; }
name() { sed -n 's/^  "run": "\(.*\)",$/\1/p' "$said/out"; }

load
code=$? run=$(name)
for ((i = 0; i < tries; i++)); do
  case $code in 8 | 9) ;; *) break ;; esac
  sleep "$pause" # the org has not answered yet, or is not there
  before=$code
  if [ -n "$run" ]; then go_on; else load; fi
  code=$?
  run=${run:-$(name)}
  if [ "$code" -eq 5 ] && [ -n "$run" ]; then # another process has taken the run to its end: look at that end
    code=$before
    break
  fi
done
case $code in
  0 | 5) exit 0 ;;
esac
alarm "the load of $roster into $target ended with $code; rosterload explain $code, rosterload show ${run:-RUN}"
exit "$code"
