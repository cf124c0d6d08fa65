//! The rules, on a machine whose clocks are turned by hand.

use super::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// A machine that only does what it is told; resting turns its clock.
#[derive(Debug, Default)]
struct Puppet {
    now: Mutex<(Duration, Duration)>,
    battery: AtomicBool,
    load: Mutex<Option<f64>>,
}

impl Puppet {
    fn work(&self, wall: Duration, cpu: Duration) {
        let mut now = self.now.lock().unwrap();
        now.0 += wall;
        now.1 += cpu;
    }

    fn share(&self, cores: usize) -> f64 {
        let (wall, cpu) = *self.now.lock().unwrap();
        cpu.as_secs_f64() / wall.as_secs_f64() / cores as f64
    }
}

impl Senses for Puppet {
    fn elapsed(&self) -> Duration {
        self.now.lock().unwrap().0
    }

    fn cpu(&self) -> Option<Duration> {
        Some(self.now.lock().unwrap().1)
    }

    fn unix_ms(&self) -> i64 {
        self.elapsed().as_millis() as i64
    }

    fn on_battery(&self) -> bool {
        self.battery.load(Ordering::SeqCst)
    }

    fn load(&self) -> Option<f64> {
        *self.load.lock().unwrap()
    }

    fn rest(&self, time: Duration) {
        self.work(time, Duration::ZERO);
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn manners() -> (Arc<Puppet>, Manners) {
    let puppet = Arc::new(Puppet::default());
    let senses: Arc<dyn Senses> = Arc::<Puppet>::clone(&puppet);
    (puppet, Manners { senses, ..Manners::default() })
}

#[test]
fn the_share_is_kept_whatever_a_chunk_costs() {
    for (share, cores, chunk, threads) in
        [(0.5, 2, 3, 2), (0.5, 2, 40, 2), (0.25, 8, 2, 8), (0.5, 4, 400, 1), (0.05, 1, 5, 1)]
    {
        let (puppet, rules) = manners();
        let rules = Manners { max_cpu: Some(share), ..rules };
        let gate = Gate::new(&rules, cores);
        // Threads side by side: the clock turns once for all of them.
        while puppet.elapsed() < ms(60_000) {
            puppet.work(ms(chunk), ms(chunk) * threads);
            assert!(gate.breathe(&|| false));
        }
        let kept = puppet.share(cores);
        // One thread cannot use half of four cores; it is not held then.
        let wanted = share.min(f64::from(threads) / cores as f64);
        assert!((kept / wanted - 1.0).abs() < 0.05, "{kept} for {share} of {cores} at {chunk} ms");
    }
}

#[test]
fn what_was_not_used_is_not_made_up_for() {
    let mut throttle = Throttle::new(0.5, 2, ms(0), ms(0));
    assert_eq!(throttle.owed(ms(10_000), ms(0)), ms(0), "a slow disk");
    // A second of both cores: 2 s of work, of which 1 s and the burst of 0.1 s are granted.
    let owed = throttle.owed(ms(11_000), ms(2_000));
    assert!((owed.as_secs_f64() - 0.9).abs() < 1e-9, "{owed:?}");
    assert_eq!(throttle.owed(ms(12_000), ms(2_000)), ms(0), "waited for");
    assert_eq!(throttle.owed(ms(11_500), ms(1_000)), ms(0), "clocks that run backwards");
}

#[test]
fn a_wait_ends_when_cancelled() {
    let (puppet, rules) = manners();
    let rules = Manners { max_cpu: Some(0.01), ..rules };
    let gate = Gate::new(&rules, 1);
    puppet.work(ms(100), ms(100));
    let cancelled = || puppet.elapsed() > ms(300);
    assert!(!gate.breathe(&cancelled));
    assert!(puppet.elapsed() < ms(400), "of 10 s that were owed");
    gate.close(Some(Why::Battery));
    assert!(!gate.enter(&cancelled));
    gate.close(None);
    assert!(gate.enter(&cancelled), "an open gate lets everybody in");
    assert!(!gate.close(None) && gate.close(Some(Why::Load)), "tells whether it was turned");
}

#[test]
fn a_run_stops_at_its_time_and_after_its_time() {
    let (puppet, rules) = manners();
    let mut watch = Watch::new(&*puppet);
    let until = Manners { until_ms: Some(5_000), ..rules.clone() };
    let length = Manners { max_duration: Some(ms(7_000)), ..rules };
    assert_eq!((watch.look(&until), watch.look(&length)), (Verdict::Go, Verdict::Go));
    puppet.rest(ms(5_000));
    assert_eq!(watch.look(&until), Verdict::Stop(Why::Until));
    assert_eq!(watch.look(&length), Verdict::Go);
    puppet.rest(ms(2_000));
    assert_eq!(watch.look(&length), Verdict::Stop(Why::Duration));
}

#[test]
fn a_run_stands_still_on_battery_if_it_is_to() {
    let (puppet, rules) = manners();
    let mut watch = Watch::new(&*puppet);
    puppet.battery.store(true, Ordering::SeqCst);
    assert_eq!(watch.look(&rules), Verdict::Go);
    let rules = Manners { pause_on_battery: true, ..rules };
    assert_eq!(watch.look(&rules), Verdict::Pause(Why::Battery));
    puppet.battery.store(false, Ordering::SeqCst);
    assert_eq!(watch.look(&rules), Verdict::Go);
}

#[test]
fn the_load_is_that_of_others() {
    let (puppet, rules) = manners();
    let rules = Manners { pause_above_load: Some(4.0), ..rules };
    let mut watch = Watch::new(&*puppet);
    // Eight threads of our own for ten minutes; the kernel forgets as 1 − exp(−t / 60 s).
    for second in 1..=600 {
        puppet.work(ms(1_000), ms(8_000));
        let own = 8.0 * (1.0 - (-f64::from(second) / 60.0).exp());
        *puppet.load.lock().unwrap() = Some(own + 1.0);
        assert_eq!(watch.look(&rules), Verdict::Go, "{second} s: {own} are our own");
    }
    *puppet.load.lock().unwrap() = Some(8.0 + 5.0);
    assert_eq!(watch.look(&rules), Verdict::Pause(Why::Load));
    *puppet.load.lock().unwrap() = None;
    assert_eq!(watch.look(&rules), Verdict::Go, "where it is not told");
}

#[test]
fn the_next_six_o_clock_is_found() {
    let at = |text: &str| text.parse::<jiff::Zoned>().unwrap();
    let hours = |time: &str, now: &str| {
        let now = at(now);
        next(time, &now).map(|ms| (ms - now.timestamp().as_millisecond()) as f64 / 3_600_000.0)
    };
    assert_eq!(hours("06:00", "2026-11-21T23:30[Europe/Berlin]"), Some(6.5));
    assert_eq!(hours("6:00", "2026-11-21T05:00[Europe/Berlin]"), Some(1.0));
    assert_eq!(hours("06:00", "2026-11-21T06:00[Europe/Berlin]"), Some(24.0), "not at once");
    assert_eq!(hours("06:00", "2026-10-24T23:00[Europe/Berlin]"), Some(8.0), "the long night");
    assert_eq!(hours("06:00", "2026-03-28T23:00[Europe/Berlin]"), Some(6.0), "the short night");
    for wrong in ["", "6", "25:00", "06:60", "6:00:00", "-1:00", "06:00am", "006:00"] {
        assert_eq!(hours(wrong, "2026-11-21T05:00[Europe/Berlin]"), None, "{wrong}");
    }
}
