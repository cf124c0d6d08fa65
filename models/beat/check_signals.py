"""Signals whose answer is known: click tracks (offset, tempo), and sounds without a pulse.

    python check_signals.py [FOLDER]
"""
import sys

import numpy as np

import frontend
import reference_rhythm as rhythm
import sound

SECONDS = 30.0
CLICK_TEMPI = (60.0, 90.0, 100.0, 120.0, 128.0, 140.0, 174.0)


def click_track(bpm, kind, seconds=SECONDS, start=0.137):
    """Samples and click times: `sine` 1 kHz bursts, `noise` bursts, `kick` and hat on the off-beat."""
    rng = np.random.default_rng(0)
    out = np.zeros(int(seconds * frontend.RATE_HZ) + frontend.RATE_HZ)
    times = np.arange(start, seconds, 60.0 / bpm)
    t = np.arange(int(0.05 * frontend.RATE_HZ)) / frontend.RATE_HZ
    sine, burst = np.sin(2000 * np.pi * t) * np.exp(-t * 80), rng.normal(size=len(t)) * np.exp(-t * 120)
    kick, hat = sound.kick_sound(rng), 0.3 * sound.hat_sound(rng, 60)
    put = lambda s, at: out.__setitem__(slice(int(round(at * frontend.RATE_HZ)), int(round(at * frontend.RATE_HZ)) + len(s)), out[int(round(at * frontend.RATE_HZ)) : int(round(at * frontend.RATE_HZ)) + len(s)] + s)
    for time in times:
        put({"sine": sine, "noise": 0.3 * burst, "kick": kick}[kind], time)
        if kind == "kick":
            put(hat, time + 30.0 / bpm)
    return 0.5 * out[: int(seconds * frontend.RATE_HZ)] / np.abs(out).max(), times


def main():
    weights, rules = rhythm.load(sys.argv[1] if len(sys.argv) > 1 else rhythm.HERE)
    for kind in ("sine", "noise", "kick"):
        for bpm in CLICK_TEMPI:
            samples, times = click_track(bpm, kind)
            found = rhythm.analyse(frontend.log_mel(samples), weights, rules)
            if found.bpm is None:
                print(f"{kind:6s} {bpm:6.1f}: no pulse ({found.pulse:.2f})")
                continue
            off = found.beats[:, None] - times[None, :]
            nearest = off[np.arange(len(off)), np.argmin(np.abs(off), axis=1)]
            print(f"{kind:6s} {bpm:6.1f}: {found.bpm:8.3f} BPM ({100 * (found.bpm / bpm - 1):+.3f} %), offset {1000 * np.median(nearest):+.1f} ms, "
                  f"tempo confidence {found.tempo_confidence:.2f}, steady {found.constant}")
    for kind in ("silence", "noise", "tone", "drone", "pad", "rain", "speech"):
        claims = [rhythm.analyse(frontend.log_mel(sound.no_pulse(kind, 500 + i, SECONDS)), weights, rules) for i in range(6)]
        print(f"{kind}: {sum(c.bpm is not None for c in claims)} of {len(claims)} get a tempo; pulse {[round(c.pulse, 2) for c in claims]}")


if __name__ == "__main__":
    main()
