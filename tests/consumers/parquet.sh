#!/usr/bin/env bash
# Opens what `phonolite export --format parquet` writes with pyarrow and DuckDB (a venv below target/). Not part of
# the build: the feature is off unless asked for.
#
#   cargo build --features parquet && tests/consumers/parquet.sh [target/debug/phonolite]
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-target/debug/phonolite}")
venv=${PHONOLITE_VENV:-target/consumers-venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'import pyarrow, duckdb' 2>/dev/null || "$venv/bin/pip" -q install pyarrow duckdb
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/music"
cp samples/{dnb_175.ogg,jig_117.m4a,ballad_68.flac,half_a_second.wav} "$work/music/"
cp samples/sorohanro_solo_trumpet_06.ogg "$work/music/"$'latin\xE9 "a", & <b>.ogg'
run() { HOME=$work "$program" --db "$work/library.db" "$@"; }
run analyze --dir "$work/music" --quiet
run export --format parquet -o "$work/all.parquet"
run export --format parquet --where 'bpm>100' > "$work/piped.parquet"
run export --format jsonl > "$work/all.jsonl"
"$venv/bin/python" tests/consumers/parquet.py "$work"
