#!/usr/bin/env bash
# Runs the main job on samples/nightly.csv against the pretend org `demo` and shows the results. They stay in demo/.
# The sample has lines that must fail, so the run must end with 4: any other end is an error.
set -uo pipefail
cd "$(dirname "$0")/.."
rm -rf demo && mkdir demo
bin/rosterload load samples/nightly.csv -t demo --home demo/home --results demo
code=$?
run=$(ls demo/home/runs)
echo
echo "rosterload show $run"
bin/rosterload show "$run" --home demo/home
if [ "$code" -ne 4 ]; then
  echo "make demo: the run ended with $code, and should have ended with 4 (some rows failed, as the sample means them to)" >&2
  exit 1
fi
