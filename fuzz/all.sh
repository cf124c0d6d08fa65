#!/bin/sh
# Runs every target, or those that are named, for so many seconds each; stops at the first finding.
#   fuzz/all.sh 600 [decode tags …]
set -eu
cd "$(dirname "$0")"
seconds=${1:?seconds for each target}
shift
[ $# -gt 0 ] || set -- decode tags playlists queries settings manifest
python3 seeds.py
for target; do
    # Bytes of an input: a file of sound has several frames, a line of text is short.
    case $target in
        decode) longest=65536 ;;
        tags) longest=16384 ;;
        queries) longest=1024 ;;
        *) longest=8192 ;;
    esac
    # No sanitizer: the package has one `unsafe`, which no target reaches; checks of overflow are on.
    cargo +nightly fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -max_len="$longest" \
        -timeout=20 -rss_limit_mb=1024 -malloc_limit_mb=300 -print_final_stats=1
done
