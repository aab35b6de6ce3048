#!/usr/bin/env bash
# The nightly load for cron or systemd: nightly.sh ROSTER TARGET ANSWERS
#
# One roster by name - never *.csv, which would take up answers and half-written files as well. Answers go into a folder of their own, outside
# the folder that HR drops into. Whatever is neither well (0), nothing to do (5) nor still pending (8) raises an alarm.
set -uo pipefail
roster=${1:?"usage: nightly.sh ROSTER TARGET ANSWERS"} target=${2:?} answers=${3:?}

alarm() { # replace by whatever wakes somebody up
  logger -t rosterload -p user.err "$*" 2>/dev/null || true
  echo "nightly.sh: $*" >&2
}

rosterload load "$roster" --target "$target" --results "$answers" --wait-for-lock 2h --quiet
code=$?
for _ in 1 2 3; do
  [ "$code" -eq 8 ] || break
  sleep "${ROSTERLOAD_PAUSE:-900}" # the org has not answered yet: give it a quarter of an hour, three times
  rosterload resume --wait-for-lock 2h --quiet
  code=$?
done
case $code in
  0 | 5) exit 0 ;;
  *) alarm "the load of $roster ended with $code; look at the newest summary.json in $answers"; exit "$code" ;;
esac
