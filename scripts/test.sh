#!/usr/bin/env bash
# Everything that has to pass: format, lints, documentation, benches that build, tests.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
cargo fmt --check
cargo clippy --locked --all-targets --quiet -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet
log=target/test.log
cargo test --locked --no-fail-fast 2>&1 | tee "$log"
awk '/^test result:/ { passed += $4; failed += $6; skipped += $8 }
     END { print passed " passed, " failed " failed, " skipped " skipped" }' "$log"
