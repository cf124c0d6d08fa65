"""Writes beat.onnx and the conformance data reference.npz from beat.bin and rules.json.

    python export.py FOLDER --soundfont FluidR3_GM.sf2

beat.onnx: input `input` f32 [1, 80, frames] (columns of network.network_input), output
`activation` f32 [1, 2, frames] (beat, downbeat). reference.npz: see `conformance`.
"""
import argparse
import hashlib
import zlib
from pathlib import Path

import numpy as np

import compose
import frontend
import harmony
import network
import reference_rhythm as rhythm
import sound

CLIPS = (("rock", 11), ("waltz", 5), ("piano", 3), ("swing", 8))  # style and seed of rendered examples
SECONDS = 24.0


def onnx_model(weights):
    """The network as an ONNX graph of Conv, Elu, Add and Sigmoid."""
    from onnx import TensorProto, checker, helper, numpy_helper

    nodes, tensors = [], []

    def add(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def conv(name, x, dilation=1):
        kernel = weights[f"{name}.kernel"].transpose(2, 1, 0)  # ONNX: out, in, taps
        reach = kernel.shape[2] // 2 * dilation
        for part, array in (("kernel", kernel), ("bias", weights[f"{name}.bias"])):
            tensors.append(numpy_helper.from_array(np.ascontiguousarray(array), f"{name}.{part}"))
        names = [x, f"{name}.kernel", f"{name}.bias"]
        return add("Conv", names, f"{name}.out", kernel_shape=[kernel.shape[2]], dilations=[dilation], pads=[reach, reach])

    x = add("Elu", [conv("stem", "input")], "stem.elu")
    for number, dilation in enumerate(network.DILATIONS):
        name = f"block{number}"
        wide = add("Elu", [conv(f"{name}.wide", x, dilation)], f"{name}.elu")
        x = add("Add", [x, conv(f"{name}.point", wide)], f"{name}.sum")
    add("Sigmoid", [conv("head", add("Elu", [x], "head.elu"))], "activation")
    graph = helper.make_graph(
        nodes, "beat", [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 80, "frames"])],
        [helper.make_tensor_value_info("activation", TensorProto.FLOAT, [1, 2, "frames"])], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model)
    return model


def synthetic_inputs():
    """Two short log-mel inputs: a click every half second over a floor, and a smooth deterministic pattern."""
    clicks = np.full((300, frontend.BANDS), 0.5, np.float32)
    for k in range(10, 300, 25):
        clicks[k] = 5.0
        clicks[min(k + 1, 299)] = 4.0
    frame, band = np.mgrid[0:700, 0 : frontend.BANDS]
    waves = (2.5 + 1.5 * np.sin(0.37 * frame) + np.cos(0.9 * band + 0.01 * frame)).astype(np.float32)
    return {"clicks": clicks, "waves": np.maximum(0.0, waves)}


def conformance(weights, rules, soundfont):
    """Every intermediate result of the rhythm path, by name `case.quantity`.

    net_*: log_mel, input, activation of the synthetic inputs. clip*: log_mel (stored exactly as
    f16), activation, onset_bands, normalised, onsets, onset_acf, activation_acf, onset_scores,
    activation_scores, strength, tempi, features, order of tempi with share, period after the
    long-lag step, loose beats, grid (period, first, merit), beats, steady, pulse features, bar
    scores, metre, downbeats, bpm and the confidences; speech: the same for a clip without a pulse.
    """
    out = {}
    for name, mel in synthetic_inputs().items():
        out |= {f"net_{name}.log_mel": mel, f"net_{name}.input": network.network_input(mel), f"net_{name}.activation": network.activations(mel, weights)}
    for number, (style, seed) in enumerate(CLIPS):
        piece = compose.compose(200_000 + seed, style, SECONDS)
        samples = sound.render(piece, soundfont, zlib.crc32(f"reference-{style}".encode()), SECONDS)
        out |= {f"clip{number}.{k}": v for k, v in steps(samples, weights, rules).items()}
        out[f"clip{number}.true_beats"] = piece.beats
        out[f"clip{number}.true_downbeats"] = piece.beats[piece.bar_starts]
    samples = sound.no_pulse("speech", 9, SECONDS)
    return out | {f"speech.{k}": v for k, v in steps(samples, weights, rules).items()}


def steps(samples, weights, rules):
    """Intermediate results of one recording."""
    mel = frontend.log_mel(samples).astype(np.float16)
    frames = mel.astype(np.float32)
    activations, bands = network.activations(frames, weights), rhythm.onset_bands(frames)
    e = rhythm.gather(activations, bands)
    tempi, features = rhythm.tempo_candidates(e)
    ordered, share = rhythm.choose_tempo(e, rules)
    period = rhythm.long_lag_period(e.strength, 60.0 * frontend.FPS / ordered[0])
    steady, first = rhythm.constant_grid(e.strength, period)
    beats, is_steady, final_period = rhythm.find_beats(e.strength, period)
    chroma = harmony.chroma(harmony.tonal_frames(samples)).astype(np.float16)
    found = rhythm.analyse_kept(activations, bands, rules, chroma.astype(np.float32))
    return {
        "log_mel": mel, "chroma": chroma, "bar_scores": rhythm.bar_scores(e.downbeat, beats, chroma.astype(np.float32)), "activation": activations, "onset_bands": bands, "normalised": e.bands, "onsets": e.onsets,
        "onset_acf": rhythm.onset_acf(e.bands), "activation_acf": rhythm.activation_acf(e.activation), "onset_scores": e.onset_scores,
        "activation_scores": e.activation_scores, "strength": e.strength, "tempi": tempi, "features": features, "ordered": ordered, "share": share,
        "period": period, "local_periods": rhythm.local_periods(e.strength, period), "loose": rhythm.track(e.strength, rhythm.local_periods(e.strength, period)),
        "grid": np.array([steady, first, rhythm.grid_beats(e.strength, steady, first)[1]]), "beat_frames": beats, "steady": is_steady,
        "pulse_features": rhythm.pulse_features(e, final_period, beats), "pulse": found.pulse, "bpm": np.nan if found.bpm is None else found.bpm,
        "beats": found.beats, "downbeats": found.downbeats, "metre": found.metre, "metre_share": found.metre_share,
        "tempo_confidence": found.tempo_confidence, "beat_confidence": found.beat_confidence,
    }


def main():
    import onnx
    import onnxruntime

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--soundfont", type=Path, required=True)
    options = parser.parse_args()
    weights, rules = rhythm.load(options.folder)
    onnx.save(onnx_model(weights), options.folder / "beat.onnx")
    session = onnxruntime.InferenceSession(options.folder / "beat.onnx", providers=["CPUExecutionProvider"])
    for name, mel in synthetic_inputs().items():
        theirs = session.run(None, {"input": network.network_input(mel).T[None]})[0][0].T
        print(f"{name}: numpy and ONNX differ by at most {np.abs(theirs - network.activations(mel, weights)).max():.1e}")
    np.savez_compressed(options.folder / "reference.npz", **conformance(weights, rules, options.soundfont))
    for name in ("beat.bin", "beat.onnx", "rules.json", "reference.npz"):
        data = (options.folder / name).read_bytes()
        print(f"{hashlib.sha256(data).hexdigest()}  {name}  {len(data)} bytes")


if __name__ == "__main__":
    main()
