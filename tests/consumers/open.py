"""Loads the exports below a folder with the libraries of their formats; ends with 1 when one does not fit."""

import json
import sys
from pathlib import Path

from pyrekordbox.rbxml import RekordboxXml
from traktor_nml_utils import TraktorCollection

work = Path(sys.argv[1])
names = {bytes(path.name, "utf-8", "surrogateescape") for path in (work / "music").iterdir()}

xml = RekordboxXml(str(work / "all.xml"))
print(f"rekordbox: {xml.num_tracks} tracks by pyrekordbox")
assert xml.num_tracks == len(names), (xml.num_tracks, names)
dnb = next(t for t in xml.get_tracks() if "dnb" in t["Location"])
tempo, marks = dnb.tempos[0], [(m.Name, m.Start) for m in dnb.marks]
print("rekordbox: dnb_175:", dnb["AverageBpm"], dnb["Tonality"], tempo.Inizio, tempo.Bpm, tempo.Metro, tempo.Battito, marks)
assert abs(dnb["AverageBpm"] - 175) < 0.1 and dnb["Tonality"] == "Am"
xml = RekordboxXml(str(work / "list.xml"))
playlist = xml.get_playlist("evening")
tracks = {track["TrackID"] for track in xml.get_tracks()}
assert set(map(int, playlist.get_tracks())) == tracks, (playlist.get_tracks(), tracks)
print("rekordbox: playlist", playlist.name, "with", len(playlist.get_tracks()), "tracks, all in the collection")

nml = TraktorCollection(path=work / "all.nml").nml
entries = nml.collection.entry
print(f"traktor: {len(entries)} entries by traktor-nml-utils, told:", (work / "told").read_bytes().count(b"left out"))
assert len(entries) == len(names) - 1, "all but the name that is not UTF-8"
dnb = next(e for e in entries if e.location.file == "dnb_175.ogg")
print("traktor: dnb_175:", dnb.location.dir.count("/:"), "parts,", dnb.tempo.bpm, dnb.musical_key.value_attribute, [(c.type, c.start) for c in dnb.cue_v2])
assert {e.location.file for e in entries} == {n.decode() for n in names if b"\xe9" not in n}
node = TraktorCollection(path=work / "list.nml").nml.playlists.node.subnodes.node[0]
print("traktor: playlist", node.name, "with", len(node.playlist.entry), "entries")

documents = [json.loads(path.read_text()) for path in (work / "ab").glob("*.json")]
assert all({"metadata", "lowlevel", "rhythm", "tonal"} <= d.keys() for d in documents)
print(f"acousticbrainz: {len(documents)} documents,", sorted({d['tonal'].get('key_scale') for d in documents} - {None}))
