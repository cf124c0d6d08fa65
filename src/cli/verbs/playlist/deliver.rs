//! Playlists that leave for other programs: into MPD's queue, as rules for Navidrome.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};

use super::MakeArgs;
use super::print::Made;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::exchange::mpd::{Address, Client, MpdError, Sending};
use crate::exchange::nsp;
use crate::files;
use crate::store::unix_ms;

/// Puts a list into the queue of a daemon.
pub(super) fn queue(address: &str, made: &Made<'_>, context: &Context) -> Result<(), Stop> {
    let options = made.options;
    let variable = |name: &str| {
        let variables = &context.surroundings.variables;
        let found = variables.iter().find(|(known, _)| known.to_str() == Some(name));
        found.and_then(|(_, value)| value.to_str()).filter(|value| !value.is_empty())
    };
    let address = match address {
        "" => Address::of_variables(variable("MPD_HOST"), variable("MPD_PORT")),
        text => Address::parse(text),
    };
    let address = address.map_err(Stop::usage)?;
    let told = |error: MpdError| {
        let error = anyhow::Error::from(error).context(address.to_string());
        Stop::fault(error)
    };
    let mut client = Client::connect(&address).map_err(told)?;
    let folder = match &options.mpd_music_dir {
        Some(folder) => std::path::absolute(folder).map_err(Stop::fault)?,
        None => client.music_directory().map_err(told)?.ok_or_else(|| {
            Stop::usage(anyhow!(
                "{address} does not say where its music lies (it does by its socket only): \
                 give --mpd-music-dir FOLDER"
            ))
        })?,
    };
    let paths: Vec<PathBuf> = made.tracks().map(|(_, named)| named.item.path.clone()).collect();
    let sending = Sending { append: options.mpd_append, play: options.mpd_play };
    let sent = client.send(&paths, &folder, sending).map_err(told)?;
    for (path, reason) in sent.left_out.iter().take(3) {
        terminal::note(&format!("phonolite: left out: {}: {reason}", terminal::shown(path)));
    }
    if sent.left_out.len() > 3 {
        terminal::note(&format!("phonolite: and {} more", sent.left_out.len() - 3));
    }
    terminal::note(&format!("{address}: {} of {} tracks queued", sent.queued, paths.len()));
    if sent.queued == 0 {
        return Err(Stop::fault(anyhow!("{address}: the daemon knows none of the tracks")));
    }
    Ok(())
}

/// Writes the rules of `--where` as a smart playlist of Navidrome; nothing is chosen.
pub(super) fn rules(options: &MakeArgs) -> Result<Exit, Stop> {
    let filter = options.wanted.filter()?;
    let wishes = [
        (!options.like.is_empty(), "--like"),
        (!options.unlike.is_empty(), "--unlike"),
        (options.from.is_some() || options.to.is_some() || !options.via.is_empty(), "a journey"),
        (options.extend.is_some(), "--extend"),
        (options.reorder.is_some(), "--reorder"),
        (options.duration.is_some(), "--duration"),
        (options.harmonic, "--harmonic"),
        (options.tempo_drift.is_some(), "--tempo-drift"),
        (options.curve.is_some(), "--curve"),
        (options.avoid_recent.is_some(), "--avoid-recent"),
        (options.mpd.is_some(), "--mpd"),
    ];
    for (_, wish) in wishes.iter().filter(|(given, _)| *given) {
        terminal::note(&format!("phonolite: Navidrome's rules cannot say {wish}: left out"));
    }
    let list = nsp::Smart { name: options.title.clone(), limit: options.count };
    let text = nsp::write(&filter, &list, unix_ms()).map_err(Stop::usage)?;
    match options.output.as_deref().filter(|_| !options.dry_run) {
        None => terminal::print(&text).map_err(Stop::fault)?,
        Some(path) => files::replace(path, |out| std::io::Write::write_all(out, text.as_bytes()))
            .with_context(|| format!("cannot write {}", terminal::shown(path)))
            .map_err(Stop::fault)?,
    }
    Ok(Exit::Done)
}
