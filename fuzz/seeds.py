#!/usr/bin/env python3
"""Fills fuzz/corpus/ with what the fuzzer begins from: fixtures, samples, and what neither has. Nothing but Python
is needed; what is there stays, so that a corpus that has grown is kept."""

import pathlib
import re
import struct

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
LONGEST = 40_000  # longer files cost executions and show nothing more


def wave(tag, bits, channels, sound, before=b"", behind=b""):
    width = bits // 8 * channels
    form = struct.pack("<HHIIHH", tag, channels, 22_050, 22_050 * width, width, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + before
    body += b"data" + struct.pack("<I", len(sound)) + sound + behind
    return b"RIFF" + struct.pack("<I", len(body)) + body


def rf64(sound):
    whole = bytearray(wave(1, 16, 2, sound))
    sizes = struct.pack("<QQQI", len(whole) + 28, len(sound), len(sound) // 4, 0)
    whole[12:12] = b"ds64" + struct.pack("<I", 28) + sizes
    whole[:8] = b"RF64\xff\xff\xff\xff"
    return bytes(whole)


def aiff(kind, sound):
    common = struct.pack(">hIh", 2, len(sound) // 4, 16) + bytes.fromhex("400eac44000000000000")
    common += b"" if kind == b"AIFF" else b"sowt\x00\x00"
    body = kind + b"COMM" + struct.pack(">I", len(common)) + common
    body += b"SSND" + struct.pack(">I", len(sound) + 8) + bytes(8) + sound
    return b"FORM" + struct.pack(">I", len(body)) + body


def caf(sound):
    desc = struct.pack(">d4sIIIII", 44_100.0, b"lpcm", 0, 4, 1, 2, 16)
    head = b"caff\x00\x01\x00\x00desc" + struct.pack(">q", len(desc)) + desc
    return head + b"data" + struct.pack(">q", len(sound) + 4) + bytes(4) + sound


def id3v2(version):
    def frame(name, body):
        size = len(body)
        return name + struct.pack(">I", size) + bytes(2) + body

    frames = [
        frame(b"TIT2", b"\x03a title"),
        frame(b"TPE1", b"\x01\xff\xfea\x00b\x00"),
        frame(b"TBPM", b"\x00128"),
        frame(b"TKEY", b"\x00Am"),
        frame(b"TXXX", b"\x00REPLAYGAIN_TRACK_GAIN\x00-3.21 dB"),
        frame(b"COMM", b"\x00eng\x00a comment"),
        frame(b"USLT", b"\x03eng\x00words"),
        frame(b"APIC", b"\x00image/png\x00\x03\x00\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"),
        frame(b"CHAP", b"one\x00" + bytes(8) + b"\xff" * 8),
        frame(b"CTOC", b"toc\x00\x03\x01one\x00"),
        frame(b"ETCO", b"\x02\x01\x00\x00\x00\x00\x02\x00\x00\x00\x10"),
        frame(b"POPM", b"a@b\x00\x80\x00\x00\x00\x05"),
        frame(b"UFID", b"http://musicbrainz.org\x00abcdef"),
    ]
    body = b"".join(frames) + bytes(20)
    return b"ID3" + bytes([version, 0, 0, 0, 0, len(body) >> 7, len(body) & 127]) + body


def ape():
    items = [(b"Title", b"other", 0), (b"BPM", b"90", 0), (b"Cover", b"\xff\xfb", 2)]
    body = b"".join(struct.pack("<II", len(v), kind) + key + b"\0" + v for key, v, kind in items)

    def frame(flags):
        return b"APETAGEX" + struct.pack("<IIIIII", 2000, len(body) + 32, len(items), flags, 0, 0)

    return frame(0xA0000000) + body + frame(0x80000000)


def sounds():
    """Name and bytes of one short file of every container and codec."""
    for folder in (ROOT / "tests/fixtures", ROOT / "samples"):
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.suffix not in (".py", ".md", ".toml"):
                yield path.name, path.read_bytes()[:LONGEST]
    noise = bytes((n * n >> 7) & 255 for n in range(8_000))
    plain = (ROOT / "tests/fixtures/plain.mp3").read_bytes()
    flac = (ROOT / "tests/fixtures/flac.flac").read_bytes()
    info = b"LIST" + struct.pack("<I", 20) + b"INFOINAM" + struct.pack("<I", 8) + b"a title\0"
    tag = id3v2(3)
    chunk = b"id3 " + struct.pack("<I", len(tag)) + tag
    yield "pcm24.wav", wave(1, 24, 2, noise, info, chunk)
    yield "float.wav", wave(3, 32, 6, noise)
    yield "alaw.wav", wave(6, 8, 1, noise)
    yield "rf64.wav", rf64(noise)
    yield "pcm.aiff", aiff(b"AIFF", noise)
    yield "sowt.aifc", aiff(b"AIFC", noise)
    yield "pcm.caf", caf(noise)
    yield "tagged3.mp3", id3v2(3) + plain + ape() + b"TAG" + b"x" * 125
    yield "tagged4.mp3", id3v2(4) + plain[:3000] + ape()
    yield "tagged.flac", id3v2(4) + flac


LISTS = {
    "m3u8": "#EXTM3U\n#EXTINF:215,Bé - A <title>\n/m/a b.flac\n../c%20d.mp3\nfile:///m/%C3%BC.ogg\n",
    "pls": "[playlist]\nFile1=/m/a.mp3\nTitle1=A\nLength1=215\nNumberOfEntries=1\nVersion=2\n",
    "xspf": '<?xml version="1.0" encoding="UTF-8"?>\n<playlist version="1" xmlns="http://xspf.org/ns/0/">'
    "<title>t</title><trackList><track><location>file:///m/a%20b.mp3</location><title>A &amp; B</title>"
    "<duration>215500</duration></track></trackList></playlist>\n",
    "jspf": '{"playlist":{"title":"t","track":[{"location":["file:///m/a%20b.mp3"],"title":"A"}]}}',
    "csv": 'path,location,title\r\n"/m/a, ""b"".mp3",file:///m/a.mp3,A\r\n',
    "json": '{"tracks":[{"path":"/m/a.mp3","location":"file:///m/a.mp3","title":"A"}]}',
    "windows": "#EXTM3U\r\nC:\\Music\\a.mp3\r\n\\\\host\\share\\b.mp3\r\nhttp://x/y.mp3\r\n",
    "curve": "0:0.2,0.5:0.9,1:0.4",
}

QUERIES = [
    'bpm:120..128 key~8A genre:house -artist:"X, the" added<30d',
    "(title:a or album=b) not (year>=1999 has:genre) duration:3:30",
    "bpm~87.5 key:Am,8A,1m size>10M modified:2024-05-17 word 'a ''quote'''",
    "year:..1999 | energy>=0.5 and danceability!=0.2,0.3 status:missing",
    "path:/m/ codec=flac channels:2 rate:44100 loudness<-14 peak>-1",
    "has:bpm,key -has:mood added>2024 modified:2023-01..2024",
]

SETTINGS = [
    b'memory = "256M"\njobs = 2\nlog_level = "info"\ndb = "/x/library.db"\n',
    b"dir = ['/a', \"/b\"]\nexclude = ['*.tmp']\ninclude = []\nfollow_symlinks = true\nbpm_range = '80..160'\n",
    b"models = ['a']\nmodels_dir = '/m'\nlog_format = 'json'\0/db\0/a:/b\x00auto\x001G\0yes\0*.mp3\0*.tmp\0m\0/m\x0070-140\0warn\0text",
]


def entry(name, spec):
    """A specification as a model of a manifest."""
    spec = re.sub(r"^#.*\n", "", spec, flags=re.M)
    spec = re.sub(r"^(\[+)", r"\1model.spec.", spec, flags=re.M)
    top, tables = re.match(r"(?s)(.*?)(^\[.*|\Z)", spec, flags=re.M).groups()
    head = f'[[model]]\nname = "{name}"\nfile = "{name}.onnx"\nblake3 = "{"0a" * 32}"\nlicence = "none"\n'
    return head + ("[model.spec]\n" + top if top.strip() else "") + tables


def fill(target, seeds):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, data in seeds:
        (folder / name).write_bytes(data)
        count += 1
    print(f"{target}: {count} seeds")


def main():
    fill("decode", sounds())
    # Tags lie in the headers; an end of file cut short is one of the things to be met.
    fill("tags", ((name, data[:12_000]) for name, data in sounds()))
    fill("playlists", ((name, text.encode()) for name, text in LISTS.items()))
    fill("queries", ((str(n), text.encode()) for n, text in enumerate(QUERIES)))
    fill("settings", ((str(n), text) for n, text in enumerate(SETTINGS)))
    presets = sorted((ROOT / "src/model/slot/presets").glob("*.toml"))
    specs = [(path.stem, path.read_text()) for path in presets]
    entries = [(f"list-{name}", entry(name, text)) for name, text in specs]
    whole = [("whole", "".join(text for _, text in entries))]
    fill("manifest", ((name, text.encode()) for name, text in specs + entries + whole))


main()
