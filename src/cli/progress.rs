//! Progress for people: a bar on a terminal, lines elsewhere.

use std::fmt::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressDrawTarget, ProgressStyle};

use super::report::{hours, thousands};
use super::terminal;
use crate::pipeline::{Event, Observer, Outcome, Progress};

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Says nothing.
pub(super) struct Quiet;

impl Observer for Quiet {
    fn observe(&self, _: &Event<'_>) {}
}

/// The state of a run as both observers show it.
struct Shown {
    progress: Progress,
    /// Files and bytes to be read, once they are counted.
    ahead: Option<(u64, u64)>,
    start: Instant,
    last: Instant,
}

impl Shown {
    fn new() -> Self {
        let now = Instant::now();
        Self { progress: Progress::default(), ahead: None, start: now, last: now }
    }

    /// Share of the bytes that are done, 0..=1; `None` before the work is counted.
    fn share(&self) -> Option<f64> {
        let (_, bytes) = self.ahead?;
        (bytes > 0).then(|| (self.progress.bytes as f64 / bytes as f64).min(1.0))
    }

    /// Seconds of sound still to be analysed, as the bytes so far suggest.
    fn audio_left_s(&self) -> Option<f64> {
        let share = self.share().filter(|&share| share > 0.0)?;
        Some(self.progress.audio_s * (1.0 - share) / share)
    }

    /// What matters most stands first: a narrow terminal cuts the end.
    fn line(&self) -> String {
        let elapsed = self.start.elapsed().as_secs_f64().max(1e-3);
        let rate = self.progress.audio_s / elapsed;
        let counts = &self.progress.counts;
        let mut line = thousands(counts.analysed + counts.failed + counts.relinked);
        if let Some((files, _)) = self.ahead {
            let _ = write!(line, "/{}", thousands(files));
        }
        let _ = write!(line, " files · {rate:.0} x");
        if let Some(left) = self.audio_left_s().filter(|_| rate > 0.0) {
            let _ = write!(line, " · {} left ({} of sound)", hours(left / rate), hours(left));
        }
        if counts.failed > 0 {
            let _ = write!(line, " · {} failed", thousands(counts.failed));
        }
        line
    }
}

fn failure_line(path: &Path, outcome: &Outcome) -> Option<String> {
    let Outcome::Failed(failure) = outcome else { return None };
    let path = terminal::shown(path);
    Some(format!("{path}: {} ({}): {}", failure.kind, failure.stage, failure.message))
}

/// A bar on the terminal.
pub(super) struct ProgressBar {
    bar: indicatif::ProgressBar,
    shown: Mutex<Shown>,
}

impl ProgressBar {
    pub(super) fn new() -> Self {
        let bar =
            indicatif::ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
        let style = ProgressStyle::with_template("{bar:24} {percent:>3} % {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, shown: Mutex::new(Shown::new()) }
    }
}

impl Observer for ProgressBar {
    fn observe(&self, event: &Event<'_>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Surveyed { files, bytes } => {
                shown.ahead = Some((*files, *bytes));
                self.bar.set_length(*bytes);
            }
            Event::File { path, bytes, outcome, .. } => {
                shown.progress.add(*bytes, outcome);
                if let Some(line) = failure_line(path, outcome) {
                    self.bar.suspend(|| terminal::note(&line));
                }
                self.bar.set_position(shown.progress.bytes);
                self.bar.set_message(shown.line());
            }
            Event::Warning { path, message } => {
                let line = format!("{}: {message}", terminal::shown(path));
                self.bar.suspend(|| terminal::note(&line));
            }
            Event::Paused { why } => self.bar.set_message(format!("paused: {why}")),
            Event::Resumed => self.bar.set_message(shown.line()),
            Event::Finished { .. } => self.bar.finish_and_clear(),
            _ => {}
        }
    }

    fn wants_survey(&self) -> bool {
        true
    }
}

/// Lines on standard error: failures at once, the state now and then.
pub(super) struct Lines {
    shown: Mutex<Shown>,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { shown: Mutex::new(Shown::new()) }
    }
}

impl Observer for Lines {
    fn observe(&self, event: &Event<'_>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::File { path, bytes, outcome, .. } => {
                shown.progress.add(*bytes, outcome);
                if let Some(line) = failure_line(path, outcome) {
                    terminal::note(&line);
                }
                if shown.last.elapsed() >= LINE_EVERY {
                    shown.last = Instant::now();
                    terminal::note(&shown.line());
                }
            }
            Event::Warning { path, message } => {
                terminal::note(&format!("{}: {message}", terminal::shown(path)));
            }
            Event::Paused { why } => terminal::note(&format!("paused: {why}")),
            Event::Resumed => terminal::note("going on"),
            _ => {}
        }
    }
}
