#!/usr/bin/env python3
"""ONNX models without their weights, in tests/references/skeletons: what tests compare the samples with. Tensors of numbers keep their
names, types and shapes; nodes lose their names, and everything that is only said about them.

    make_skeletons.py MODEL.onnx..

Needs: pip install onnx. The models have the layers of torchvision's of the same names, googlenet_lrn those of the paper with LRN: operator
set 17, batches of one, batch norm not folded.
"""
import os
import sys

import onnx
from onnx import TensorProto

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../references/skeletons")

os.makedirs(FOLDER, exist_ok=True)
for path in sys.argv[1:]:
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        tensor.doc_string = ""
        if tensor.data_type == TensorProto.FLOAT:
            for field in ("raw_data", "float_data", "external_data", "data_location"):
                tensor.ClearField(field)
    for node in model.graph.node:
        for field in ("name", "doc_string", "metadata_props"):
            node.ClearField(field)
    for field in ("value_info", "doc_string", "metadata_props", "quantization_annotation"):
        model.graph.ClearField(field)
    for field in ("producer_name", "producer_version", "doc_string", "metadata_props"):
        model.ClearField(field)
    target = os.path.join(FOLDER, os.path.basename(path))
    onnx.save(model, target)
    print(target, os.path.getsize(target))
