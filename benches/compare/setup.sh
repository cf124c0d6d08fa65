#!/usr/bin/env bash
# Everything that compare.py measures: the peers under target/compare, our program as released. As root it
# installs the Debian packages itself.
set -euo pipefail
cd "$(dirname "$0")/../.."
packages=(aubio-tools ffmpeg libchromaprint-tools python3-venv)
if [ "$(id -u)" = 0 ]; then
    apt-get -qq update
    apt-get -qq install --no-install-recommends "${packages[@]}" >/dev/null
else
    dpkg --status "${packages[@]}" >/dev/null || { echo "install first: ${packages[*]}" >&2; exit 2; }
fi
python3 -m venv target/compare/venv
target/compare/venv/bin/pip install --quiet --requirement benches/compare/requirements.txt
CARGO_TARGET_DIR=target/compare/bliss cargo build --release --locked --manifest-path benches/compare/bliss/Cargo.toml
cargo build --release --locked --bin phonolite --example bare_decode
