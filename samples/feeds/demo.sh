#!/usr/bin/env bash
# Drops eight files into two feeds of a pretend org, one after another, and shows what became of each. What it writes stays in
# demo-feed/. Each file has one right end; any other is an error.
set -uo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${ROSTERLOAD:-bin/rosterload}") folder=${DEMO_FEED:-demo-feed}
rm -rf "$folder" && mkdir -p "$folder/in/changes" "$folder/in/whole"
folder=$(realpath "$folder")
cp samples/feeds/departments.csv samples/feeds/rosterload.yaml "$folder"
cd "$folder" || exit 1
export DEMO_FEED_SECRET=demo ROSTERLOAD_HOME=$folder/home ROSTERLOAD_CONFIG=$folder/rosterload.yaml

"$binary" simulate salesforce --listen 127.0.0.1:0 --count 40 --groups Cardio,Onco --delay 50ms --strict 2> org.log &
org=$!
trap 'kill $org 2>/dev/null' EXIT
for _ in $(seq 100); do
  address=$(sed -n 's/^rosterload: serving on //p' org.log)
  [ -n "$address" ] && break
  sleep 0.1
done
sed -i "s|env:DEMO_FEED_ORG|$address|" rosterload.yaml

bad=0
drop() { # drop FEED EXIT WHERE WHAT: takes what lies in the feed's folder
  local feed=$1 want=$2 where=$3 what=$4
  "$binary" watch --once --quiet "$feed" > last.txt 2>&1
  local code=$?
  printf '%-62s exit %s, in %s/\n' "$what" "$code" "$where"
  if [ "$code" -ne "$want" ]; then
    echo "  should have ended with $want:"; sed 's/^/  /' last.txt; bad=1
  fi
}
users() { for n in $(seq "$1" "$2"); do printf 'user%07d@acme.example,%s\n' "$n" "$3"; done; }
heading() { echo "Username,Group"; }

(heading; users 1 8 Kardiologie) > in/changes/1-good.csv
drop changes 0 done "1 a good file"
printf 'Username,Group\nuser0000009@acme.example,"Kardio' > in/changes/2-half.csv
drop changes 5 changes "2 a file that is still being written is left alone"
printf 'Username,Group\nuser0000009@acme.example,"Kardiologie"\n' > in/changes/2-half.csv
drop changes 0 done "  and taken when it is complete"
cp "in/changes/done/"*.1-good.csv in/changes/3-again.csv
drop changes 0 done "3 the same bytes again: nothing has to be changed"
(heading; users 10 10 Onkologie; users 11 11 Pathologie) > in/changes/4-unknown-department.csv
drop changes 4 done "4 a department that is not in the table"
: > in/changes/5-empty.csv
drop changes 0 done "5 an empty file"
sed 's/Pathologie/Onkologie/' in/changes/answers/4-unknown-department.*.failed.csv > in/changes/6-corrected.csv
drop changes 0 done "6 the failed.csv of number 4, corrected"

(heading; users 1 9 Kardiologie; users 10 11 Onkologie) > in/whole/7-a-yesterday.csv
drop whole 0 done "7 all users, as yesterday"
(heading; users 1 5 Kardiologie) > in/whole/7-b-half.csv
drop whole 0 done "  half of yesterday's: few enough to be believed here" # below ten the guard and the share never trip
(heading; users 1 30 Kardiologie) > in/whole/7-c-many.csv
drop whole 6 held "  thirty people at once: held, a person decides"
run=$("$binary" holds --json | sed -n 's/.*"run": "\(.*\)".*/\1/p')
"$binary" approve "$run" --reason "a department has moved in" --quiet > last.txt 2>&1 || bad=1
(heading; users 1 15 Kardiologie) > in/whole/7-d-half.csv
drop whole 6 held "  half of that the next day: held"
run=$("$binary" holds --json | sed -n 's/.*"run": "\(.*\)".*/\1/p')
"$binary" reject "$run" --reason "the export was cut short" --quiet > last.txt 2>&1 || bad=1
(heading; users 1 29 Kardiologie; echo 'typo@acme.example,Kardiologie') > in/whole/8-unknown-user.csv
drop whole 4 done "8 a user that the org does not know: no user is removed"

echo; "$binary" feeds
echo; cat in/whole/answers/8-unknown-user.*.answer.txt
kill $org
wait $org
if grep -q 'broken promise' org.log; then
  cat org.log >&2; bad=1
fi
exit $bad
