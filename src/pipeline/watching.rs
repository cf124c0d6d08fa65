//! Somebody looks up now and then: is it time to stand still, or to stop?

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::cancel::Reason;
use super::event::Event;
use super::run::Shared;
use crate::manners::{Verdict, Watch, Why};

/// Time between two looks: nobody minds a second, and a look costs two small files.
const PERIOD: Duration = Duration::from_secs(1);

/// A thread that looks up while this lives.
pub(super) struct Watching(Option<Sender<()>>);

impl Watching {
    /// Looks once before anything begins, then every second; not at all where there is nothing to be
    /// looked at.
    pub(super) fn start<'scope, 'env>(
        shared: &'env Shared<'env>,
        scope: &'scope std::thread::Scope<'scope, 'env>,
    ) -> Self {
        let manners = &shared.options.manners;
        if !manners.watches() {
            return Self(None);
        }
        let mut watch = Watch::new(&*manners.senses);
        act(shared, watch.look(manners));
        let (alive, end) = bounded(0);
        scope.spawn(move || until(&end, || act(shared, watch.look(manners))));
        Self(Some(alive))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0 = None; // the thread sees it at once
    }
}

fn until(end: &Receiver<()>, mut look: impl FnMut()) {
    while end.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
        look();
    }
}

fn act(shared: &Shared<'_>, verdict: Verdict) {
    let why = match verdict {
        Verdict::Stop(why) => {
            tracing::info!(why = why.name(), "the run is to stop");
            return shared.cancel.request(Reason::Time(why));
        }
        Verdict::Pause(why) => Some(why),
        Verdict::Go => None,
    };
    if shared.gate.close(why) {
        tracing::info!(why = why.map(Why::name), "gate turned");
        shared.observer.observe(&match why {
            Some(why) => Event::Paused { why },
            None => Event::Resumed,
        });
    }
}
