#!/bin/sh
# Renders, trains, fits, exports and checks the beat network, from seeds.
#   sh train.sh POP909_DIR FREEDOOM_DIR SOUNDFONT FEATURES_DIR WORK_DIR
# Needs fluidsynth and ffmpeg, and the packages of requirements.txt. SOUNDFONT is FluidR3_GM.sf2.
set -eu
pop909=$1 freedoom=$2 soundfont=$3 features=$4 work=$5
here=$(cd "$(dirname "$0")" && pwd)
export OMP_NUM_THREADS=1
cd "$here"
python -W ignore make_data.py "$pop909" "$freedoom" "$work/data" --soundfont "$soundfont"
python -W ignore train.py "$work/data" "$work/beat.bin" --steps "${STEPS:-4500}" --seed 0 --channels 32
cp "$work/beat.bin" beat.bin
python fit_rules.py "$features" beat.bin rules.json --predictions "$work/cross_validated.csv" | tee "$work/fit.txt"
python evaluate.py held "$work/data/held" .
python export.py . --soundfont "$soundfont"
python check_signals.py .
