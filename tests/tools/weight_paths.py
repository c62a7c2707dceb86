"""How the weight paths of a sample meet the initialisers of the ONNX file it was converted from.

tests/references/SAMPLE.weights.txt lists `path shape`, in the order of the layers. ONNX nodes stand in the same order, so the n-th
weight of the list is the n-th initialiser that a node reads; the last name (`weight`, `running_var`) and the shape must agree too.
"""
from pathlib import Path

from onnx import numpy_helper

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = REPOSITORY / "samples"
REFERENCES = REPOSITORY / "tests" / "references"


def weight_list(sample):
    """[(path, shape)] of a sample."""
    lines = (REFERENCES / f"{sample}.weights.txt").read_text().splitlines()
    pairs = (line.split(" ") for line in lines)
    return [(path, tuple(int(d) for d in shape.split("x"))) for path, shape in pairs]


def initialisers(sample, model):
    """{weight path: initialiser of the ONNX model}"""
    by_name = {t.name: t for t in model.graph.initializer}
    used = [by_name[i] for node in model.graph.node for i in node.input if i in by_name and by_name[i].dims]
    expected = weight_list(sample)
    if len(used) != len(expected):
        raise SystemExit(f"{sample}: {len(expected)} weights listed, {len(used)} in the ONNX file")
    found = {}
    for (path, shape), tensor in zip(expected, used):
        if path.rpartition(".")[2] != tensor.name.rpartition(".")[2] or shape != tuple(tensor.dims):
            raise SystemExit(f"{sample}: {path} {shape} meets {tensor.name} {tuple(tensor.dims)}")
        found[path] = tensor
    return found


def put_weights(sample, model, arrays):
    """Replaces the model's weights by {weight path: array}, widened to float32."""
    for path, tensor in initialisers(sample, model).items():
        tensor.CopyFrom(numpy_helper.from_array(arrays[path].astype("float32"), tensor.name))
