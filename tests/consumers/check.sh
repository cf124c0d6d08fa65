#!/usr/bin/env bash
# Opens what `phonolite export` writes with the programs it is written for: pyrekordbox, traktor-nml-utils,
# beets (a venv below target/) and mpd (skipped where it is not installed). Not part of the build.
#
#   tests/consumers/check.sh [target/debug/phonolite]
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-target/debug/phonolite}")
venv=${PHONOLITE_VENV:-target/consumers-venv}
if [ ! -x "$venv/bin/beet" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" -q install pyrekordbox traktor-nml-utils beets
fi
venv=$(realpath "$venv")
here=$(pwd)
work=$(mktemp -d)
trap '[ -z "${daemon:-}" ] || kill "$daemon" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/music"
for name in dnb_175.ogg jig_117.m4a; do
  cp "samples/$name" "$work/music/"
done
# Names that break formats; the last one is not UTF-8.
cp samples/half_a_second.wav "$work/music/100% \"a\" & <b> 'c'.wav"
cp samples/tone.mka "$work/music/"$'line\nbreak.mka'
cp samples/sorohanro_solo_trumpet_06.ogg "$work/music/"$'latin\xE9.ogg'
run() { HOME=$work "$program" --db "$work/library.db" "$@"; }
run analyze --dir "$work/music" --quiet
run playlist --where 'bpm>0' -n 3 --artist-gap 0 --album-gap 0 -o "$work/evening.m3u8" 2>/dev/null
run export --format rekordbox --playlist "$work/evening.m3u8" -o "$work/list.xml"
run export --format rekordbox -o "$work/all.xml"
run export --format traktor --playlist "$work/evening.m3u8" -o "$work/list.nml"
run export --format traktor -o "$work/all.nml" 2>"$work/told"
run export --format beets -o "$work/beets.jsonl"
run export --format acousticbrainz -o "$work/ab/"
"$venv/bin/python" tests/consumers/open.py "$work"

# beets: an import of its own kind, then ours.
export BEETSDIR=$work/beetsdir
mkdir "$BEETSDIR"
cat > "$BEETSDIR/config.yaml" <<YAML
directory: $work/music
library: $BEETSDIR/library.db
pluginpath: [$here/contrib/beets/beetsplug]
plugins: [phonolite]
import: {copy: no, move: no, write: no, autotag: no, quiet: yes}
YAML
beet() { "$venv/bin/beet" "$@"; }
beet import -A "$work/music" >/dev/null
beet modify -y -W path:"$work/music/jig_117.m4a" bpm=99 >/dev/null
echo "beets: $(beet phonolite "$work/beets.jsonl")"
beet list -f '$bpm $initial_key $rg_track_gain $rg_track_peak' path:"$work/music/dnb_175.ogg" | sed 's/^/beets: dnb_175: /'
[ "$(beet list -f '$bpm' path:"$work/music/jig_117.m4a")" = 99 ] && echo "beets: a value that was there is kept"
beet phonolite --overwrite "$work/beets.jsonl" >/dev/null
[ "$(beet list -f '$bpm' path:"$work/music/jig_117.m4a")" != 99 ] && echo "beets: --overwrite replaces it"

# mpd: a queue by its socket and by TCP.
if ! command -v mpd >/dev/null; then
  echo "mpd: SKIPPED, it is not installed (apt-get install mpd)"
  exit 0
fi
cat > "$work/mpd.conf" <<CONF
music_directory "$work/music"
db_file "$work/mpd.db"
log_file "$work/mpd.log"
pid_file "$work/mpd.pid"
bind_to_address "$work/mpd.socket"
bind_to_address "127.0.0.1"
port "16600"
password "secret@read,add,control,admin"
default_permissions "read"
local_permissions "read,add,control,admin"
audio_output { 
  type "null"
  name "null"
}
CONF
mpd --no-daemon "$work/mpd.conf" & daemon=$!
for _ in $(seq 100); do [ -S "$work/mpd.socket" ] && break; sleep 0.1; done
python3 tests/consumers/mpd_say.py "$work/mpd.socket" update wait >/dev/null
list=(playlist --where 'bpm>0' -n 4 --artist-gap 0 --album-gap 0)
run "${list[@]}" --mpd="$work/mpd.socket" --mpd-play 2>&1 | grep -v 'does not hold' | sed "s#$work#WORK#g; s/^/mpd: /"
python3 tests/consumers/mpd_say.py "$work/mpd.socket" playlistinfo status | grep -aE '^(file|state|playlistlength)' | sed 's/^/mpd: /'
MPD_HOST=secret@127.0.0.1 MPD_PORT=16600 run "${list[@]}" --mpd --mpd-append --mpd-music-dir "$work/music" 2>&1 | grep -v 'does not hold' | sed 's/^/mpd: /'
set +e
run "${list[@]}" --mpd=mpd://wrong@127.0.0.1:16600 2>&1 | grep -v 'does not hold' | sed 's/^/mpd: /'
run "${list[@]}" --mpd=mpd://127.0.0.1:16600 2>&1 | grep -v 'does not hold' | sed 's/^/mpd: /'
exit 0
