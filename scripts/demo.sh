#!/usr/bin/env bash
# Builds phonolite, analyses samples/ into a fresh database and prints what it heard.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
cargo build --release --locked --quiet --bin phonolite
db=target/samples.db
rm -f "$db" "$db"-wal "$db"-shm
# Two of the samples are broken on purpose: the run says so and exits with 3, "done, some failed".
target/release/phonolite analyze --db "$db" --dir samples || [ $? -eq 3 ]
echo
target/release/phonolite stats --db "$db"
echo
target/release/phonolite show --db "$db" samples/dnb_175.ogg
echo
target/release/phonolite errors --db "$db"
