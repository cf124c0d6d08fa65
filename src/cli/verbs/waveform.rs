//! `phonolite waveform`: the envelope of a file as a picture or as numbers.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::{Value as Json, json};

use super::show::find;
use crate::audio::Limits;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::draw::{Marks, Scene, Style, draw, to_png, to_svg};
use crate::feature::structure::Structure;
use crate::feature::waveform::{Column, Waveform};
use crate::feature::{Families, Family, Value};
use crate::store::{Readers, Stamp, StoreError};
use crate::{files, model, pipeline};

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite waveform song.flac -o song.svg              coloured by low, middle and high
  phonolite waveform song.flac -o song.png --mono --width 600 --height 80
  phonolite waveform song.flac -o song.svg --structure  sections, energy, where to mix
  phonolite waveform song.flac --json                   as numbers

Without -o or --json the picture goes to standard output as SVG. The largest peak of the track takes
the whole height; --structure says how loud it is. What the database does not know, or
not any more, is read from the file; nothing is stored.";

/// Options of `waveform`.
#[derive(Debug, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "flags of a command line are independent switches"
)]
pub(crate) struct WaveformArgs {
    /// A file, or its number in the database
    #[arg(value_name = "FILE|ID")]
    pub(crate) what: OsString,
    /// Where the picture goes; the ending says what it is
    #[arg(short, long, value_name = "PICTURE.svg|png")]
    pub(crate) output: Option<PathBuf>,
    /// Width in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1200, value_parser = clap::value_parser!(u32).range(16..=8192))]
    pub(crate) width: u32,
    /// Height in pixels [default: 200, with --structure 280]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(8..=4096))]
    pub(crate) height: Option<u32>,
    /// Colours by low, middle and high; the default, but with --structure
    #[arg(long, visible_alias = "color", conflicts_with = "mono")]
    pub(crate) colour: bool,
    /// One colour
    #[arg(long)]
    pub(crate) mono: bool,
    /// Sections, energy, fades, points to mix at and the time as well
    #[arg(long)]
    pub(crate) structure: bool,
    /// Numbers in place of a picture, as one JSON object
    #[arg(long, conflicts_with = "output")]
    pub(crate) json: bool,
}

/// Height of a picture, and of one with the structure.
const HEIGHT: u32 = 200;
const STRUCTURE_HEIGHT: u32 = 280;

/// What is drawn.
struct Drawn {
    path: PathBuf,
    waveform: Waveform,
    structure: Option<Structure>,
}

/// Formats of a picture.
#[derive(Clone, Copy)]
enum Format {
    Svg,
    Png,
}

pub(super) fn run(options: &WaveformArgs, context: &Context) -> Result<Exit, Stop> {
    let format = format(options)?;
    let wanted = Families::NONE.with(Family::Waveform);
    let wanted = if options.structure { wanted.with(Family::Structure) } else { wanted };
    let stored = stored(options, context, wanted).map_err(Stop::fault)?;
    let drawn = match stored {
        Some(drawn) => drawn,
        None => match heard(options, wanted)? {
            Ok(drawn) => drawn,
            Err(exit) => return Ok(exit),
        },
    };
    if let (Some(output), false) = (&options.output, options.json) {
        let picture = picture(&drawn, options, format).map_err(Stop::fault)?;
        let written = files::replace(output, |out| out.write_all(&picture))
            .with_context(|| format!("cannot write {}", terminal::shown(output)));
        written.map_err(Stop::fault)?;
        return Ok(Exit::Done);
    }
    let mut out = terminal::out();
    let written = if options.json {
        serde_json::to_writer(&mut out, &object(&drawn))
            .map_err(anyhow::Error::from)
            .and_then(|()| Ok(writeln!(out)?))
    } else {
        picture(&drawn, options, format).and_then(|picture| Ok(out.write_all(&picture)?))
    };
    written.and_then(|()| Ok(out.flush()?)).map_err(Stop::fault)?;
    Ok(Exit::Done)
}

/// By the ending of the output; SVG on standard output.
fn format(options: &WaveformArgs) -> Result<Format, Stop> {
    let Some(output) = &options.output else { return Ok(Format::Svg) };
    let ending = output.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("svg") => Ok(Format::Svg),
        Some("png") => Ok(Format::Png),
        _ => Err(Stop::usage(anyhow!(
            "{}: a picture is written as .svg or .png",
            terminal::shown(output)
        ))),
    }
}

/// From the database, if there is one and what it knows of the file is up to date.
fn stored(
    options: &WaveformArgs,
    context: &Context,
    wanted: Families,
) -> anyhow::Result<Option<Drawn>> {
    let Ok(database) = context.database() else { return Ok(None) };
    let readers = match Readers::open(&database, 1) {
        Ok(readers) => readers,
        Err(StoreError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some(row) = find(&readers, &options.what)? else { return Ok(None) };
    let state = readers.file_state(&row.path)?;
    let current = state.track.is_some_and(|track| !wanted.iter().any(|f| track.stale.contains(f)));
    let changed = fs::metadata(&row.path).is_ok_and(|now| {
        state.file.is_some_and(|(_, stamp, _)| !Stamp::of(&now).unchanged_since(stamp))
    });
    let get = |name: &str| row.get(name);
    Ok(drawn(&row.path, &get, options.structure).filter(|_| current && !changed))
}

/// By reading the file; the exit code and a note where that fails.
fn heard(options: &WaveformArgs, wanted: Families) -> Result<Result<Drawn, Exit>, Stop> {
    let path = Path::new(&options.what);
    if !path.exists() {
        let what = terminal::shown(path);
        terminal::note(&format!("phonolite: {what} is neither a file nor in the database"));
        return Ok(Err(Exit::Empty));
    }
    model::check().map_err(Stop::fault)?;
    let records = match pipeline::analyse_file(path, wanted, &Limits::default()) {
        Ok(records) => records,
        Err(failure) => {
            let (shown, kind) = (terminal::shown(path), failure.kind.as_str());
            terminal::note(&format!("phonolite: {shown} failed: {kind}: {}", failure.message));
            return Ok(Err(Exit::SomeFailed));
        }
    };
    let get = |name: &str| {
        records.iter().find_map(|record| {
            let place = record.family.fields().iter().position(|field| field.name == name)?;
            record.values.get(place)
        })
    };
    let drawn = drawn(path, &get, options.structure);
    Ok(drawn.ok_or_else(|| {
        terminal::note(&format!("phonolite: {} holds no sound", terminal::shown(path)));
        Exit::Empty
    }))
}

/// `None` without an envelope.
fn drawn<'a>(
    path: &Path,
    get: &dyn Fn(&str) -> Option<&'a Value>,
    with_structure: bool,
) -> Option<Drawn> {
    let Some(Value::Bytes(Some(bytes))) = get("waveform") else { return None };
    let waveform = Waveform::from_bytes(bytes)?;
    let structure = with_structure.then(|| Structure::from_values(get));
    Some(Drawn { path: path.to_path_buf(), waveform, structure })
}

fn picture(drawn: &Drawn, options: &WaveformArgs, format: Format) -> anyhow::Result<Vec<u8>> {
    let marks = drawn.structure.as_ref().map(|s| Marks::of(s, drawn.waveform.duration_s));
    let height = if options.structure { STRUCTURE_HEIGHT } else { HEIGHT };
    let style = Style {
        width: options.width,
        height: options.height.unwrap_or(height),
        // Sections have colours of their own.
        coloured: options.colour || !(options.mono || options.structure),
    };
    let scene: Scene = draw(&drawn.waveform, marks.as_ref(), style);
    Ok(match format {
        Format::Svg => to_svg(&scene).into_bytes(),
        Format::Png => to_png(&scene)?,
    })
}

fn object(drawn: &Drawn) -> Json {
    let columns = &drawn.waveform.columns;
    let list = |part: fn(&Column) -> f32| -> Json {
        columns.iter().map(|column| (f64::from(part(column)) * 1e5).round() / 1e5).collect()
    };
    let mut object = json!({
        "path": drawn.path.to_string_lossy(),
        "duration_s": drawn.waveform.duration_s,
        "column_s": drawn.waveform.column_s(),
        "min": list(|column| column.min),
        "max": list(|column| column.max),
        "rms": list(|column| column.rms),
        "low": list(|column| column.bands[0]),
        "mid": list(|column| column.bands[1]),
        "high": list(|column| column.bands[2]),
    });
    if let (Some(structure), Some(object)) = (&drawn.structure, object.as_object_mut()) {
        let fields = Family::Structure.fields().iter().map(|field| field.name.to_owned());
        let values = structure.values().into_iter();
        let values = values.map(|value| serde_json::to_value(value).unwrap_or(Json::Null));
        object.extend(fields.zip(values));
    }
    object
}
