"""Compares a Parquet export, read by pyarrow and DuckDB, with the JSON lines of the same database; ends with 1 when
they differ."""

import base64
import json
import sys
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet as parquet

work = Path(sys.argv[1])
lines = [json.loads(line) for line in (work / "all.jsonl").read_text().splitlines()]
path = str(work / "all.parquet")

file = parquet.ParquetFile(path)
rows = file.read().to_pylist()
units = json.loads(file.metadata.metadata[b"phonolite:units"])
print(f"pyarrow {pyarrow.__version__}: {file.metadata.num_rows} rows, {len(file.schema_arrow)} columns in",
      f"{file.metadata.num_row_groups} group, {file.metadata.created_by}, bpm in {units['bpm']}")
assert len(rows) == len(lines) == 5 and list(rows[0]) == list(lines[0]), "the columns of JSON"
compared = 0
for row, line in zip(rows, lines):
    for name, value in line.items():
        found = row[name]
        if isinstance(found, bytes):
            found = base64.b64encode(found).decode()
        elif isinstance(value, (list, dict)) and isinstance(found, str):
            found = json.loads(found)
        same = found == value
        if isinstance(found, list) and value and isinstance(value[0], float):
            # A vector is of 32 bits; JSON writes its shortest decimal.
            same = len(found) == len(value) and all(abs(a - b) <= 1e-6 * max(1, abs(b)) for a, b in zip(found, value))
        assert same, (name, found, value)
        compared += value is not None
print(f"pyarrow: {compared} values that are known, all as in JSON")
types = {name: str(file.schema_arrow.field(name).type) for name in ("bpm", "year", "title", "beats", "mfcc_mean", "bpm_candidates", "waveform")}
print("pyarrow:", types)

sql = duckdb.sql
fast = sql(f"SELECT title, round(bpm, 1) AS bpm, key_camelot, len(beats) AS beats FROM '{path}' WHERE bpm BETWEEN 170 AND 180").fetchall()
print(f"duckdb {duckdb.__version__}:", fast)
(dnb,) = [line for line in lines if line["path"].endswith("dnb_175.ogg")]
assert fast == [(dnb["title"], round(dnb["bpm"], 1), dnb["key_camelot"], len(dnb["beats"]))]
best = sql(f"SELECT bpm_candidates->0->>'bpm' FROM '{path}' WHERE bpm BETWEEN 170 AND 180").fetchall()
print("duckdb: the first candidate, out of JSON:", best)
count, unknown = sql(f"SELECT count(*), count(*) FILTER (WHERE bpm IS NULL) FROM '{path}'").fetchall()[0]
assert (count, unknown) == (5, sum(line["bpm"] is None for line in lines))
piped = sql(f"SELECT count(*) FROM '{work / 'piped.parquet'}'").fetchall()[0][0]
assert piped == sum((line["bpm"] or 0) > 100 for line in lines), piped
print(f"duckdb: {count} rows, {unknown} without tempo; {piped} of them through a pipe with --where")
