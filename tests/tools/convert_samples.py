#!/usr/bin/env python3
"""Converts the samples' weights from ONNX: samples/efficientnet_lite0.safetensors and samples/mnist.safetensors, float16 under the
weight paths of the .net files. Batch norm stays as it is.

    convert_samples.py EFFICIENTNET_LITE0.onnx MNIST.onnx

Needs: pip install numpy onnx safetensors
"""
import argparse

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

from weight_paths import SAMPLES, initialisers


def convert(sample, onnx_path):
    tensors = {}
    for path, tensor in initialisers(sample, onnx.load(onnx_path)).items():
        half = numpy_helper.to_array(tensor).astype(np.float16)
        if not np.isfinite(half).all():
            raise SystemExit(f"{sample}: {path} exceeds the range of float16")
        tensors[path] = half
    target = SAMPLES / f"{sample}.safetensors"
    save_file(tensors, target)
    target.chmod(0o644)
    print(f"{target.name}: {len(tensors)} tensors, {target.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("efficientnet_lite0"), parser.add_argument("mnist")
    arguments = parser.parse_args()
    convert("efficientnet_lite0", arguments.efficientnet_lite0)
    convert("mnist", arguments.mnist)
