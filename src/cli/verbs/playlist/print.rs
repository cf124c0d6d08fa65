//! A playlist that was made: its file, its reasons, its plot.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{FormatName, MakeArgs, StyleName};
use crate::cli::{Stop, terminal};
use crate::files;
use crate::playlist::formats::{self, Format, Item, Style, Writing, caption};
use crate::playlist::{Gathered, Named, Playlist, Step, Track, bars, clock, plot};
use crate::search::{ASPECTS, Matrix, Weights};

pub(super) struct Made<'a> {
    pub(super) options: &'a MakeArgs,
    pub(super) gathered: &'a Gathered,
    pub(super) playlist: &'a Playlist,
    pub(super) matrix: Option<&'a Matrix>,
}

impl Made<'_> {
    /// Writes the list, tells what does not hold and, where asked, why.
    pub(super) fn write(&self) -> Result<(), Stop> {
        match self.options.output.as_deref().filter(|_| !self.options.dry_run) {
            None if self.options.mpd.is_some() && !self.options.dry_run => {}
            None => {
                let mut out = terminal::out();
                self.list(&mut out).and_then(|()| out.flush()).map_err(Stop::fault)?;
            }
            Some(path) => replaced(path, |out| self.list(out)).map_err(Stop::fault)?,
        }
        if let Some(path) = self.options.plot.as_deref().filter(|_| !self.options.dry_run) {
            let (tracks, keys) =
                self.tracks().map(|(track, named)| (track.clone(), named.camelot.clone())).unzip();
            let (tracks, keys): (Vec<Track>, Vec<Option<String>>) = (tracks, keys);
            let svg = plot(&tracks, &keys);
            replaced(path, |out| out.write_all(svg.as_bytes())).map_err(Stop::fault)?;
        }
        if self.options.explain {
            terminal::note(&self.explained());
        }
        let broken = self.playlist.constraints.iter().filter(|constraint| constraint.is_broken());
        broken.for_each(|constraint| {
            let (name, asked, detail) = (constraint.name, &constraint.asked, &constraint.detail);
            terminal::note(&format!(
                "phonolite: {name} does not hold: asked {asked}, got {detail}"
            ));
        });
        Ok(())
    }

    pub(super) fn tracks(&self) -> impl Iterator<Item = (&Track, &Named)> {
        let known = |&index: &usize| {
            Some((self.gathered.pool.track(index)?, self.gathered.named.get(index)?))
        };
        self.playlist.tracks.iter().filter_map(known)
    }

    /// The step into each track; `None` into the first.
    fn steps(&self) -> Vec<Option<Step>> {
        let pool = &self.gathered.pool;
        let step = |pair: &[usize]| match pair {
            [from, to] => {
                let aspects = self.aspects(*from, *to);
                let distance = aspects.map(|_| pool.distance(*from, *to));
                Some(Step::between(pool.track(*from)?, pool.track(*to)?, distance, aspects))
            }
            _ => None,
        };
        std::iter::once(None).chain(self.playlist.tracks.windows(2).map(step)).collect()
    }

    /// How far two tracks are apart in each aspect.
    fn aspects(&self, from: usize, to: usize) -> Option<[f64; ASPECTS]> {
        let matrix = self.matrix?;
        let seed = |index: usize| matrix.seed(self.gathered.named.get(index)?.track);
        // Weights do not count within an aspect.
        Some(matrix.distance(&seed(from)?, &seed(to)?, Weights::default()).aspects)
    }

    fn format(&self) -> FormatName {
        let by_suffix = || match Format::of_path(self.options.output.as_deref()?)? {
            Format::M3u8 => Some(FormatName::M3u8),
            Format::Xspf => Some(FormatName::Xspf),
            Format::Jspf => Some(FormatName::Jspf),
            Format::Pls => Some(FormatName::Pls),
            Format::Csv => Some(FormatName::Csv),
            Format::Json => Some(FormatName::Json),
        };
        self.options.format.or_else(by_suffix).unwrap_or(FormatName::M3u8)
    }

    fn list(&self, out: &mut impl Write) -> io::Result<()> {
        let format = match self.format() {
            FormatName::M3u8 => Format::M3u8,
            FormatName::Xspf => Format::Xspf,
            FormatName::Jspf => Format::Jspf,
            FormatName::Pls => Format::Pls,
            FormatName::Csv => Format::Csv,
            FormatName::Json | FormatName::Nsp => {
                serde_json::to_writer_pretty(&mut *out, &self.contract())?;
                return out.write_all(b"\n");
            }
        };
        let items: Vec<Item> = self.tracks().map(|(_, named)| named.item.clone()).collect();
        formats::write(&items, format, &self.writing(), out)
    }

    fn writing(&self) -> Writing {
        let options = self.options;
        let folder = || options.output.as_deref().and_then(Path::parent).map(Path::to_path_buf);
        let base = options.base.clone().or_else(folder).unwrap_or_else(|| PathBuf::from("."));
        Writing {
            style: match options.paths {
                StyleName::Absolute => Style::Absolute,
                StyleName::Relative => Style::Relative,
                StyleName::Url => Style::Url,
            },
            base: std::path::absolute(&base).unwrap_or(base),
            map: options.map.clone(),
            title: options.title.clone(),
        }
    }

    /// The JSON object that programs may rely on.
    fn contract(&self) -> Value {
        let steps = self.steps();
        let track = |((track, named), step): ((&Track, &Named), &Option<Step>)| {
            json!({
                "path": named.item.path.to_string_lossy(),
                "artist": named.item.artist,
                "title": named.item.title,
                "duration_s": track.duration_s,
                "bpm": track.bpm,
                "key_camelot": named.camelot,
                "energy": track.energy,
                "distance": step.as_ref().and_then(|step| step.distance),
                "why": step.as_ref().map_or_else(|| "first".to_owned(), Step::words),
            })
        };
        let tracks: Vec<Value> = self.tracks().zip(&steps).map(track).collect();
        json!({
            "tracks": tracks,
            "constraints": self.playlist.constraints,
            "duration_s": self.tracks().map(|(track, _)| track.duration_s).sum::<f64>(),
            "seed": self.options.seed,
        })
    }

    /// A page: each step, what holds, and the course of tempo and energy.
    fn explained(&self) -> String {
        let mut lines = Vec::new();
        for (number, ((track, named), step)) in (1..).zip(self.tracks().zip(&self.steps())) {
            if let Some(step) = step {
                lines.push(format!("       {}", step.words()));
            }
            let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".into());
            let bpm = track.bpm.map_or_else(|| "?".into(), |bpm| format!("{bpm:.1}"));
            let (key, length) = (shown(&named.camelot), clock(track.duration_s));
            lines.push(format!(
                "{number:4}  {}  [{bpm} BPM, {key}, {length}]",
                caption(&named.item)
            ));
        }
        let tracks: Vec<&Track> = self.tracks().map(|(track, _)| track).collect();
        let course = |of: fn(&Track) -> Option<f64>| {
            tracks.iter().map(|track| of(track)).collect::<Vec<_>>()
        };
        let tempi = course(|track| track.bpm);
        let known = tempi.iter().flatten();
        let (low, high) =
            known.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
        lines.push(String::new());
        if low <= high {
            lines.push(format!("tempo   {}  {low:.0} to {high:.0} BPM", bars(&tempi, low, high)));
        }
        lines.push(format!("energy  {}  0 to 1", bars(&course(|track| track.energy), 0.0, 1.0)));
        let among = if self.gathered.more { "; more pass" } else { "" };
        lines.push(format!("chosen from {} tracks{among}", self.gathered.named.len()));
        for constraint in &self.playlist.constraints {
            let mark = constraint.mark();
            let (name, asked, detail) = (constraint.name, &constraint.asked, &constraint.detail);
            lines.push(format!("{name}: {asked}: {mark} ({detail})"));
        }
        lines.join("\n")
    }
}

fn replaced(
    path: &Path,
    write: impl FnOnce(&mut io::BufWriter<File>) -> io::Result<()>,
) -> anyhow::Result<()> {
    files::replace(path, write).with_context(|| format!("cannot write {}", path.display()))
}
