#!/bin/sh
# Renders, trains, evaluates and calibrates the key and chord models, from seeds.
#   sh train.sh POP909_DIR SOUNDFONT SHARED_DIR WORK_DIR
# SHARED_DIR holds features/ and corpus/ of labelled music. Needs fluidsynth and ffmpeg, cargo, and for
# Python ($PYTHON) numpy, scipy, soundfile, soxr and pretty_midi. SOUNDFONT is FluidR3_GM.sf2.
# Clips that WORK_DIR has already are not rendered again.
set -eu
pop909=$1 soundfont=$2 shared=$3 work=$4
python=${PYTHON:-python} here=$(cd "$(dirname "$0")" && pwd)
tonal=$here/../../src/feature/tonal
export OMP_NUM_THREADS=1
cd "$here"
render() {
    "$python" -W ignore render.py "$pop909" "$work/clips/$1" --soundfont "$soundfont" --split "$2" --count "$3" --seconds "$4" --seed "$5"
}
render validation validation 120 60 1
render train train 302 60 1
render full validation 45 900 2
"$python" train.py "$work/clips" "$shared/features" "$tonal/weights.rs" > train.log
(cd ../.. && cargo build --release --locked --no-default-features --example tonal_of_spectra)
program=../../target/release/examples/tonal_of_spectra
"$python" evaluate.py "$program" "$shared" "$work/clips" "$work/heard" > evaluate.log
"$python" calibrate.py "$work/heard" "$tonal/calibration.rs" > reliability.md
cat train.log evaluate.log
