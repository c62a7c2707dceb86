#!/usr/bin/env python3
"""Small ONNX models of the kinds that exporters write, in tests/references/onnx, with an input and what onnxruntime answers.

    make_onnx_models.py

Needs: pip install numpy onnx onnxruntime
"""
import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../references/onnx")
rng = np.random.Generator(np.random.PCG64(2018))


def weight(name, *shape):
    return numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32) * 0.5, name)


def ints(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def number(name, value):
    return numpy_helper.from_array(np.array(value, np.float32), name)


def batch_norm(name, channels):
    positive = np.abs(rng.standard_normal(channels)).astype(np.float32) + 0.5
    return [weight(f"{name}.weight", channels), weight(f"{name}.bias", channels), weight(f"{name}.running_mean", channels),
            numpy_helper.from_array(positive, f"{name}.running_var")]


def names(name):
    return [f"{name}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]


node = helper.make_node


def save(name, opset, nodes, weights, shape, outputs, external=False):
    """`outputs` are names with shapes; a first dimension "N" is open."""
    info = lambda name, dims: helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
    graph = helper.make_graph(nodes, name, [info("input", shape)], [info(*output) for output in outputs], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model.producer_name = ""
    path = os.path.join(FOLDER, f"{name}.onnx")
    if external:
        if os.path.exists(path + ".data"):
            os.remove(path + ".data")
        onnx.save(model, path, save_as_external_data=True, location=f"{name}.onnx.data", size_threshold=0)
    else:
        onnx.save(model, path)
    x = rng.standard_normal([2 if dim == "N" else dim for dim in shape]).astype(np.float32)
    answers = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run([name for name, _ in outputs], {"input": x})
    np.save(os.path.join(FOLDER, f"{name}.in.npy"), x)
    for i, answer in enumerate(answers):
        np.save(os.path.join(FOLDER, f"{name}.out{i}.npy"), answer)


os.makedirs(FOLDER, exist_ok=True)

# As PyTorch 1.0 wrote: operator set 7, limits and axes as attributes, BatchNormalization, a shortcut.
save("residual_7", 7, [
    node("Conv", ["input", "conv1.weight"], ["/conv1/Conv_output_0"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
    node("BatchNormalization", ["/conv1/Conv_output_0", *names("bn1")], ["/bn1/BatchNormalization_output_0"], epsilon=1e-5),
    node("Clip", ["/bn1/BatchNormalization_output_0"], ["/act/Clip_output_0"], min=0.0, max=6.0),
    node("Conv", ["/act/Clip_output_0", "block.0.conv.weight", "block.0.conv.bias"], ["/block/block.0/conv/Conv_output_0"],
         auto_pad="SAME_UPPER", kernel_shape=[3, 3], group=2),
    node("Add", ["/block/block.0/conv/Conv_output_0", "/act/Clip_output_0"], ["/block/Add_output_0"]),
    node("Relu", ["/block/Add_output_0"], ["/block/relu/Relu_output_0"]),
    node("AveragePool", ["/block/relu/Relu_output_0"], ["/pool/AveragePool_output_0"], kernel_shape=[3, 3], strides=[2, 2],
         pads=[1, 1, 1, 1]),
    node("GlobalAveragePool", ["/pool/AveragePool_output_0"], ["/avgpool/GlobalAveragePool_output_0"]),
    node("Dropout", ["/avgpool/GlobalAveragePool_output_0"], ["dropped"], ratio=0.5),
    node("Flatten", ["dropped"], ["/Flatten_output_0"], axis=1),
    node("Gemm", ["/Flatten_output_0", "fc.weight", "fc.bias"], ["output"], transB=1, alpha=1.0, beta=1.0),
], [weight("conv1.weight", 6, 3, 3, 3), *batch_norm("bn1", 6), weight("block.0.conv.weight", 6, 3, 3, 3),
    weight("block.0.conv.bias", 6), weight("fc.weight", 5, 6), weight("fc.bias", 5)],
    ["N", 3, 9, 11], [("output", ["N", 5])])

# A view whose shape is computed from the input's: chains of Shape, Gather, Unsqueeze, Concat and Reshape.
save("view_13", 13, [
    node("Conv", ["input", "conv.weight", "conv.bias"], ["c"], kernel_shape=[3, 3]),
    node("Relu", ["c"], ["r"]),
    node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
    node("Shape", ["p"], ["s"]),
    node("Gather", ["s", "zero"], ["n"], axis=0),
    node("Unsqueeze", ["n", "axes"], ["n1"]),
    node("Concat", ["n1", "minus"], ["target"], axis=0),
    node("Reshape", ["p", "target"], ["flat"]),
    node("MatMul", ["flat", "head"], ["product"]),
    node("Add", ["product", "offset"], ["logits"]),
    node("Softmax", ["logits"], ["output"], axis=-1),
], [weight("conv.weight", 4, 2, 3, 3), weight("conv.bias", 4), numpy_helper.from_array(np.array(0, np.int64), "zero"),
    ints("axes", 0), ints("minus", -1), weight("head", 36, 7), weight("offset", 7)],
    ["N", 2, 7, 7], [("output", ["N", 7])])

# Two outputs, branches, constants of all kinds, and operands in every order.
save("branches_11", 11, [
    node("Constant", [], ["mean"], value=weight("", 1, 3, 1, 1)),
    node("Sub", ["input", "mean"], ["centred"]),
    node("Mul", ["half", "centred"], ["scaled"]),
    node("Conv", ["scaled", "onnx::Conv_1"], ["a"], kernel_shape=[1, 1]),
    node("Conv", ["scaled", "onnx::Conv_2"], ["b"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    node("Clip", ["b", "low", "high"], ["b6"]),
    node("Concat", ["a", "b6"], ["joined"], axis=1),
    node("LRN", ["joined"], ["normal"], size=3, alpha=0.01, beta=0.75, bias=1.0),
    node("Resize", ["normal", "roi", "scales"], ["large"], mode="nearest", coordinate_transformation_mode="asymmetric",
         nearest_mode="floor"),
    node("Sub", ["two", "large"], ["flipped"]),
    node("GlobalAveragePool", ["normal"], ["pooled"]),
    node("Squeeze", ["pooled"], ["features"], axes=[2, 3]),
], [numpy_helper.from_array(np.array([], np.float32), "roi"), number("half", 0.5), number("two", 2.0), number("low", 0.0), number("high", 6.0), weight("onnx::Conv_1", 2, 3, 1, 1),
    weight("onnx::Conv_2", 3, 3, 3, 3), numpy_helper.from_array(np.array([1, 1, 2, 3], np.float32), "scales")],
    [1, 3, 5, 4], [("flipped", [1, 5, 10, 12]), ("features", [1, 5])])

# Weights in a file beside the model.
save("external_17", 17, [
    node("Conv", ["input", "stem.weight", "stem.bias"], ["stem"], kernel_shape=[2, 2], strides=[2, 2]),
    node("ReduceMean", ["stem"], ["means"], axes=[2, 3], keepdims=0),
    node("Gemm", ["means", "kernel", "offset"], ["output"], alpha=0.5, beta=2.0),
], [weight("stem.weight", 3, 1, 2, 2), weight("stem.bias", 3), weight("kernel", 3, 4), weight("offset", 4)],
    ["N", 1, 6, 6], [("output", ["N", 4])], external=True)
