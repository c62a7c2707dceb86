#!/usr/bin/env python3
"""Makes tests/references/ of the samples with onnxruntime, its optimisations off, from the committed float16 weights and images.

    make_references.py EFFICIENTNET_LITE0.onnx MNIST.onnx

    efficientnet_lite0/PHOTO.npy        probabilities, f32 [1, 1000]
    efficientnet_lite0/chelsea-224.png  the photo cropped and resized as @image says, before normalisation
    efficientnet_lite0/inputs.txt       a line a photo: name, SHA-256 of the resized pixels (u8, HWC) and of the input (f32, NCHW, LE)
    efficientnet_lite0/top5-f32.txt     a line a photo and class, best first: name, class, probability with the original f32 weights
    mnist/input.npy, mnist/output.npy   the digits of samples/images by name, f32 [5, 1, 28, 28], and their logits, f32 [5, 10]

Needs: pip install numpy onnx onnxruntime pillow safetensors
"""
import argparse
import hashlib

import numpy as np
import onnx
import onnxruntime
from PIL import Image
from safetensors.numpy import load_file

from weight_paths import REFERENCES, SAMPLES, put_weights

PHOTOS = ["camera", "chelsea", "coffee"]
IMAGES = SAMPLES / "images"


def session(model):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def sessions(sample, onnx_path):
    """With the weights of the ONNX file, and with the committed ones."""
    original = session(onnx.load(onnx_path))
    model = onnx.load(onnx_path)
    put_weights(sample, model, load_file(SAMPLES / f"{sample}.safetensors"))
    return original, session(model)


def run(s, x):
    return s.run(None, {s.get_inputs()[0].name: x})[0]


def crop_and_resize(path, size, fraction):
    """u8 [size, size, 3]. The centred square's corners are truncated to whole pixels; bicubic with antialiasing."""
    image = Image.open(path).convert("RGB")
    side = fraction * min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (int(left), int(top), int(left + side), int(top + side))
    return np.asarray(image.crop(box).resize((size, size), Image.BICUBIC))


def report(what, committed, original):
    difference = np.abs(committed - original).max()
    print(f"{what}: float16 against float32 weights: max difference {difference:.3g}, largest value {np.abs(original).max():.4g}")


def efficientnet_lite0(onnx_path):
    original, committed = sessions("efficientnet_lite0", onnx_path)
    labels = (SAMPLES / "imagenet.txt").read_text().splitlines()
    folder = REFERENCES / "efficientnet_lite0"
    folder.mkdir(parents=True, exist_ok=True)
    hashes, best = "", ""
    for photo in PHOTOS:
        pixels = crop_and_resize(IMAGES / f"{photo}.png", 224, 0.875)
        x = np.ascontiguousarray(((pixels.astype(np.float32) - 127) / 128).transpose(2, 0, 1)[None])
        hashes += f"{photo} {hashlib.sha256(pixels.tobytes()).hexdigest()} {hashlib.sha256(x.tobytes()).hexdigest()}\n"
        if photo == "chelsea":
            Image.fromarray(pixels).save(folder / "chelsea-224.png", optimize=True)
        y, y32 = run(committed, x), run(original, x)
        np.save(folder / f"{photo}.npy", y)
        top, top32 = np.argsort(-y[0], kind="stable")[:5], np.argsort(-y32[0], kind="stable")[:5]
        if list(top) != list(top32):
            raise SystemExit(f"{photo}: float16 weights change the five best classes: {top} against {top32}")
        best += "".join(f"{photo} {i} {y32[0, i]:.6f}\n" for i in top32)
        print(photo, ", ".join(f"{labels[i]} {y[0, i]:.3f} ({y32[0, i]:.3f})" for i in top))
        report(photo, y, y32)
    (folder / "inputs.txt").write_text(hashes)
    (folder / "top5-f32.txt").write_text(best)


def mnist(onnx_path):
    original, committed = sessions("mnist", onnx_path)
    paths = sorted(IMAGES.glob("digit-*.png"))
    grey = np.stack([np.asarray(Image.open(p).convert("L"), np.float32) for p in paths])[:, None]
    x = (grey / np.float32(255) - np.float32(0.1307)) / np.float32(0.3081)
    y, y32 = run(committed, x), run(original, x)
    folder = REFERENCES / "mnist"
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "input.npy", x)
    np.save(folder / "output.npy", y)
    print("mnist", ", ".join(f"{p.stem} {i}" for p, i in zip(paths, y.argmax(1))))
    report("mnist", y, y32)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("efficientnet_lite0"), parser.add_argument("mnist")
    arguments = parser.parse_args()
    efficientnet_lite0(arguments.efficientnet_lite0)
    mnist(arguments.mnist)
