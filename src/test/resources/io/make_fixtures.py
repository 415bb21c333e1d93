#!/usr/bin/env python3
"""Makes the checkpoints that TorchFixturesTest reads. Made with PyTorch 1.13.0, NumPy 1.24.2:

    python3 make_fixtures.py
"""
import argparse
import collections

import numpy
import torch

TYPES = [
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64,
    torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
]


def ramp(*shape):
    """0, 1, 2, ... in the given shape."""
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape)


def tensors():
    shared = ramp(2, 3)
    state = collections.OrderedDict()
    for dtype in TYPES:
        state[str(dtype)[len("torch."):]] = torch.tensor([0, 1, 5]).to(dtype)
    state["scalar"] = torch.tensor(7)
    state["empty"] = torch.zeros(0, 3)
    state["parameter"] = torch.nn.Parameter(ramp(2, 2))
    state["transposed"] = shared.t()
    state["shared"] = shared
    state["column"] = shared[:, 1]
    state["every second"] = ramp(8)[1::2]
    state["expanded"] = torch.tensor([3.0]).expand(2, 2)
    state["channels last"] = ramp(1, 2, 2, 3).contiguous(memory_format=torch.channels_last)
    state._metadata = {"version": 1}
    return state


def training():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(ramp(*parameter.shape))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(2, 1, 1, 1)).sum().backward()
    optimizer.step()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(ramp(*parameter.shape))
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [100, 150])
    return {
        "epoch": 200,
        "arch": "tiny",
        "best_acc1": torch.tensor(91.5),
        "best": numpy.float64(91.5),
        "history": numpy.arange(3.0),
        "rng": torch.Size([1, 2]),
        "device": torch.device("cpu"),
        "dtype": torch.float16,
        "flags": {1, 2},
        "args": argparse.Namespace(lr=0.1, layers=[1, 2]),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "state_dict": torch.nn.DataParallel(model).state_dict(),
    }


torch.save(tensors(), "tensors-zip.pt")
torch.save(tensors(), "tensors-legacy.pth", _use_new_zipfile_serialization=False)
torch.save(tensors(), "tensors-protocol4.pt", pickle_protocol=4)
torch.save(training(), "training-zip.pt")
torch.save(training(), "training-legacy.pth", _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(1, 1), "module.pt")
