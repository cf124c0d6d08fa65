//! Sounds whose rhythm is known because they are made here.

use std::f64::consts::TAU;

/// Mono samples that sounds are added to.
pub(super) struct Sound {
    pub(super) rate_hz: u32,
    pub(super) samples: Vec<f32>,
}

/// Uniform numbers, the same ones for the same seed.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform within -1..1.
    pub(super) fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / 8_388_608.0 - 1.0
    }

    /// About normal with standard deviation 1.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() / 2.0
    }
}

/// Times from `first_s` on, `period_s` apart, before `end_s`.
pub(super) fn steady(first_s: f64, period_s: f64, end_s: f64) -> Vec<f64> {
    let times = (0..).map(|i| first_s + f64::from(i) * period_s);
    times.take_while(|time| *time < end_s).collect()
}

impl Sound {
    pub(super) fn silence(rate_hz: u32, seconds: f64) -> Self {
        Self { rate_hz, samples: vec![0.0; (seconds * f64::from(rate_hz)) as usize] }
    }

    /// Adds `amplitude * of(t)` for the `length_s` after `at_s`, exact between samples.
    pub(super) fn add(&mut self, at_s: f64, length_s: f64, mut of: impl FnMut(f64) -> f64) {
        let rate = f64::from(self.rate_hz);
        let first = (at_s * rate).ceil().max(0.0) as usize;
        let count = (length_s * rate) as usize;
        for (n, sample) in (first..).zip(self.samples.iter_mut().skip(first).take(count)) {
            *sample += of(n as f64 / rate - at_s) as f32;
        }
    }

    /// A burst of `hz` that dies away in 10 ms.
    pub(super) fn click(&mut self, at_s: f64, hz: f64, amplitude: f64) {
        self.add(at_s, 0.06, |t| amplitude * (-t / 0.01).exp() * (TAU * hz * t).sin());
    }

    /// A drum that falls from 150 to 50 Hz.
    pub(super) fn kick(&mut self, at_s: f64, amplitude: f64) {
        let phase = |t: f64| 50.0 * t + 100.0 * 0.02 * (1.0 - (-t / 0.02).exp());
        self.add(at_s, 0.3, |t| amplitude * (-t / 0.06).exp() * (TAU * phase(t)).sin());
    }

    /// Noise and 190 Hz.
    pub(super) fn snare(&mut self, at_s: f64, amplitude: f64) {
        let mut chance = Chance::new((at_s * 1e4) as u64);
        self.add(at_s, 0.25, |t| {
            amplitude
                * (0.6 * (-t / 0.05).exp() * chance.next()
                    + 0.5 * (-t / 0.04).exp() * (TAU * 190.0 * t).sin())
        });
    }

    /// Noise that rises by 6 dB per octave.
    pub(super) fn hat(&mut self, at_s: f64, amplitude: f64) {
        let (mut chance, mut last) = (Chance::new((at_s * 1e4) as u64 + 7), 0.0);
        self.add(at_s, 0.12, |t| {
            let now = chance.next();
            let rise = now - last;
            last = now;
            0.6 * amplitude * (-t / 0.02).exp() * rise
        });
    }

    /// A tone of ten partials with a soft attack, held for `length_s`.
    pub(super) fn tone(&mut self, at_s: f64, length_s: f64, hz: f64, amplitude: f64) {
        self.add(at_s, length_s, |t| {
            let envelope = (1.0 - (-t / 0.008).exp()) * (-t / (2.0 * length_s)).exp();
            let end = ((length_s - t) / 0.02).clamp(0.0, 1.0);
            let partial = |k: f64| (TAU * k * hz * t).sin() / (k * k.sqrt());
            amplitude * envelope * end * (1..=10).map(|k| partial(f64::from(k))).sum::<f64>()
        });
    }

    /// A sung tone: vibrato of 5.5 Hz and 40 cents, three formants, an attack of 50 ms.
    pub(super) fn voice(&mut self, at_s: f64, length_s: f64, hz: f64, amplitude: f64) {
        let weight = |partial: f64| {
            let peak = |centre: f64, width: f64| (-((partial * hz - centre) / width).powi(2)).exp();
            (peak(650.0, 200.0) + 0.6 * peak(1100.0, 250.0) + 0.2 * peak(2600.0, 400.0) + 0.02)
                / partial.sqrt()
        };
        let weights: Vec<f64> = (1..=16).map(|k| weight(f64::from(k))).collect();
        self.add(at_s, length_s, |t| {
            let vibrato = 0.023 / (TAU * 5.5) * (1.0 - (TAU * 5.5 * t).cos());
            let cycles = hz * (t + vibrato);
            let envelope = (t / 0.05).min(1.0) * ((length_s - t) / 0.06).clamp(0.0, 1.0);
            let partial =
                |(k, weight): (usize, &f64)| weight * (TAU * (k as f64 + 1.0) * cycles).sin();
            amplitude * envelope * weights.iter().enumerate().map(partial).sum::<f64>()
        });
    }

    pub(super) fn noise(&mut self, seed: u64, amplitude: f64) {
        let mut chance = Chance::new(seed);
        self.samples.iter_mut().for_each(|x| *x += (amplitude * chance.next()) as f32);
    }

    /// Noise of 3 dB less per octave: Kellet's three poles.
    pub(super) fn pink_noise(&mut self, seed: u64, amplitude: f64) {
        const POLES: [(f64, f64); 3] = [(0.99765, 0.0990), (0.96300, 0.29652), (0.57000, 1.05266)];
        let (mut chance, mut states) = (Chance::new(seed), [0.0; 3]);
        for x in &mut self.samples {
            let white = chance.next();
            for (state, (pole, gain)) in states.iter_mut().zip(POLES) {
                *state = pole * *state + gain * white;
            }
            *x += (amplitude * 0.2 * states.iter().sum::<f64>()) as f32;
        }
    }
}

/// Frequency of a MIDI note.
pub(super) fn hz(note: i32) -> f64 {
    440.0 * (f64::from(note - 69) / 12.0).exp2()
}
