#!/usr/bin/env python3
"""What numpy makes of numbers of each element type: writes compiler/src/onnx/fold/numbers.txt.

    pip install numpy ml_dtypes && python3 tests/tools/make_numbers.py
"""

import pathlib

import ml_dtypes
import numpy as np

OUT = pathlib.Path(__file__).parents[2] / "compiler/src/onnx/fold/numbers.txt"

FLOATS = {"f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32, "f64": np.float64}
INTS = {name: np.dtype(kind).type for name, kind in
        [("u8", "u1"), ("i8", "i1"), ("u16", "u2"), ("i16", "i2"), ("u32", "u4"), ("i32", "i4"), ("u64", "u8"), ("i64", "i8")]}

BINARY = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": None, "Modulo": np.mod, "Remainder": np.fmod,
    "Pow": np.power, "Max": np.maximum, "Min": np.minimum, "Equal": np.equal, "Less": np.less,
    "GreaterOrEqual": np.greater_equal,
}
UNARY = {
    "Neg": np.negative, "Abs": np.abs, "Sign": np.sign, "Sqrt": np.sqrt, "Exp": np.exp, "Log": np.log,
    "Floor": np.floor, "Ceil": np.ceil, "Round": np.rint, "Reciprocal": lambda x: (x.dtype.type(1) / x),
}


def shown(value):
    if np.asarray(value).dtype.kind in "iub":
        return str(int(value))
    return repr(float(value))


def divided(a, b):
    """ONNX truncates quotients of integers."""
    if a.dtype.kind not in "iu":
        return np.divide(a, b)
    quotient = abs(int(a)) // abs(int(b))
    return np.array(quotient if (a < 0) == (b < 0) else -quotient).astype(a.dtype)


def floats(kind):
    most = ml_dtypes.finfo(kind).max if kind is ml_dtypes.bfloat16 else np.finfo(kind).max
    return [(1.0001, 0.1), (2048, 1), (-7.5, 2), (7.5, -2), (float(most), 3), (1, 0), (float("nan"), 1), (1, float("nan")),
            (float("-inf"), 2.5)]


def ints(kind):
    info = np.iinfo(kind)
    pairs = [(info.max, 1), (info.max, info.max), (info.min, 1), (7, 2), (7, 3), (3, 7)]
    if info.min < 0:
        pairs += [(-7, 2), (-7, 3), (7, -3), (-7, -3), (info.min, -1)]
    return pairs


def main():
    np.seterr(all="ignore")
    lines = ["# Made by tests/tools/make_numbers.py: operation, type, then operands and result."]
    types = {**FLOATS, **INTS}
    for name, function in BINARY.items():
        for called, kind in types.items():
            is_float = called in FLOATS
            if name == "Modulo" and is_float:
                continue
            cases = []
            for a, b in floats(kind) if is_float else ints(kind):
                if name == "Pow" and not is_float and (not 0 <= b <= 64 or a**b not in range(np.iinfo(kind).min, np.iinfo(kind).max + 1)):
                    continue
                a, b = np.array(a).astype(kind), np.array(b).astype(kind)
                # What ml_dtypes lacks is rounded from f32, as it does itself.
                wide = called == "bf16" and name in ("Remainder", "Pow")
                operands = [x.astype(np.float32) if wide else x for x in (a, b)]
                result = divided(a, b) if function is None else function(*operands)
                result = result.astype(kind) if wide else result
                cases.append(" ".join(shown(x) for x in (a, b, result)))
            lines.append(f"{name} {called}: {', '.join(cases)}")
    for name, function in UNARY.items():
        for called, kind in types.items():
            is_float = called in FLOATS
            if not is_float and (name not in ("Neg", "Abs", "Sign") or name == "Neg" and np.iinfo(kind).min == 0):
                continue
            numbers = sorted({a for a, _ in (floats(kind) if is_float else ints(kind)) if a == a})
            values = [np.array(a).astype(kind) for a in numbers + ([2.5, float("nan")] if is_float else [])]
            lines.append(f"{name} {called}: {', '.join(f'{shown(x)} {shown(function(x))}' for x in values)}")
    for of, kind in types.items():
        for to, target in {**types, "bool": np.bool_}.items():
            if of == to:
                continue
            if of in FLOATS:
                numbers = [1.0001, 2049, 0.5, 100.9]
                numbers += [1e5, -1e-9, float("nan"), 1 + 2.0**-11 + 2.0**-40, -2.5, float("inf")] if to in FLOATS else []
                numbers += [-100.9, -0.5] if to in INTS and np.iinfo(target).min < 0 else []
                numbers = [x for x in numbers if to not in ("u8", "i8") or x < 127]
            else:
                numbers = [0, 44, 300, 70001, -1, -300, 2**24 + 1, 2**53 + 1, 2**63 - 1]
                numbers = [x for x in numbers if np.iinfo(kind).min <= x <= np.iinfo(kind).max]
            cases = [np.array(x).astype(kind) for x in numbers]
            lines.append(f"Cast {of} {to}: {', '.join(f'{shown(x)} {shown(x.astype(target))}' for x in cases)}")
    OUT.write_text("\n".join(lines) + "\n")


main()
