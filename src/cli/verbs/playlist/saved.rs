//! Playlists that are made anew from what was asked.

use std::io::Write;

use anyhow::anyhow;
use clap::Parser as _;
use serde_json::json;

use super::{MakeArgs, make};
use crate::cli::args::{Arguments, Verb};
use crate::cli::{Context, Exit, Stop, terminal};
use crate::store::{SavedPlaylist, forget_playlist, save_playlist};

/// Checks the wish by making it once without a trace, then saves its command line.
pub(super) fn save(name: &str, options: &MakeArgs, context: &Context) -> Result<Exit, Stop> {
    let Some(output) = &options.output else {
        return Err(Stop::usage(anyhow!("a saved playlist needs a file to write to: -o FILE")));
    };
    let exit = make(options, context)?;
    let mut arguments = context.arguments.clone();
    // `-o` may be relative, and refresh may run anywhere.
    let absolute = std::path::absolute(output).map_err(Stop::fault)?;
    let absolute =
        absolute.to_str().ok_or_else(|| Stop::usage(anyhow!("-o: the path is not UTF-8")))?;
    let behind = arguments.iter().position(|argument| argument == "save").map_or(0, |at| at + 2);
    let mut kept: Vec<String> = arguments.split_off(behind.min(arguments.len()));
    kept.extend(["--output".to_owned(), absolute.to_owned()]);
    let kept = without_output(kept);
    save_playlist(&context.database()?, name, &kept).map_err(Stop::fault)?;
    terminal::note(&format!("saved as {name}; `phonolite playlist refresh {name}` makes it anew"));
    Ok(exit)
}

/// All but the first `-o`: the last is the absolute one.
fn without_output(arguments: Vec<String>) -> Vec<String> {
    let last = arguments.len().saturating_sub(2);
    let mut kept = Vec::with_capacity(arguments.len());
    let mut skip = false;
    for (place, argument) in arguments.into_iter().enumerate() {
        let is_output = argument == "-o" || argument == "--output";
        let joined =
            argument.starts_with("--output=") || (argument.starts_with("-o") && argument != "-o");
        if skip {
            skip = false;
        } else if place < last && is_output {
            skip = true;
        } else if place >= last || !joined {
            kept.push(argument);
        }
    }
    kept
}

/// What became of the saved playlists, by name.
#[derive(Debug, Default)]
pub(in crate::cli) struct Refreshed {
    pub(in crate::cli) made: Vec<String>,
    /// No track passes, or a wish does not hold.
    pub(in crate::cli) empty: Vec<String>,
    /// With the reason.
    pub(in crate::cli) failed: Vec<(String, String)>,
}

pub(super) fn refresh(names: &[String], context: &Context) -> Result<Exit, Stop> {
    let done = remake(names, context)?;
    for name in &done.made {
        terminal::note(&format!("{name}: made anew"));
    }
    for name in &done.empty {
        terminal::note(&format!("{name}: no track passes, or a wish does not hold"));
    }
    for (name, error) in &done.failed {
        terminal::note(&format!("{name}: {error}"));
    }
    Ok(match (done.failed.is_empty(), done.made.is_empty()) {
        (false, _) => Exit::SomeFailed,
        (true, true) => Exit::Empty,
        (true, false) => Exit::Done,
    })
}

/// Makes saved playlists anew, all or those named. One that fails does not keep the others.
pub(super) fn remake(names: &[String], context: &Context) -> Result<Refreshed, Stop> {
    let saved = context.readers()?.saved_playlists().map_err(Stop::fault)?;
    if let Some(name) = names.iter().find(|name| saved.iter().all(|list| list.name != **name)) {
        return Err(Stop::usage(anyhow!("no playlist is saved as {name}")));
    }
    let wanted = |list: &&SavedPlaylist| names.is_empty() || names.contains(&list.name);
    let mut done = Refreshed::default();
    for list in saved.iter().filter(wanted) {
        let name = list.name.clone();
        match again(list, context) {
            Ok(Exit::Done) => done.made.push(name),
            Ok(_) => done.empty.push(name),
            Err(stop) => done.failed.push((name, format!("{:#}", stop.error))),
        }
    }
    Ok(done)
}

fn again(list: &SavedPlaylist, context: &Context) -> Result<Exit, Stop> {
    let line = ["phonolite", "playlist"].into_iter().map(str::to_owned);
    let parsed = Arguments::try_parse_from(line.chain(list.arguments.iter().cloned()));
    match parsed.map_err(|error| Stop::usage(anyhow!("{error}")))?.verb {
        Verb::Playlist(options) => make(&options.make, context),
        _ => Err(Stop::usage(anyhow!("what is saved is no playlist"))),
    }
}

pub(super) fn list(as_json: bool, context: &Context) -> Result<Exit, Stop> {
    let saved = context.readers()?.saved_playlists().map_err(Stop::fault)?;
    let mut out = terminal::out();
    for list in &saved {
        let line = if as_json {
            json!({"name": list.name, "arguments": list.arguments, "saved_at_unix_ms": list.saved_at}).to_string()
        } else {
            format!("{}\t{}", list.name, list.arguments.join(" "))
        };
        writeln!(out, "{line}").map_err(Stop::fault)?;
    }
    out.flush().map_err(Stop::fault)?;
    Ok(if saved.is_empty() { Exit::Empty } else { Exit::Done })
}

pub(super) fn forget(name: &str, context: &Context) -> Result<Exit, Stop> {
    let forgotten = forget_playlist(&context.database()?, name).map_err(Stop::fault)?;
    if forgotten {
        return Ok(Exit::Done);
    }
    terminal::note(&format!("phonolite: no playlist is saved as {name}"));
    Ok(Exit::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_output_is_kept() {
        let line = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for given in [
            "-n 3 -o a.m3u8 --output /a.m3u8",
            "-n 3 --output=a.m3u8 --output /a.m3u8",
            "-n 3 -oa.m3u8 --output /a.m3u8",
        ] {
            assert_eq!(without_output(line(given)), line("-n 3 --output /a.m3u8"), "{given}");
        }
    }
}
