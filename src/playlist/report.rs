//! Which wishes a playlist keeps, and why each track stands where it stands.

use super::pool::Pool;
use super::track::{HARMONIC, Track, key_affinity, tempo_drift};
use super::wish::{DURATION_TOLERANCE, Length, Wish};
use serde::Serialize;

/// Mean deviation from a curve up to which it counts as followed.
pub const CURVE_TOLERANCE: f64 = 0.1;

/// A wish, and whether it was kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Constraint {
    /// Its name.
    pub name: &'static str,
    /// What was asked for.
    pub asked: String,
    /// True when it holds without exception; `None` when nothing is known by which to judge.
    pub held: Option<bool>,
    /// What was reached, in numbers.
    pub detail: String,
}

impl Constraint {
    /// Known to be broken.
    pub fn is_broken(&self) -> bool {
        self.held == Some(false)
    }

    /// In words.
    pub fn mark(&self) -> &'static str {
        match self.held {
            Some(true) => "holds",
            Some(false) => "DOES NOT HOLD",
            None => "cannot be judged",
        }
    }
}

/// Looks at a finished list afresh: every wish that was expressed, in the order in which they would be given
/// up last.
pub fn constraints(list: &[usize], pool: &Pool, wish: &Wish) -> Vec<Constraint> {
    let view = View { list, pool, wish };
    let all = [
        Some(view.length()),
        view.ends(),
        view.titles(),
        view.spaced("artist spacing", wish.spacing.artist, |track| track.artist),
        view.spaced("album spacing", wish.spacing.album, |track| track.album),
        view.curve(),
        view.harmonic(),
        view.tempo(),
    ];
    all.into_iter().flatten().collect()
}

struct View<'a> {
    list: &'a [usize],
    pool: &'a Pool,
    wish: &'a Wish,
}

impl View<'_> {
    fn steps(&self) -> impl Iterator<Item = (&Track, &Track)> {
        let track = |index: &usize| self.pool.track(*index);
        self.list.windows(2).filter_map(move |pair| match pair {
            [from, to] => Some((track(from)?, track(to)?)),
            _ => None,
        })
    }

    fn length(&self) -> Constraint {
        let count = self.list.len();
        match self.wish.length {
            Length::Everything => Constraint {
                name: "count",
                asked: format!("all {}", self.pool.len()),
                held: Some(count == self.pool.len()),
                detail: format!("{count} tracks"),
            },
            Length::Count(asked) => Constraint {
                name: "count",
                asked: asked.to_string(),
                held: Some(count == asked),
                detail: format!("{count} tracks"),
            },
            Length::Duration(asked) => {
                let seconds: f64 = self.list.iter().map(|&index| self.pool.duration_s(index)).sum();
                let missed = (seconds - asked) / asked.max(1.0);
                Constraint {
                    name: "duration",
                    asked: clock(asked),
                    held: Some(missed.abs() <= DURATION_TOLERANCE),
                    detail: format!("{} ({:+.1} %)", clock(seconds), missed * 100.0),
                }
            }
        }
    }

    /// What was to stand first, in between and last.
    fn ends(&self) -> Option<Constraint> {
        let wish = self.wish;
        let stations: Vec<usize> =
            wish.first.iter().chain(&wish.via).copied().chain(wish.last).collect();
        if stations.is_empty() {
            return None;
        }
        let begins = self.list.starts_with(&wish.first);
        let ends = wish.last.is_none_or(|last| self.list.last() == Some(&last));
        let mut rest = self.list.iter();
        let passed = stations.iter().filter(|station| rest.any(|index| index == *station)).count();
        Some(Constraint {
            name: "given tracks",
            asked: stations.len().to_string(),
            held: Some(begins && ends && passed == stations.len()),
            detail: format!("{passed} of {} in their order", stations.len()),
        })
    }

    fn titles(&self) -> Option<Constraint> {
        if self.wish.spacing.title != usize::MAX {
            return self.spaced("title spacing", self.wish.spacing.title, |track| track.title);
        }
        let titles = self.list.iter().filter_map(|&index| self.pool.track(index)?.title);
        let mut titles: Vec<u32> = titles.collect();
        let known = titles.len();
        titles.sort_unstable();
        titles.dedup();
        let repeated = known - titles.len();
        Some(Constraint {
            name: "titles",
            asked: "none twice".into(),
            held: self.judged(known, repeated),
            detail: self.of_named(&format!("{repeated} repeated"), known),
        })
    }

    fn spaced(
        &self,
        name: &'static str,
        asked: usize,
        of: impl Fn(&Track) -> Option<u32>,
    ) -> Option<Constraint> {
        if asked == 0 {
            return None;
        }
        let names: Vec<Option<u32>> =
            self.list.iter().map(|&index| self.pool.track(index).and_then(&of)).collect();
        let near = |(place, name): (usize, &Option<u32>)| {
            let before = names.iter().take(place).rev().take(asked);
            name.is_some() && before.into_iter().any(|other| other == name)
        };
        let known = names.iter().flatten().count();
        let broken = names.iter().enumerate().filter(|&(place, name)| near((place, name))).count();
        Some(Constraint {
            name,
            asked: format!("{asked} between"),
            held: self.judged(known, broken),
            detail: self.of_named(&format!("{broken} too near"), known),
        })
    }

    /// Where no name is known, nothing can be said of names; one track keeps its distance from itself.
    fn judged(&self, known: usize, broken: usize) -> Option<bool> {
        (known > 0 || self.list.len() < 2).then_some(broken == 0)
    }

    fn of_named(&self, detail: &str, known: usize) -> String {
        let (count, unknown) = (self.list.len(), self.list.len() - known);
        if unknown == 0 {
            detail.to_owned()
        } else {
            format!("{detail}, {unknown} of {count} unnamed")
        }
    }

    fn curve(&self) -> Option<Constraint> {
        let curve = self.wish.curve.as_ref()?;
        let last = self.list.len().max(2) - 1;
        let energy = |index: usize| self.pool.track(index).and_then(|track| track.energy);
        let missed = self.list.iter().enumerate().filter_map(|(place, &index)| {
            Some((energy(index)? - curve.at(place as f64 / last as f64)).abs())
        });
        let missed: Vec<f64> = missed.collect();
        let unknown = self.list.len() - missed.len();
        let mean = missed.iter().fold(0.0, |sum, missed| sum + missed) / missed.len().max(1) as f64;
        Some(Constraint {
            name: "energy curve",
            asked: format!("mean deviation up to {CURVE_TOLERANCE}"),
            held: Some(unknown == 0 && mean <= CURVE_TOLERANCE),
            detail: format!("mean deviation {mean:.3}, {unknown} unknown"),
        })
    }

    fn harmonic(&self) -> Option<Constraint> {
        if !self.wish.harmonic {
            return None;
        }
        let steps = self.steps().count();
        let good = self.steps().filter(|(a, b)| key_affinity(a.key, b.key) >= HARMONIC).count();
        Some(Constraint {
            name: "harmonic",
            asked: "every step on the wheel".into(),
            held: Some(good == steps),
            detail: format!("{good} of {steps} steps"),
        })
    }

    fn tempo(&self) -> Option<Constraint> {
        let limit = self.wish.tempo_drift?;
        let steps = self.steps().count();
        let good =
            self.steps().filter(|(a, b)| tempo_drift(a.bpm, b.bpm).is_some_and(|d| d <= limit));
        let good = good.count();
        Some(Constraint {
            name: "tempo drift",
            asked: format!("up to {:.1} %", limit * 100.0),
            held: Some(good == steps),
            detail: format!("{good} of {steps} steps"),
        })
    }
}

/// `1:02:03`, `3:30`.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}
