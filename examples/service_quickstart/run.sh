#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A server, a search and two workers on this machine, and the best that they found in FILE:
#     ./run.sh [FILE]
# Everything else is in a folder that goes, with all that was started, when the script ends.
set -euo pipefail
best=$(realpath -m "${1:-curve.json}")
cd "$(dirname "$0")"
parnas=${PARNAS:-parnas}

folder=$(mktemp -d)
started=()
stop() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

echo "== a token for whoever searches, and one for those who only work"
store=$folder/service.db
"$parnas" tokens create me --scope read --scope submit --secret-file "$folder/me" --store "$store"
"$parnas" tokens create farm --scope work --secret-file "$folder/farm" --store "$store"

echo "== a server, on a port that the system picks"
"$parnas" serve --store "$store" --port 0 > "$folder/serve" 2> "$folder/log" &
started+=($!)
until grep -qs . "$folder/serve"; do
    kill -0 "${started[0]}" 2> /dev/null || { cat "$folder/log"; exit 1; }
    sleep 0.1
done
cat "$folder/serve"
PARNAS_SERVER=$(sed -n "s|^Listening on ||p" "$folder/serve")
export PARNAS_SERVER
export PARNAS_TOKEN_FILE=$folder/me

echo "== a search, and a worker each in C++ and Python"
"$parnas" submit job.yaml
"$parnas" worker --study curve --token-file "$folder/farm" --evaluator worker.yaml > "$folder/cpp" 2> /dev/null &
started+=($!)
python3 worker.py "$PARNAS_SERVER" "$folder/farm" > "$folder/python" 2> /dev/null &
started+=($!)
"$parnas" top --once
"$parnas" logs -f curve --kind front_changed | tail -n 2
wait "${started[1]}" "${started[2]}"
echo "C++: $(sed -n "s/^Trials *//p" "$folder/cpp")"
echo "Python: $(cat "$folder/python")"

echo "== what came of it"
"$parnas" jobs
"$parnas" front curve --ascii
"$parnas" export curve --out "$best" --force
