//! `phonolite query`: files that pass a query.

use std::io::{self, Write};

use clap::Args;

use super::export::cell;
use super::show::short;
use crate::cli::fold::fold_bpm;
use crate::cli::selection::Where;
use crate::cli::{Context, Exit, Stop, selection, terminal};
use crate::feature::Value;
use crate::playlist::formats::csv_cell;
use crate::store::{Cells, Column, path_bytes};
use crate::units::BpmRange;

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite query 'genre:house bpm:120..128 key~8A'
  phonolite query 'energy>0.6 year<2000 -artist:\"The Who\"' --sort -energy --limit 20
  phonolite query --where '-has:genre added<30d' --columns path,artist,title
  phonolite query 'loudness>-9' -0 | xargs -0 ls -l

Queries: field:value (contains, or a range a..b), field=value, field>value, -term, a or b, (…).
  bpm:120..128   year<2000   duration>3:30   size>50M   added<30d   modified:2024-05
  genre:house,techno (one of them)   artist=\"Nina Simone\" (exactly)   has:key   -has:album
  key:8A or key:Am   key~8A (mixes with it)   bpm~128 (also at half and double)
  a word alone is looked for in title, artist and album";

/// Options of `query`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct QueryArgs {
    /// What files must pass; nothing lets all pass. Several are joined by a blank; one that begins
    /// with a - is given to --where
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    #[command(flatten)]
    wanted: Where,
    /// Columns, as `phonolite export` names them
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "path,bpm,key_camelot,loudness_lufs,duration_s"
    )]
    columns: Vec<String>,
    /// Columns to sort by; a - in front for the largest first
    #[arg(long, value_name = "[-]NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    sort: Vec<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// As JSON lines
    #[arg(long, conflicts_with_all = ["csv", "print0", "count"])]
    json: bool,
    /// As comma-separated values with a heading (RFC 4180)
    #[arg(long, conflicts_with_all = ["print0", "count"])]
    csv: bool,
    /// Paths only, each ended by a zero byte, for xargs -0
    #[arg(short = '0', long, conflicts_with = "count")]
    print0: bool,
    /// Only their number
    #[arg(long)]
    count: bool,
}

pub(super) fn run(options: &QueryArgs, context: &Context) -> Result<Exit, Stop> {
    let columns: Vec<Column> =
        options.columns.iter().map(|name| selection::column(name)).collect::<Result<_, _>>()?;
    let text = options.query.join(" ");
    let question = selection::question(&text, &options.wanted, &options.sort, options.limit)?;
    let readers = context.readers()?;
    let files = readers.select(&question).map_err(Stop::fault)?;
    let mut out = terminal::out();
    let mut printer = Printer { options, columns: &columns, range: context.settings.bpm_range };
    let printed = if options.count {
        writeln!(out, "{}", files.len()).map_err(anyhow::Error::from)
    } else {
        printer.head(&mut out).map_err(anyhow::Error::from).and_then(|()| {
            readers.cells(&files, &columns).try_for_each(|cells| Ok(printer.row(cells?, &mut out)?))
        })
    };
    printed.and_then(|()| Ok(out.flush()?)).map_err(Stop::fault)?;
    Ok(if files.is_empty() { Exit::Empty } else { Exit::Done })
}

struct Printer<'a> {
    options: &'a QueryArgs,
    columns: &'a [Column],
    range: Option<BpmRange>,
}

impl Printer<'_> {
    fn head(&self, out: &mut impl Write) -> io::Result<()> {
        if !self.options.csv {
            return Ok(());
        }
        let names: Vec<&str> = self.columns.iter().map(|column| column.name()).collect();
        writeln!(out, "{}", names.join(","))
    }

    fn row(&mut self, mut cells: Cells, out: &mut impl Write) -> io::Result<()> {
        if self.options.print0 {
            out.write_all(&path_bytes(&cells.path))?;
            return out.write_all(&[0]);
        }
        for (column, value) in self.columns.iter().zip(&mut cells.values) {
            fold_bpm(column.name(), value, self.range);
        }
        if self.options.json {
            let object = self.columns.iter().zip(&cells.values).map(|(c, v)| (c.name(), v));
            return writeln!(out, "{}", serde_json::to_string(&Object(object.collect()))?);
        }
        let (separator, text): (&str, fn(&Value) -> String) =
            if self.options.csv { (",", |value| csv_cell(&cell(value))) } else { ("\t", plain) };
        let row: Vec<String> = cells.values.iter().map(text).collect();
        writeln!(out, "{}", row.join(separator))
    }
}

/// For the eye: few digits, nothing that breaks the line.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::Real(Some(number)) => short(*number),
        value => cell(value),
    };
    text.replace(|c: char| c.is_control(), " ")
}

/// Names and values in order.
struct Object<'a>(Vec<(&'static str, &'a Value)>);

impl serde::Serialize for Object<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
