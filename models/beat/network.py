"""The beat network in plain numpy: what the program has to compute, and the file format of its weights.

    input   [frames, 80]  log-mel L/7 - 0.4 and its rise max(0, L[k] - L[k-1])/3 (0 in frame 0)
    stem    convolution over 3 frames, 80 -> C, ELU
    block   x + pointwise(ELU(convolution over 5 frames, dilation d, C -> C)), d = 1, 2 ... 128
    head    ELU, pointwise C -> 2, sigmoid: probability of beat, of downbeat

Every convolution is centred and sees zeros outside the recording. Receptive field:
+-511 frames (10.22 s), so a recording may be cut into pieces with that much context.
"""
import json
import struct

import numpy as np

DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128)
STEM_TAPS, BLOCK_TAPS = 3, 5
CONTEXT_FRAMES = 1 + 2 * sum(DILATIONS)  # 511
LEVEL_SCALE, LEVEL_SHIFT, RISE_SCALE = 7.0, 0.4, 3.0
BEAT, DOWNBEAT = 0, 1
MAGIC = b"BEATNET1"


def network_input(log_mel):
    """float32 [frames, 80] from log-mel [frames, 40]."""
    log_mel = np.asarray(log_mel, np.float32)
    rise = np.maximum(0.0, np.diff(log_mel, axis=0, prepend=log_mel[:1]))
    return np.concatenate([log_mel / LEVEL_SCALE - LEVEL_SHIFT, rise / RISE_SCALE], axis=1).astype(np.float32)


def elu(x):
    return np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0)))


def convolve(x, kernel, bias, dilation=1):
    """x [frames, in], kernel [taps, in, out] -> [frames, out]; zeros outside."""
    reach = len(kernel) // 2 * dilation
    padded = np.pad(x, ((reach, reach), (0, 0)))
    out = np.zeros((len(x), kernel.shape[2]), np.float32) + bias
    for tap, matrix in enumerate(kernel):
        out += padded[tap * dilation : tap * dilation + len(x)] @ matrix
    return out


def logits(x, weights):
    """float32 [frames, 2] before the sigmoid, from `network_input`."""
    x = elu(convolve(x, weights["stem.kernel"], weights["stem.bias"]))
    for number, dilation in enumerate(DILATIONS):
        name = f"block{number}"
        wide = elu(convolve(x, weights[f"{name}.wide.kernel"], weights[f"{name}.wide.bias"], dilation))
        x = x + convolve(wide, weights[f"{name}.point.kernel"], weights[f"{name}.point.bias"])
    return convolve(elu(x), weights["head.kernel"], weights["head.bias"])


def activations(log_mel, weights):
    """Probabilities of beat and downbeat, float32 [frames, 2], of log-mel [frames, 40]."""
    return (1.0 / (1.0 + np.exp(-logits(network_input(log_mel), weights)))).astype(np.float32)


def save_weights(path, weights):
    """Writes the self-describing flat file; `load_weights` shows its layout."""
    header = {"tensors": [{"name": n, "shape": list(w.shape)} for n, w in weights.items()], "dilations": DILATIONS}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(len(MAGIC) + 4 + len(text)) % 16)  # the numbers start on a 16-byte boundary
    with open(path, "wb") as file:
        file.write(MAGIC + struct.pack("<I", len(text)) + text)
        for array in weights.values():
            file.write(np.ascontiguousarray(array, "<f4").tobytes())


def load_weights(path):
    """Name -> float32 array. File: 8 bytes magic, u32 header length, JSON header, f32 numbers, all little-endian."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != MAGIC:
        raise ValueError(f"{path} is no beat network")
    length = struct.unpack("<I", data[8:12])[0]
    at, weights = 12 + length, {}
    for tensor in json.loads(data[12:at])["tensors"]:
        count = int(np.prod(tensor["shape"]))
        weights[tensor["name"]] = np.frombuffer(data, "<f4", count, at).reshape(tensor["shape"])
        at += 4 * count
    return weights
