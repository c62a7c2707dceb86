#!/usr/bin/env python3
"""Makes tests/references/operators/CASE/: a small network, its weights, inputs, and what onnxruntime (optimisations off) answers.

    model.net                     one net, named `case`
    model.safetensors             f32, under the weight paths; absent where there is no weight
    input.npy, input2.npy ...     in the order of the net's inputs
    output.npy                    the output

Every case says the same thing twice: as .net text and as the ONNX nodes below it. Values depend on the case's name alone.

Needs: pip install numpy onnx onnxruntime safetensors
"""
import shutil
import zlib

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from weight_paths import REFERENCES

OPERATORS = REFERENCES / "operators"
OPSET = 17


def pair(v):
    return list(v) if isinstance(v, tuple) else [v, v]


def pads(v):
    """ONNX order (top, left, bottom, right) from an int, (h, w) or all four."""
    if isinstance(v, int):
        return [v] * 4
    return list(v) if len(v) == 4 else list(v) * 2


class Graph:
    """The ONNX side of a case. Values are (name, channels or features)."""

    def __init__(self, name, shapes):
        self.random = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))
        self.shapes = shapes
        self.data = [self.random.standard_normal(s, dtype=np.float32) for s in shapes]
        self.inputs = [(f"input{i}", s[1] if len(s) > 1 else s[0]) for i, s in enumerate(shapes)]
        self.nodes, self.weights, self.constants = [], {}, []

    def node(self, op, inputs, width, **attributes):
        name = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name, width

    def weight(self, path, array):
        if path in self.weights:
            raise SystemExit(f"weight path {path} twice")
        self.weights[path] = array.astype(np.float32)
        return path

    def scaled(self, *shape):
        fan_in = int(np.prod(shape[1:]))
        return self.random.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / fan_in))

    def bias(self, c):
        return self.random.standard_normal(c, dtype=np.float32) * np.float32(0.5)

    def conv(self, x, path, out, kernel, stride=1, pad=0, dilation=1, groups=1, bias=True):
        name, c = x
        kh, kw = pair(kernel)
        inputs = [name, self.weight(f"{path}.weight", self.scaled(out, c // groups, kh, kw))]
        if bias:
            inputs.append(self.weight(f"{path}.bias", self.bias(out)))
        border = {"auto_pad": {"same": "SAME_UPPER", "valid": "VALID"}[pad]} if isinstance(pad, str) else {"pads": pads(pad)}
        return self.node("Conv", inputs, out, kernel_shape=[kh, kw], strides=pair(stride), dilations=pair(dilation), group=groups, **border)

    def conv1d(self, x, path, out, kernel, stride=1, pad=0, dilation=1, groups=1):
        name, c = x
        inputs = [name, self.weight(f"{path}.weight", self.scaled(out, c // groups, kernel)), self.weight(f"{path}.bias", self.bias(out))]
        pad = [pad, pad] if isinstance(pad, int) else list(pad)
        return self.node("Conv", inputs, out, kernel_shape=[kernel], strides=[stride], dilations=[dilation], group=groups, pads=pad)

    def conv_transpose(self, x, path, out, kernel, stride=1, pad=0, output_pad=0, dilation=1, groups=1, bias=True):
        name, c = x
        one = len(self.shapes[0]) == 3
        spread = (lambda v: [v]) if one else pair
        weight = self.scaled(c, out // groups, *spread(kernel))
        inputs = [name, self.weight(f"{path}.weight", weight)]
        if bias:
            inputs.append(self.weight(f"{path}.bias", self.bias(out)))
        border = {"auto_pad": "SAME_UPPER"} if pad == "same" else {"pads": [pad, pad] if one else pads(pad)}
        return self.node("ConvTranspose", inputs, out, kernel_shape=spread(kernel), strides=spread(stride),
                         output_padding=spread(output_pad), dilations=spread(dilation), group=groups, **border)

    def reduce(self, op, x, axes, keep=True):
        axes = list(axes)
        if op != "ReduceSum":
            return self.node(op, [x[0]], x[1], axes=axes, keepdims=int(keep))
        constant = numpy_helper.from_array(np.int64(axes), f"axes{len(self.nodes)}")
        self.constants = self.constants + [constant]
        return self.node(op, [x[0], constant.name], x[1], keepdims=int(keep))

    def affine(self, path, *shape):
        return [self.weight(f"{path}.weight", self.random.uniform(0.5, 1.5, shape)), self.weight(f"{path}.bias", self.bias(shape))]

    def layer_norm(self, x, axis=-1, eps=1e-5):
        return self.node("LayerNormalization", [x[0], *self.affine("layer_norm", *self.shapes[0][axis:])], x[1], axis=axis, epsilon=eps)

    def instance_norm(self, x, eps=1e-5):
        return self.node("InstanceNormalization", [x[0], *self.affine("instance_norm", x[1])], x[1], epsilon=eps)

    def group_norm(self, x, groups, eps=1e-5):
        shape = self.shapes[0]
        numbers = {"rows": np.int64([shape[0], groups, -1]), "whole": np.int64(shape),
                   "ones": np.ones(groups, np.float32), "zeros": np.zeros(groups, np.float32)}
        self.constants = [numpy_helper.from_array(v, n) for n, v in numbers.items()]
        rows = self.node("Reshape", [x[0], "rows"], groups)
        y = self.node("Reshape", [self.node("InstanceNormalization", [rows[0], "ones", "zeros"], groups, epsilon=eps)[0], "whole"], x[1])
        channels = [1, x[1]] + [1] * (len(shape) - 2)
        weight, bias = self.affine("group_norm", x[1])
        self.constants += [numpy_helper.from_array(np.int64(channels), "channels")]
        weight, bias = [self.node("Reshape", [v, "channels"], x[1])[0] for v in (weight, bias)]
        return self.node("Add", [self.node("Mul", [y[0], weight], x[1])[0], bias], x[1])

    def dense(self, x, path, out, bias=True):
        name, c = x
        inputs = [name, self.weight(f"{path}.weight", self.scaled(out, c))]
        if bias:
            inputs.append(self.weight(f"{path}.bias", self.bias(out)))
        return self.node("Gemm", inputs, out, transB=1)

    def batch_norm(self, x, path="batch_norm", eps=1e-5):
        name, c = x
        values = {
            "weight": self.random.uniform(0.5, 1.5, c), "bias": self.bias(c),
            "running_mean": self.bias(c), "running_var": self.random.uniform(0.2, 2, c),
        }
        return self.node("BatchNormalization", [name] + [self.weight(f"{path}.{k}", v) for k, v in values.items()], c, epsilon=eps)

    def pool(self, op, x, kernel, stride=None, pad=0, ceil=False, **attributes):
        border = {"auto_pad": {"same": "SAME_UPPER", "valid": "VALID"}[pad]} if isinstance(pad, str) else {"pads": pads(pad)}
        stride = kernel if stride is None else stride
        return self.node(op, [x[0]], x[1], kernel_shape=pair(kernel), strides=pair(stride), ceil_mode=int(ceil), **border, **attributes)

    def max_pool(self, x, *a, **k):
        return self.pool("MaxPool", x, *a, **k)

    def avg_pool(self, x, *a, count_include_pad=True, **k):
        return self.pool("AveragePool", x, *a, count_include_pad=int(count_include_pad), **k)

    def global_avg_pool(self, x):
        return self.node("GlobalAveragePool", [x[0]], x[1])

    def lrn(self, x, size, alpha=1e-4, beta=0.75, k=1.0):
        return self.node("LRN", [x[0]], x[1], size=size, alpha=alpha, beta=beta, bias=k)

    def relu(self, x):
        return self.node("Relu", [x[0]], x[1])

    def relu6(self, x):
        if not self.constants:
            self.constants = [numpy_helper.from_array(np.float32(v), n) for n, v in [("zero", 0), ("six", 6)]]
        return self.node("Clip", [x[0], "zero", "six"], x[1])

    def softmax(self, x, axis=1):
        return self.node("Softmax", [x[0]], x[1], axis=axis)

    def add(self, a, b):
        return self.node("Add", [a[0], b[0]], max(a[1], b[1]))

    def mul(self, a, b):
        return self.node("Mul", [a[0], b[0]], max(a[1], b[1]))

    def unary(self, x, op, **attributes):
        return self.node(op, [x[0]], x[1], **attributes)

    def binary(self, op, a, b):
        return self.node(op, [a[0], b[0]], max(a[1], b[1]))

    def number(self, value):
        name = f"number{len(self.constants)}"
        self.constants = self.constants + [numpy_helper.from_array(np.float32(value), name)]
        return name, 1

    def clip(self, x, low=None, high=None):
        ends = ["" if end is None else self.number(end)[0] for end in (low, high)]
        return self.node("Clip", [x[0], *ends], x[1])

    def silu(self, x):
        return self.binary("Mul", x, self.unary(x, "Sigmoid"))

    def mish(self, x):
        return self.binary("Mul", x, self.unary(self.unary(x, "Softplus"), "Tanh"))

    def gelu(self, x):
        erf = self.unary(self.binary("Div", x, self.number(np.sqrt(2))), "Erf")
        return self.binary("Mul", self.binary("Mul", x, self.number(0.5)), self.binary("Add", erf, self.number(1)))

    def gelu_tanh(self, x):
        cube = self.binary("Mul", self.binary("Pow", x, self.number(3)), self.number(0.044715))
        tanh = self.unary(self.binary("Mul", self.binary("Add", x, cube), self.number(np.sqrt(2 / np.pi))), "Tanh")
        return self.binary("Mul", self.binary("Mul", x, self.number(0.5)), self.binary("Add", tanh, self.number(1)))

    def by_channel(self, values, path, rank):
        """A weight of one value a channel, stored flat, for ONNX with dimensions behind it."""
        self.weight(path, values)
        name = f"{path}.shaped"
        self.constants = self.constants + [numpy_helper.from_array(self.weights[path].reshape(-1, *[1] * (rank - 2)), name)]
        return name, len(values)

    def prelu(self, x, rank=4):
        slope = self.by_channel(self.random.uniform(-0.5, 0.5, x[1]), "prelu.weight", rank)
        return self.node("PRelu", [x[0], slope[0]], x[1])

    def scale(self, x, rank=4, bias=True):
        y = self.binary("Mul", x, self.by_channel(self.random.uniform(0.5, 1.5, x[1]), "scale.weight", rank))
        return self.binary("Add", y, self.by_channel(self.bias(x[1]), "scale.bias", rank)) if bias else y

    def concat(self, parts, axis=1):
        width = sum(p[1] for p in parts) if axis == 1 else parts[0][1]
        return self.node("Concat", [p[0] for p in parts], width, axis=axis)

    def resize(self, x, scale):
        scales = numpy_helper.from_array(np.float32([1, 1, *pair(scale)]), f"scales{len(self.nodes)}")
        self.constants = self.constants + [scales]
        return self.node("Resize", [x[0], "", scales.name], x[1], mode="nearest",
                         coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def flatten(self, x, width):
        return self.node("Flatten", [x[0]], width, axis=1)

    def call(self, op, x, *constants, width=None, results=1, **attributes):
        """A node whose further inputs are constants; the list of its results if there are several."""
        names = []
        for array in constants:
            names.append("" if array is None else f"constant{len(self.constants)}")
            if array is not None:
                self.constants = self.constants + [numpy_helper.from_array(np.array(array), names[-1])]
        outputs = [f"value{len(self.nodes)}.{i}" for i in range(results)]
        self.nodes.append(helper.make_node(op, [x[0], *names], outputs, **attributes))
        values = [(name, x[1] if width is None else width) for name in outputs]
        return values[0] if results == 1 else values

    def dropout(self, x):
        return self.node("Dropout", [x[0]], x[1])

    def run(self, output):
        model = helper.make_model(
            helper.make_graph(
                self.nodes, "case",
                [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape) for (n, _), a in zip(self.inputs, self.data)],
                [helper.make_empty_tensor_value_info(output[0])],
                [numpy_helper.from_array(a, n) for n, a in self.weights.items()] + self.constants,
            ),
            opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8,
        )
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, {n: a for (n, _), a in zip(self.inputs, self.data)})[0]


NAMES = {"float32": "f32", "uint8": "u8", "int8": "i8", "int32": "i32", "int64": "i64", "bool": "bool"}


def spelled(array):
    return f"{NAMES[array.dtype.name]}[{', '.join(map(str, array.shape))}]"


def case(name, shapes, body, build, scale=1, blocks="", expected_shape=None, dtype="float32"):
    """`build` gets the graph and its inputs x, y, z; `scale` multiplies the inputs' values, which then become of `dtype`."""
    shapes = [shapes] if isinstance(shapes, tuple) else shapes
    graph = Graph(name, [list(s) for s in shapes])
    graph.data = [(a * np.float32(scale)).astype(np.int64).astype(dtype) if dtype != "float32" else a * np.float32(scale) for a in graph.data]
    output = graph.run(build(graph, *graph.inputs))
    if not np.isfinite(output).all() or (expected_shape and output.shape != expected_shape):
        raise SystemExit(f"{name}: output {output.shape} {output}")
    folder = OPERATORS / name
    folder.mkdir()
    parameters = ", ".join(f"{n}: {spelled(a)}" for n, a in zip("xyz", graph.data))
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    text = f"net case({parameters}) -> {spelled(output)} {{\n{lines}}}\n"
    (folder / "model.net").write_text(f"{blocks.strip()}\n\n{text}" if blocks else text)
    for i, a in enumerate(graph.data):
        np.save(folder / ("input.npy" if i == 0 else f"input{i + 1}.npy"), a)
    np.save(folder / "output.npy", output)
    if graph.weights:
        save_file(graph.weights, folder / "model.safetensors")
        (folder / "model.safetensors").chmod(0o644)


def conv_case(name, shape, arguments, *a, **k):
    case(f"conv_{name}", shape, f"x |> conv({arguments})", lambda g, x: g.conv(x, "conv", *a, **k))


def convolutions():
    conv_case("1x1", (1, 8, 5, 6), "16, 1", 16, 1)
    conv_case("1x1_stride_2_no_bias", (2, 13, 7, 6), "5, 1, stride: 2, bias: false", 5, 1, stride=2, bias=False)
    conv_case("3x3", (2, 5, 7, 9), "8, 3", 8, 3)
    conv_case("3x3_pad_1", (1, 16, 6, 7), "13, 3, pad: 1", 13, 3, pad=1)
    conv_case("3x3_grey_no_bias", (1, 1, 9, 8), "3, 3, bias: false", 3, 3, bias=False)
    conv_case("3x3_32_channels", (1, 32, 5, 5), "8, 3, pad: 1", 8, 3, pad=1)
    conv_case("3x3_one_output_channel", (1, 8, 5, 5), "1, 3, pad: 1", 1, 3, pad=1)
    conv_case("3x3_stride_2_pad_1", (1, 3, 11, 10), "8, 3, stride: 2, pad: 1", 8, 3, stride=2, pad=1)
    conv_case("3x3_stride_3", (1, 5, 11, 13), "5, 3, stride: 3", 5, 3, stride=3)
    conv_case("3x3_stride_2_1", (2, 3, 9, 7), "5, 3, stride: (2, 1), pad: 1", 5, 3, stride=(2, 1), pad=1)
    conv_case("5x5_pad_2", (1, 3, 8, 9), "5, 5, pad: 2", 5, 5, pad=2)
    conv_case("7x7_stride_2_pad_3", (1, 3, 15, 14), "8, 7, stride: 2, pad: 3", 8, 7, stride=2, pad=3)
    conv_case("1x7_pad_0_3", (1, 5, 6, 9), "8, (1, 7), pad: (0, 3)", 8, (1, 7), pad=(0, 3))
    conv_case("7x1_pad_3_0", (1, 8, 9, 6), "5, (7, 1), pad: (3, 0)", 5, (7, 1), pad=(3, 0))
    conv_case("3x5", (1, 3, 7, 9), "8, (3, 5)", 8, (3, 5))
    conv_case("pad_four_ways", (1, 3, 6, 7), "5, 3, stride: 2, pad: (0, 1, 2, 3)", 5, 3, stride=2, pad=(0, 1, 2, 3))
    conv_case("pad_beyond_kernel", (1, 3, 4, 5), "4, 2, pad: 3", 4, 2, pad=3)
    conv_case("same_stride_1_even_kernel", (1, 3, 6, 7), '5, 4, pad: "same"', 5, 4, pad="same")
    conv_case("same_stride_2", (1, 3, 8, 9), '8, 3, stride: 2, pad: "same"', 8, 3, stride=2, pad="same")
    conv_case("same_stride_3_kernel_2", (1, 3, 9, 10), '4, 2, stride: 3, pad: "same"', 4, 2, stride=3, pad="same")
    # onnxruntime takes no dilation with SAME_UPPER: 9 rows need 4 * 2 + 5 - 9 = 4 more, 8 columns 3 * 2 + 5 - 8 = 3.
    conv_case("same_stride_2_dilation_2", (1, 3, 9, 8), '5, 3, stride: 2, pad: "same", dilation: 2', 5, 3, stride=2, pad=(2, 1, 2, 2), dilation=2)
    conv_case("valid", (1, 3, 8, 9), '5, 3, stride: 2, pad: "valid"', 5, 3, stride=2, pad="valid")
    conv_case("dilation_2", (1, 5, 9, 9), "8, 3, dilation: 2", 8, 3, dilation=2)
    conv_case("dilation_1_3", (1, 3, 6, 11), "5, 3, pad: (1, 3), dilation: (1, 3)", 5, 3, pad=(1, 3), dilation=(1, 3))
    conv_case("groups_2", (2, 6, 6, 7), "10, 3, pad: 1, groups: 2", 10, 3, pad=1, groups=2)
    conv_case("groups_3", (1, 15, 5, 6), "9, 3, groups: 3, bias: false", 9, 3, groups=3, bias=False)
    conv_case("groups_2_1x1", (1, 16, 4, 5), "8, 1, groups: 2", 8, 1, groups=2)
    conv_case("narrower_than_kernel", (1, 3, 6, 2), "4, 5, pad: 2", 4, 5, pad=2)
    conv_case("one_pixel", (1, 8, 1, 1), "5, 3, pad: 1", 5, 3, pad=1)
    conv_case("batch_3", (3, 4, 4, 5), "4, 3, pad: 1", 4, 3, pad=1)
    conv_case("depthwise", (1, 8, 7, 6), "8, 3, pad: 1, groups: 8", 8, 3, pad=1, groups=8)
    conv_case("depthwise_13_stride_2", (2, 13, 7, 9), "channels(x), 3, stride: 2, pad: 1, groups: channels(x), bias: false",
              13, 3, stride=2, pad=1, groups=13, bias=False)
    conv_case("depthwise_same_5x5_stride_2", (1, 5, 10, 11), '5, 5, stride: 2, pad: "same", groups: 5', 5, 5, stride=2, pad="same", groups=5)
    conv_case("depthwise_dilation_2", (1, 5, 8, 9), "5, 3, pad: 2, dilation: 2, groups: 5", 5, 3, pad=2, dilation=2, groups=5)
    conv_case("depthwise_multiplier_2", (1, 5, 6, 7), "10, 3, pad: 1, groups: 5", 10, 3, pad=1, groups=5)


def sequences():
    case("conv_1d", (2, 5, 13), "x |> conv(6, 3, pad: 1)", lambda g, x: g.conv1d(x, "conv", 6, 3, pad=1))
    case("conv_1d_dilated_pair", (1, 8, 17), "x |> conv(13, 3, stride: 2, pad: (4, 0), dilation: 2)",
         lambda g, x: g.conv1d(x, "conv", 13, 3, stride=2, pad=(4, 0), dilation=2))
    case("conv_1d_depthwise", (1, 6, 11), "x |> conv(6, 5, pad: 2, groups: 6)",
         lambda g, x: g.conv1d(x, "conv", 6, 5, pad=2, groups=6))
    pool = dict(kernel_shape=[3], strides=[2], pads=[1, 1])
    case("max_pool_1d", (2, 5, 12), "x |> max_pool(3, stride: 2, pad: 1)", lambda g, x: g.node("MaxPool", [x[0]], x[1], **pool))
    case("avg_pool_1d", (2, 5, 12), "x |> avg_pool(3, stride: 2, pad: 1)",
         lambda g, x: g.node("AveragePool", [x[0]], x[1], count_include_pad=1, **pool))
    case("global_max_pool_1d", (2, 13, 9), "x |> global_max_pool", lambda g, x: g.node("GlobalMaxPool", [x[0]], x[1]))
    # onnxruntime has no adaptive pools: 0-2, 2-4 and 4-6 of 7.
    for op, reduce in [("avg", "ReduceMean"), ("max", "ReduceMax")]:
        def adaptive(g, x, reduce=reduce):
            parts = [g.call("Slice", x, [start], [start + 3], [2]) for start in (0, 2, 4)]
            return g.concat([g.node(reduce, [part[0]], x[1], axes=[2], keepdims=1) for part in parts], axis=2)

        case(f"adaptive_{op}_pool_1d", (2, 5, 7), f"x |> adaptive_{op}_pool(3)", adaptive)
    for mode in ["constant", "reflect", "edge"]:
        case(f"pad_{mode}_1d", (2, 5, 4), f'x |> pad((2, 1), mode: "{mode}")',
             lambda g, x: g.call("Pad", x, [0, 0, 2, 0, 0, 1], mode=mode))
    case("pad_channels_1d", (1, 6, 3), "x |> pad(1, channels: [3, 2], value: -1.5)",
         lambda g, x: g.call("Pad", x, [0, 3, 1, 0, 2, 1], np.float32(-1.5)))
    for name, body, extent, k in [
        ("3", "3", [np.float32([1, 1, 3])], dict(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")),
        ("to_size", "size: 8", [None, [2, 5, 8]], dict(mode="nearest")),
        ("linear_by_half", '0.5, mode: "linear"', [np.float32([1, 1, 0.5])], dict(mode="linear")),
        ("linear_to_size", 'size: 11, mode: "linear", coordinates: "align_corners"', [None, [2, 5, 11]],
         dict(mode="linear", coordinate_transformation_mode="align_corners")),
    ]:
        case(f"resize_{name}_1d", (2, 5, 6), f"x |> resize({body})", lambda g, x: g.call("Resize", x, None, *extent, **k))
    case("chain_1d", (1, 3, 20), "x |> conv(6, 3, pad: 1) |> batch_norm |> relu |> max_pool(2) |> global_avg_pool",
         lambda g, x: g.global_avg_pool(g.node("MaxPool", [g.relu(g.batch_norm(g.conv1d(x, "conv", 6, 3, pad=1)))[0]], 6,
                                               kernel_shape=[2], strides=[2])))


def transposed_convolutions():
    def transposed(name, shape, arguments, *a, **k):
        case(f"conv_transpose_{name}", shape, f"x |> conv_transpose({arguments})",
             lambda g, x: g.conv_transpose(x, "conv_transpose", *a, **k))

    transposed("2_stride_2", (1, 8, 4, 5), "4, 2, stride: 2", 4, 2, stride=2)
    transposed("4_stride_2_pad_1", (2, 5, 3, 4), "8, 4, stride: 2, pad: 1", 8, 4, stride=2, pad=1)
    transposed("3_stride_2_output_pad", (1, 6, 4, 3), "5, 3, stride: 2, pad: 1, output_pad: 1", 5, 3, stride=2, pad=1, output_pad=1)
    transposed("3_stride_1", (1, 5, 4, 5), "3, 3, pad: 1", 3, 3, pad=1)
    transposed("pad_four_ways", (1, 3, 4, 5), "4, (3, 4), stride: (2, 3), pad: (0, 1, 2, 3)", 4, (3, 4), stride=(2, 3), pad=(0, 1, 2, 3))
    transposed("groups", (1, 6, 3, 4), "8, 3, stride: 2, groups: 2, bias: false", 8, 3, stride=2, groups=2, bias=False)
    transposed("depthwise", (1, 5, 4, 4), "5, 4, stride: 2, pad: 1, groups: 5", 5, 4, stride=2, pad=1, groups=5)
    transposed("dilation_2", (1, 3, 4, 5), "4, 3, stride: 3, pad: 1, dilation: 2", 4, 3, stride=3, pad=1, dilation=2)
    transposed("dilation_stride_1", (1, 3, 4, 5), "4, 3, dilation: 2", 4, 3, dilation=2)
    transposed("stride_beyond_kernel", (1, 4, 3, 3), "4, 2, stride: 3", 4, 2, stride=3)
    transposed("same", (1, 4, 4, 5), '4, 3, stride: 2, pad: "same"', 4, 3, stride=2, pad="same")
    transposed("1d", (2, 6, 7), "5, 4, stride: 2, pad: 1", 5, 4, stride=2, pad=1)


def reductions():
    for name, op in [("mean", "ReduceMean"), ("sum", "ReduceSum"), ("max", "ReduceMax"), ("min", "ReduceMin")]:
        def one(suffix, shape, axes, keep=True):
            arguments = f"[{', '.join(map(str, axes))}]" + ("" if keep else ", keep: false")
            case(f"reduce_{name}_{suffix}", shape, f"x |> reduce_{name}({arguments})", lambda g, x: g.reduce(op, x, axes, keep))

        one("pixels", (2, 5, 3, 4), [2, 3])
        one("channels", (2, 5, 3, 4), [1], keep=False)
        one("first_and_last", (2, 5, 7), [0, -1], keep=False)
    case("reduce_sum_after_conv", (1, 3, 5, 6), "x |> conv(6, 3) |> reduce_sum([1, 3])",
         lambda g, x: g.reduce("ReduceSum", g.conv(x, "conv", 6, 3), [1, 3]))


def dense_layers():
    case("dense", (1, 16), "x |> dense(10)", lambda g, x: g.dense(x, "dense", 10))
    case("dense_batch_3_odd", (3, 37), "x |> dense(13)", lambda g, x: g.dense(x, "dense", 13))
    case("dense_no_bias", (2, 9), "x |> dense(5, bias: false)", lambda g, x: g.dense(x, "dense", 5, bias=False))
    case("dense_one_output", (2, 33), "x |> dense(1)", lambda g, x: g.dense(x, "dense", 1))


def products():
    def product(name, *shapes):
        case(f"matmul_{name}", list(shapes), "matmul(x, y)", lambda g, x, y: g.node("MatMul", [x[0], y[0]], y[1]))

    product("2d", (7, 5), (5, 13))
    product("batched", (2, 3, 6), (2, 6, 9))
    product("broadcast", (3, 1, 4, 5), (2, 5, 8))
    product("one_column", (2, 6, 19), (19, 1))
    product("one_row", (1, 9), (9, 11))


def pools():
    def both(name, shape, arguments, *a, **k):
        for op in ["max_pool", "avg_pool"]:
            case(f"{op}_{name}", shape, f"x |> {op}({arguments})", lambda g, x: getattr(g, op)(x, *a, **k))

    both("2", (2, 5, 6, 8), "2", 2)
    both("overlapping_pad_1", (1, 8, 7, 6), "3, stride: 1, pad: 1", 3, stride=1, pad=1)
    both("floor", (1, 5, 8, 10), "3, stride: 2", 3, stride=2)
    both("ceil", (1, 5, 8, 10), "3, stride: 2, ceil: true", 3, stride=2, ceil=True)
    both("ceil_pad_1", (1, 3, 8, 7), "3, stride: 2, pad: 1, ceil: true", 3, stride=2, pad=1, ceil=True)
    both("2x3", (1, 3, 6, 9), "(2, 3), stride: (1, 2)", (2, 3), stride=(1, 2))
    both("stride_beyond_kernel", (1, 5, 9, 8), "2, stride: 3", 2, stride=3)
    both("pad_four_ways", (1, 5, 6, 7), "3, stride: 2, pad: (0, 1, 2, 1)", 3, stride=2, pad=(0, 1, 2, 1))
    # 3 rows and columns, kernel 2, stride 2, padded by 1: rounding up would make a third window that starts in the padding.
    case("max_pool_ceil_window_in_padding", (1, 3, 3, 3), "x |> max_pool(2, stride: 2, pad: 1, ceil: true)",
         lambda g, x: g.max_pool(x, 2, stride=2, pad=1, ceil=True), expected_shape=(1, 3, 2, 2))
    case("avg_pool_exclude_pad", (1, 5, 7, 6), "x |> avg_pool(3, stride: 1, pad: 1, count_include_pad: false)",
         lambda g, x: g.avg_pool(x, 3, stride=1, pad=1, count_include_pad=False))
    case("avg_pool_exclude_pad_ceil", (1, 5, 8, 7), "x |> avg_pool(3, stride: 2, pad: 1, ceil: true, count_include_pad: false)",
         lambda g, x: g.avg_pool(x, 3, stride=2, pad=1, ceil=True, count_include_pad=False))
    case("global_avg_pool", (2, 13, 5, 7), "x |> global_avg_pool", lambda g, x: g.global_avg_pool(x))
    case("global_avg_pool_one_pixel", (1, 5, 1, 1), "x |> global_avg_pool", lambda g, x: g.global_avg_pool(x))


def normalisations():
    case("lrn_5", (2, 13, 3, 4), "x |> lrn(5)", lambda g, x: g.lrn(x, 5), scale=50)
    case("lrn_3_beta_half_k_2", (1, 8, 4, 5), "x |> lrn(3, alpha: 0.1, beta: 0.5, k: 2.0)",
         lambda g, x: g.lrn(x, 3, alpha=0.1, beta=0.5, k=2.0), scale=3)
    case("lrn_wider_than_channels", (1, 3, 4, 5), "x |> lrn(9, alpha: 0.1)", lambda g, x: g.lrn(x, 9, alpha=0.1), scale=3)
    case("layer_norm", (2, 7, 13), "x |> layer_norm", lambda g, x: g.layer_norm(x))
    case("layer_norm_axis_1", (2, 5, 3, 4), "x |> layer_norm(axis: 1, eps: 1e-3)", lambda g, x: g.layer_norm(x, axis=1, eps=1e-3))
    case("instance_norm", (2, 5, 4, 5), "x |> instance_norm", lambda g, x: g.instance_norm(x))
    case("instance_norm_1d", (2, 4, 9), "x |> instance_norm", lambda g, x: g.instance_norm(x))
    case("group_norm", (2, 6, 4, 5), "x |> group_norm(3)", lambda g, x: g.group_norm(x, 3))
    case("l2_normalize", (2, 6, 4, 5), "x |> l2_normalize", lambda g, x: g.node("LpNormalization", [x[0]], x[1], axis=1, p=2))
    case("l2_normalize_last_axis", (3, 7), "x |> l2_normalize(axis: -1)", lambda g, x: g.node("LpNormalization", [x[0]], x[1], axis=-1, p=2))
    case("batch_norm", (2, 5, 4, 5), "x |> batch_norm", lambda g, x: g.batch_norm(x))
    case("batch_norm_eps", (1, 13, 3, 4), "x |> batch_norm(eps: 1e-3)", lambda g, x: g.batch_norm(x, eps=1e-3))


def pointwise():
    case("relu", (2, 5, 3, 4), "x |> relu", lambda g, x: g.relu(x))
    case("relu6", (2, 5, 3, 4), "x |> relu6", lambda g, x: g.relu6(x), scale=5)
    case("softmax_rank_2", (3, 13), "x |> softmax", lambda g, x: g.softmax(x), scale=3)
    case("softmax_rank_4", (2, 5, 3, 4), "x |> softmax(axis: 1)", lambda g, x: g.softmax(x), scale=3)
    case("softmax_last_axis", (1, 3, 4, 7), "x |> softmax(axis: -1)", lambda g, x: g.softmax(x, axis=-1), scale=3)
    case("softmax_large_values", (2, 9), "x |> softmax", lambda g, x: g.softmax(x), scale=200)
    case("dropout", (1, 5, 3, 4), "x |> dropout(p: 0.3)", lambda g, x: g.dropout(x))
    case("flatten", (2, 5, 3, 4), "x |> flatten", lambda g, x: g.flatten(x, 60))
    whole = (2, 5, 3, 4)
    for name, op in [("sigmoid", "Sigmoid"), ("tanh", "Tanh"), ("hard_swish", "HardSwish"), ("selu", "Selu"), ("softplus", "Softplus"),
                     ("neg", "Neg"), ("abs", "Abs"), ("exp", "Exp")]:
        case(name, whole, f"x |> {name}", lambda g, x: g.unary(x, op), scale=4)
    case("silu", whole, "x |> silu", lambda g, x: g.silu(x), scale=4)
    case("mish", whole, "x |> mish", lambda g, x: g.mish(x), scale=4)
    case("gelu", whole, "x |> gelu", lambda g, x: g.gelu(x), scale=2)
    case("gelu_tanh", whole, "x |> gelu(tanh: true)", lambda g, x: g.gelu_tanh(x), scale=2)
    case("log", whole, "(x * x + 0.125) |> log", lambda g, x: g.unary(g.binary("Add", g.binary("Mul", x, x), g.number(0.125)), "Log"))
    case("sqrt", whole, "x |> abs |> sqrt", lambda g, x: g.unary(g.unary(x, "Abs"), "Sqrt"))
    case("leaky_relu", whole, "x |> leaky_relu", lambda g, x: g.unary(x, "LeakyRelu", alpha=0.01))
    case("leaky_relu_slope", whole, "x |> leaky_relu(0.3)", lambda g, x: g.unary(x, "LeakyRelu", alpha=0.3))
    case("elu", whole, "x |> elu(alpha: 0.5)", lambda g, x: g.unary(x, "Elu", alpha=0.5), scale=4)
    case("hard_sigmoid", whole, "x |> hard_sigmoid", lambda g, x: g.unary(x, "HardSigmoid", alpha=1 / 6, beta=0.5), scale=4)
    case("hard_sigmoid_onnx", whole, "x |> hard_sigmoid(alpha: 0.2)", lambda g, x: g.unary(x, "HardSigmoid"), scale=4)
    case("clip", whole, "x |> clip(-0.5, 1)", lambda g, x: g.clip(x, -0.5, 1))
    case("clip_max", whole, "x |> clip(max: 0.25)", lambda g, x: g.clip(x, high=0.25))
    for name, exponent in [("square", 2), ("cube", 3), ("reciprocal", -1), ("minus_2", -2)]:
        case(f"pow_{name}", whole, f"x |> pow({exponent})", lambda g, x: g.binary("Pow", x, g.number(exponent)))
    case("pow_1_7", whole, "x |> abs |> pow(1.7)", lambda g, x: g.binary("Pow", g.unary(x, "Abs"), g.number(1.7)))
    case("pow_minus_half", whole, "x |> abs |> pow(-0.5)", lambda g, x: g.binary("Pow", g.unary(x, "Abs"), g.number(-0.5)))
    case("prelu", whole, "x |> prelu", lambda g, x: g.prelu(x))
    case("prelu_rank_2", (2, 13), "x |> prelu", lambda g, x: g.prelu(x, rank=2))
    case("scale", whole, "x |> scale", lambda g, x: g.scale(x))
    case("scale_no_bias_rank_3", (2, 13, 3), "x |> scale(bias: false)", lambda g, x: g.scale(x, rank=3, bias=False))
    case("log_softmax_rank_2", (3, 13), "x |> log_softmax", lambda g, x: g.unary(x, "LogSoftmax", axis=1), scale=3)
    case("log_softmax_last_axis", (1, 3, 4, 7), "x |> log_softmax(axis: -1)", lambda g, x: g.unary(x, "LogSoftmax", axis=-1), scale=30)
    # Channels that do not fill a block, whose pad lanes must stay 0 under f(0) != 0.
    case("sigmoid_between_convolutions", (1, 3, 5, 5), "x |> conv(6, 3) as first |> sigmoid |> conv(5, 2) as second",
         lambda g, x: g.conv(g.unary(g.conv(x, "first", 6, 3), "Sigmoid"), "second", 5, 2))
    case("prelu_between_convolutions", (1, 3, 5, 5), "x |> conv(6, 3) as first |> prelu |> conv(5, 2) as second",
         lambda g, x: g.conv(g.prelu(g.conv(x, "first", 6, 3)), "second", 5, 2))
    channel = (1, 5, 1, 1)
    for name, op, spelled_out in [("sub", "Sub", "x - y"), ("div", "Div", "x / y"), ("max", "Max", "max(x, y)"), ("min", "Min", "min(x, y)")]:
        build = lambda g, x, y: g.binary(op, x, y)
        case(f"{name}_same_shape", [whole, whole], spelled_out, build)
        case(f"{name}_channel_first", [channel, whole], f"{name}(x, y)", build)
        case(f"{name}_map", [whole, (3, 4)], f"x |> {name}(y)", build)
    case("numbers", whole, "max(1 - x, -x / 2) |> min(1.5)", lambda g, x: g.binary("Min", g.binary(
        "Max", g.binary("Sub", g.number(1), x), g.binary("Div", g.unary(x, "Neg"), g.number(2))), g.number(1.5)))
    for name, sign in [("add", "+"), ("mul", "*")]:
        build = lambda g, x, y: getattr(g, name)(x, y)
        case(f"{name}_same_shape", [whole, whole], f"x {sign} y", build)
        case(f"{name}_channel", [whole, channel], f"{name}(x, y)", build)
        case(f"{name}_one_value", [whole, (1, 1, 1, 1)], f"x {sign} y", build)
        case(f"{name}_map", [whole, (1, 1, 3, 4)], f"x |> {name}(y)", build)
        case(f"{name}_lower_rank", [whole, (3, 4)], f"x {sign} y", build)
        case(f"{name}_both_sides", [(2, 5, 1, 4), (1, 5, 3, 1)], f"x {sign} y", build)
    case("add_lower_rank_first", [(4,), whole], "x + y", lambda g, x, y: g.add(x, y))


def concats():
    case("concat_2", [(1, 8, 3, 4), (1, 4, 3, 4)], "concat([x, y])", lambda g, x, y: g.concat([x, y]))
    case("concat_2_off_block", [(2, 5, 3, 4), (2, 6, 3, 4)], "concat([x, y])", lambda g, x, y: g.concat([x, y]))
    case("concat_3_off_block", [(1, 3, 4, 5), (1, 7, 4, 5), (1, 1, 4, 5)], "concat([x, y, z], axis: 1)", lambda g, x, y, z: g.concat([x, y, z]))
    case("concat_rows", [(1, 5, 3, 4), (1, 5, 2, 4)], "concat([x, y], axis: 2)", lambda g, x, y: g.concat([x, y], axis=2))
    case("concat_columns", [(2, 5, 3, 4), (2, 5, 3, 1)], "concat([x, y], axis: 3)", lambda g, x, y: g.concat([x, y], axis=3))
    case("concat_twice_the_same", (1, 5, 3, 4), "concat([x, x])", lambda g, x: g.concat([x, x]))


def resizes():
    case("resize_2", (2, 5, 3, 4), "x |> resize(2)", lambda g, x: g.resize(x, 2))
    case("resize_3_1", (1, 8, 3, 5), "x |> resize((3, 1))", lambda g, x: g.resize(x, (3, 1)))
    case("resize_1_5", (1, 3, 4, 3), "x |> resize((1, 5))", lambda g, x: g.resize(x, (1, 5)))

    def resized(name, shape, body, scales=None, sizes=None, mode="nearest", coordinates="half_pixel", rounding="round_prefer_floor"):
        extent = [np.float32([1, 1, *scales])] if scales else [None, [*shape[:2], *sizes]]
        case(f"resize_{name}", shape, f"x |> resize({body})",
             lambda g, x: g.call("Resize", x, None, *extent, mode=mode, coordinate_transformation_mode=coordinates, nearest_mode=rounding))

    resized("to_size", (2, 5, 5, 4), "size: (7, 6)", sizes=(7, 6))
    resized("down_to_size", (1, 8, 9, 7), "size: (4, 3)", sizes=(4, 3))
    resized("by_1_5", (1, 5, 4, 6), "1.5", scales=(1.5, 1.5))
    resized("by_half", (1, 3, 7, 6), "0.5", scales=(0.5, 0.5))
    resized("asymmetric_floor", (1, 5, 4, 6), '(1.5, 0.75), coordinates: "asymmetric", rounding: "floor"',
            scales=(1.5, 0.75), coordinates="asymmetric", rounding="floor")
    resized("asymmetric_ceil", (1, 5, 4, 6), '2, coordinates: "asymmetric", rounding: "ceil"',
            scales=(2, 2), coordinates="asymmetric", rounding="ceil")
    resized("prefer_ceil", (1, 5, 6, 6), 'size: (4, 9), rounding: "round_prefer_ceil"', sizes=(4, 9), rounding="round_prefer_ceil")
    resized("align_corners", (1, 5, 4, 5), 'size: (7, 9), coordinates: "align_corners"', sizes=(7, 9), coordinates="align_corners")
    resized("linear_2", (2, 5, 3, 4), '2, mode: "linear"', scales=(2, 2), mode="linear")
    resized("linear_to_size", (1, 8, 5, 7), 'size: (8, 4), mode: "linear"', sizes=(8, 4), mode="linear")
    resized("linear_by_1_5", (1, 3, 4, 6), '1.5, mode: "linear"', scales=(1.5, 1.5), mode="linear")
    resized("linear_asymmetric", (1, 5, 4, 5), '(2, 1.2), mode: "linear", coordinates: "asymmetric"',
            scales=(2, 1.2), mode="linear", coordinates="asymmetric")
    resized("linear_align_corners", (1, 5, 4, 5), 'size: (7, 3), mode: "linear", coordinates: "align_corners"',
            sizes=(7, 3), mode="linear", coordinates="align_corners")
    resized("linear_one_pixel", (1, 5, 1, 5), 'size: (3, 1), mode: "linear", coordinates: "pytorch_half_pixel"',
            sizes=(3, 1), mode="linear", coordinates="pytorch_half_pixel")


def moves():
    image = (2, 5, 3, 4)

    def one(name, shape, body, op, *constants, **k):
        case(name, shape, f"x |> {body}", lambda g, x: g.call(op, x, *constants, **k))

    one("reshape", image, "reshape([0, -1, 6])", "Reshape", [0, -1, 6])
    one("reshape_rank_6", (1, 8, 4, 3), "reshape([1, 2, 4, -1, 2, 3])", "Reshape", [1, 2, 4, -1, 2, 3])
    one("transpose_to_channels_last", image, "transpose([0, 2, 3, 1])", "Transpose", perm=[0, 2, 3, 1])
    one("transpose_turned", image, "transpose([0, 1, 3, 2])", "Transpose", perm=[0, 1, 3, 2])
    one("transpose_matrix", (19, 35), "transpose([1, 0])", "Transpose", perm=[1, 0])
    one("transpose_rank_5", (1, 2, 3, 4, 5), "transpose([-1, 0, 3, 1, 2])", "Transpose", perm=[4, 0, 3, 1, 2])
    one("squeeze", (2, 5, 1, 1), "squeeze([2, -1])", "Squeeze", [2, -1])
    one("unsqueeze", (2, 5), "unsqueeze([0, -1])", "Unsqueeze", [0, -1])

    def sliced(name, shape, body, axis, start, end, step=1):
        one(f"slice_{name}", shape, f"slice({body})", "Slice", [start], [end], [axis], [step])

    beyond = 2**62
    sliced("channels", (2, 13, 3, 4), "start: 4, end: 12", 1, 4, 12)
    sliced("channels_off_block", (2, 13, 3, 4), "start: 3, end: -2", 1, 3, -2)
    sliced("channels_reversed", (1, 6, 2, 3), "step: -1", 1, -1, -beyond, -1)
    sliced("rows_by_2", (1, 5, 7, 4), "axis: 2, start: 1, step: 2", 2, 1, beyond, 2)
    sliced("columns_backwards", (1, 5, 3, 8), "axis: -1, start: -2, end: 0, step: -3", 3, -2, 0, -3)
    for name, shape, parts, sizes, axis in [
        ("split_2", (2, 8, 3, 4), "2", [4, 4], 1),
        ("split_sizes", (2, 9, 3, 4), "[4, 2, 3]", [4, 2, 3], 1),
        ("split_rows", (1, 5, 6, 3), "3, axis: 2", [2, 2, 2], 2),
    ]:
        case(name, shape, f"let parts = x |> split({parts})\nconcat([parts[{len(sizes) - 1}], parts[0]], axis: {axis})",
             lambda g, x: g.concat([g.call("Split", x, sizes, results=len(sizes), axis=axis)[i] for i in (-1, 0)], axis=axis))

    def shuffle(groups, shape):
        n, c, h, w = shape
        def build(g, x):
            x = g.call("Reshape", x, [n, groups, c // groups, h, w])
            return g.call("Reshape", g.call("Transpose", x, perm=[0, 2, 1, 3, 4]), [n, c, h, w])
        return build

    def unshuffle(g, x):
        x = g.call("Reshape", x, [2, 3, 2, 2, 3, 2])
        return g.call("Reshape", g.call("Transpose", x, perm=[0, 1, 3, 5, 2, 4]), [2, 12, 2, 3])

    case("space_to_depth_crd", (2, 3, 4, 6), 'x |> space_to_depth(2, mode: "crd")', unshuffle)
    case("channel_shuffle_3", (2, 12, 3, 4), "x |> channel_shuffle(3)", shuffle(3, (2, 12, 3, 4)))
    case("channel_shuffle_2_off_block", (1, 10, 3, 3), "x |> channel_shuffle(2)", shuffle(2, (1, 10, 3, 3)))
    for mode, rows in [("constant", 4), ("reflect", 5), ("edge", 2)]:
        one(f"pad_{mode}", (2, 5, rows, 3), f'pad((1, 2, 3, 1), mode: "{mode}")', "Pad", [0, 0, 1, 2, 0, 0, 3, 1], mode=mode)
    one("pad_channels", (1, 6, 3, 2), "pad(1, channels: [3, 2], value: -1.5)", "Pad", [0, 3, 1, 1, 0, 2, 1, 1], np.float32(-1.5))
    one("pad_channels_reflect", (1, 6, 3, 2), 'pad(0, channels: [4, 5], mode: "reflect")', "Pad", [0, 4, 0, 0, 0, 5, 0, 0], mode="reflect")
    for mode in ["dcr", "crd"]:
        one(f"depth_to_space_{mode}", (1, 20, 3, 4), f'depth_to_space(2, mode: "{mode}")', "DepthToSpace", blocksize=2, mode=mode.upper())
    one("space_to_depth", (2, 3, 4, 6), "space_to_depth(2)", "SpaceToDepth", blocksize=2)
    # onnxruntime has no adaptive pools: rows 0-2, 2-4 and 4-6 of 7, columns 0-1, 1-3, 3-4 of 5.
    for op, reduce in [("avg", "ReduceMean"), ("max", "ReduceMax")]:
        def adaptive(g, x, reduce=reduce):
            def part(x, axis, start, end):
                return g.node(reduce, [g.call("Slice", x, [start], [end], [axis])[0]], x[1], axes=[axis], keepdims=1)
            rows = g.concat([part(x, 2, *window) for window in [(0, 3), (2, 5), (4, 7)]], axis=2)
            return g.concat([part(rows, 3, *window) for window in [(0, 2), (1, 4), (3, 5)]], axis=3)

        case(f"adaptive_{op}_pool", (2, 5, 7, 5), f"x |> adaptive_{op}_pool(3)", adaptive)
    one("global_max_pool", (2, 13, 5, 7), "global_max_pool", "GlobalMaxPool")


def chains():
    def conv_bn_relu_pool(g, x):
        return g.max_pool(g.relu(g.batch_norm(g.conv(x, "conv", 8, 3, pad=1, bias=False))), 2)

    case("chain_conv_bn_relu_pool", (2, 3, 8, 10),
         "x |> conv(8, 3, pad: 1, bias: false) |> batch_norm |> relu |> max_pool(2)", conv_bn_relu_pool)

    def residual(g, x):
        y = g.relu(g.batch_norm(g.conv(x, "y.reduce.conv", 8, 3, stride=2, pad=1, bias=False), "y.reduce.batch_norm"))
        y = g.batch_norm(g.conv(y, "y.main.conv", 8, 3, pad=1, bias=False), "y.main.batch_norm")
        shortcut = g.batch_norm(g.conv(x, "shortcut.conv", 8, 1, stride=2, bias=False), "shortcut.batch_norm")
        return g.relu(g.add(y, shortcut))

    case("chain_residual", (1, 5, 7, 8), """
let y = x |> conv_bn(8, 3, stride: 2, pad: 1) as reduce |> relu |> conv_bn(8, 3, pad: 1) as main
let shortcut = if channels(x) != 8 { x |> conv_bn(8, 1, stride: 2) } else { x }
relu(y + shortcut)""", residual, blocks="""
block conv_bn(x, c, k, stride = 1, pad = 0) {
    x |> conv(c, k, stride: stride, pad: pad, bias: false) |> batch_norm
}""")

    def inception(g, x):
        b1 = g.relu(g.conv(x, "b1.conv", 5, 1))
        b3 = g.relu(g.conv(g.relu(g.conv(x, "b3.reduce.conv", 3, 1)), "b3.main.conv", 6, 3, pad=1))
        b5 = g.relu(g.conv(g.relu(g.conv(x, "b5.reduce.conv", 2, 1)), "b5.main.conv", 3, 5, pad=2))
        bp = g.relu(g.conv(g.max_pool(x, 3, stride=1, pad=1), "bp.conv", 2, 1))
        return g.concat([b1, b3, b5, bp])

    case("chain_inception", (1, 6, 6, 7), """
let b1 = x |> conv_relu(5, 1)
let b3 = x |> conv_relu(3, 1) as reduce |> conv_relu(6, 3, pad: 1) as main
let b5 = x |> conv_relu(2, 1) as reduce |> conv_relu(3, 5, pad: 2) as main
let bp = x |> max_pool(3, stride: 1, pad: 1) |> conv_relu(2, 1)
concat([b1, b3, b5, bp])""", inception, blocks="""
block conv_relu(x, c, k, pad = 0) {
    x |> conv(c, k, pad: pad) |> relu
}""")

    def squeeze_excite(g, x):
        scale = g.relu(g.conv(g.global_avg_pool(x), "scale.squeeze", 3, 1))
        return g.mul(x, g.relu6(g.conv(scale, "scale.excite", 10, 1)))

    case("chain_squeeze_excite", (2, 10, 5, 6), """
let scale = x |> global_avg_pool |> conv(3, 1) as squeeze |> relu |> conv(channels(x), 1) as excite |> relu6
x * scale""", squeeze_excite)

    def inverted_residuals(g, x):
        for i in range(2):
            y = g.relu6(g.batch_norm(g.conv(x, f"stage.{i}.expand", 10, 1, bias=False), f"stage.{i}.expand_norm", eps=1e-3))
            y = g.relu6(g.conv(y, f"stage.{i}.depthwise", 10, 3, pad=1, groups=10))
            x = g.add(x, g.conv(y, f"stage.{i}.project", 5, 1))
        return x

    case("chain_inverted_residuals", (1, 5, 6, 5), """
let stage = for i in 0..2 with x = x { x |> inverted_residual(10) }
stage""", inverted_residuals, blocks="""
block inverted_residual(x, c) {
    let expand = x |> conv(c, 1, bias: false)
    let expand_norm = expand |> batch_norm(eps: 1e-3) |> relu6
    let depthwise = expand_norm |> conv(c, 3, pad: 1, groups: c) |> relu6
    let project = depthwise |> conv(channels(x), 1)
    x + project
}""")

    def up(g, x):
        skip = g.relu(g.conv(x, "skip", 6, 3, pad=1))
        upconv = g.conv(g.resize(g.max_pool(skip, 2), 2), "upconv", 3, 2, pad=(0, 0, 1, 1))
        return g.conv(g.concat([skip, upconv]), "conv", 5, 3, pad=1)

    case("chain_unet", (2, 3, 6, 8), """
let skip = x |> conv(6, 3, pad: 1) |> relu
let upconv = skip |> max_pool(2) |> resize(2) |> conv(3, 2, pad: "same")
concat([skip, upconv]) |> conv(5, 3, pad: 1)""", up)

    def stem(g, x):
        return g.max_pool(g.lrn(g.relu(g.conv(x, "conv", 8, 5, stride=2, pad=2)), 5, alpha=0.1), 3, stride=2, ceil=True)

    case("chain_conv_relu_lrn_pool", (1, 3, 15, 16),
         "x |> conv(8, 5, stride: 2, pad: 2) |> relu |> lrn(5, alpha: 0.1) |> max_pool(3, stride: 2, ceil: true)", stem)

    def classifier(g, x):
        x = g.flatten(g.global_avg_pool(g.relu(g.conv(x, "conv", 13, 3))), 13)
        return g.softmax(g.dense(g.dropout(x), "fc", 7))

    case("chain_classifier", (2, 3, 6, 7),
         "x |> conv(13, 3) |> relu |> global_avg_pool |> flatten |> dropout |> dense(7) as fc |> softmax", classifier)

    def shuffle_unit(g, x):
        left, right = g.call("Split", x, [6, 6], results=2, axis=1)
        right = g.relu(g.conv((right[0], 6), "right.first", 6, 1))
        right = g.conv(g.conv(right, "right.depthwise", 6, 3, pad=1, groups=6), "right.last", 6, 1)
        x = g.concat([(left[0], 6), right])
        x = g.call("Transpose", g.call("Reshape", x, [1, 2, 6, 5, 4]), perm=[0, 2, 1, 3, 4])
        return g.call("Reshape", x, [1, 12, 5, 4])

    case("chain_shuffle_unit", (1, 12, 5, 4), """
let (left, right_half) = x |> split(2)
let right = right_half |> conv(6, 1) as first |> relu |> conv(6, 3, pad: 1, groups: 6) as depthwise |> conv(6, 1) as last
concat([left, right]) |> channel_shuffle(2)""", shuffle_unit)

    def tokens(g, x):
        x = g.conv(x, "tokens", 6, 1)
        x = g.call("Transpose", g.call("Reshape", x, [2, 6, 12]), perm=[0, 2, 1])
        x = g.call("Transpose", g.call("Reshape", x, [2, 3, 4, 6]), perm=[0, 3, 1, 2])
        return g.conv((x[0], 6), "back", 5, 1)

    case("chain_tokens", (2, 5, 3, 4), """
let tokens = x |> conv(6, 1) |> reshape([0, 6, -1]) |> transpose([0, 2, 1])
tokens |> reshape([0, 3, 4, 6]) |> transpose([0, 3, 1, 2]) |> conv(5, 1) as back""", tokens)

    def flatten_dense(g, x):
        return g.dense(g.flatten(g.conv(x, "conv", 6, 3, pad=1), 6 * 3 * 4), "dense", 5)

    case("chain_flatten_off_block", (2, 5, 3, 4), "x |> conv(6, 3, pad: 1) |> flatten |> dense(5)", flatten_dense)


def element_types():
    argmax = lambda axis, keep: lambda g, x: g.unary(x, "ArgMax", axis=axis, keepdims=int(keep))
    case("argmax_channels", (2, 7, 3, 5), "x |> argmax", argmax(1, False))
    case("argmax_last_keep", (3, 13), "x |> argmax(axis: -1, keep: true)", argmax(-1, True))
    case("argmax_of_blocks", (1, 3, 6, 7), "x |> conv(9, 3) |> argmax(keep: true)",
         lambda g, x: argmax(1, True)(g, g.conv(x, "conv", 9, 3)))
    cast = lambda to: lambda g, x: g.unary(x, "Cast", to=getattr(TensorProto, to))
    case("cast_to_i32", (2, 5, 3, 3), 'x |> cast(to: "i32")', cast("INT32"), scale=9)
    case("cast_to_i64_and_back", (3, 11), 'x |> cast(to: "i64") |> cast(to: "f32")',
         lambda g, x: cast("FLOAT")(g, cast("INT64")(g, x)), scale=9)
    case("cast_to_bool_to_u8", (3, 11), 'x |> cast(to: "bool") |> cast(to: "u8")',
         lambda g, x: cast("UINT8")(g, cast("BOOL")(g, x)), dtype="int32")
    case("cast_of_bytes", (1, 3, 6, 5), 'x |> cast(to: "f32") |> conv(8, 3)',
         lambda g, x: g.conv(cast("FLOAT")(g, x), "conv", 8, 3), scale=90, dtype="uint8")
    case("cast_of_i8", (2, 9), 'x |> cast(to: "f32")', cast("FLOAT"), scale=60, dtype="int8")
    case("moves_of_i64", (2, 5, 7), "x |> transpose([0, 2, 1]) |> slice(axis: 1, start: 2)",
         lambda g, x: g.call("Slice", g.unary(x, "Transpose", perm=[0, 2, 1]), [2], [7], [1]), scale=1e12, dtype="int64")


if __name__ == "__main__":
    shutil.rmtree(OPERATORS, ignore_errors=True)
    OPERATORS.mkdir(parents=True)
    groups = [convolutions, sequences, transposed_convolutions, reductions, dense_layers, products, pools, normalisations]
    for group in [*groups, pointwise, concats, resizes, moves, element_types, chains]:
        group()
    files = [f for f in OPERATORS.rglob("*") if f.is_file()]
    print(f"{len(list(OPERATORS.iterdir()))} cases, {sum(f.stat().st_size for f in files)} bytes")
