#!/usr/bin/env python3
"""NaturalInversion in PyTorch: what our engine is compared with.

    naturalinversion.py --case resnet20-b64 --mode eager            # as published code does it
    naturalinversion.py --case resnet34-b256 --mode tuned           # as fast as PyTorch goes
    naturalinversion.py --golden GOLDEN --weights CHECKPOINT        # is it the recipe?

An iteration is whole: generator, taps, pyramid, scales, classifier with BatchNorm statistics, loss,
backward pass, three Adams, the best state kept. Prints one JSON object: the median and the least of
its iterations in milliseconds. The classifier's weights are random; the time does not depend on them.

eager   float32 (or TF32), NCHW, statistics by forward hooks, the loss read by the host every iteration
tuned   channels_last, bfloat16 by autocast, torch.compile where there is one, fused Adams, and on CUDA
        one captured graph for the whole iteration, nothing read by the host
"""
import argparse
import json
import os
import statistics
import struct
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CASES = {
    "resnet20-b64": ("resnet20", 64),
    "resnet20-b256": ("resnet20", 256),
    "resnet34-b256": ("resnet34", 256),
}
CE, BN, TV, L2 = 1.0, 10.0, 6e-3, 1.5e-5
RATES = {"generator": 1e-3, "ftp": 5e-4, "acs": 0.05}


# ---- classifiers -------------------------------------------------------------------------------


class Block(nn.Module):
    """Two 3x3 convolutions; the shortcut is option A (no parameters) or B (a 1x1 convolution)."""

    def __init__(self, inputs, outputs, stride, option):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.option, self.more = option, outputs - inputs
        if option == "B" and (stride != 1 or self.more):
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if hasattr(self, "shortcut"):
            x = self.shortcut(x)
        elif self.more:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        return F.relu(y + x)


class ResNet(nn.Module):
    """He et al. 2015 for images of 32 x 32; returns logits and the last map of every stage."""

    def __init__(self, widths, blocks, option, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.stages, before = len(widths), widths[0]
        for i, (width, count) in enumerate(zip(widths, blocks)):
            stage = []
            for j in range(count):
                stage.append(Block(before, width, 2 if i > 0 and j == 0 else 1, option))
                before = width
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
        self.linear = nn.Linear(before, classes)

    def forward(self, x):
        x, taps = F.relu(self.bn1(self.conv1(x))), []
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
            taps.append(x)
        return self.linear(x.mean((2, 3))), taps


def classifier(name):
    if name == "resnet34":
        return ResNet([64, 128, 256, 512], [3, 4, 6, 3], "B"), [64, 128, 256, 512]
    blocks = (int(name[6:]) - 2) // 6
    return ResNet([16, 32, 64], [blocks] * 3, "A"), [16, 32, 64]


# ---- the method --------------------------------------------------------------------------------


class Generator(nn.Module):
    def __init__(self, latent, width):
        super().__init__()
        self.width = width
        self.fc = nn.Linear(latent, width * 64)
        self.bn0 = nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(width, width, 3, 1, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width // 2, 3, 1, 1)
        self.bn2 = nn.BatchNorm2d(width // 2)
        self.conv3 = nn.Conv2d(width // 2, 3, 3, 1, 1)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)
                nn.init.zeros_(m.bias)
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.normal_(m.weight, 1, 0.02)

    def forward(self, z):
        x = self.fc(z).view(-1, self.width, 8, 8)
        x = F.interpolate(F.leaky_relu(self.bn0(x), 0.2), scale_factor=2)
        x = F.interpolate(F.leaky_relu(self.bn1(self.conv1(x)), 0.2), scale_factor=2)
        return self.conv3(F.leaky_relu(self.bn2(self.conv2(x)), 0.2))


class Pyramid(nn.Module):
    """The Feature Transfer Pyramid over maps of the given channels, finest first."""

    def __init__(self, channels):
        super().__init__()
        levels = range(len(channels) - 1)
        self.reduce = nn.ModuleList(nn.Conv2d(channels[i + 1], channels[i], 1) for i in levels)
        self.smooth = nn.ModuleList(nn.Conv2d(channels[i], channels[i], 3, 1, 1) for i in levels)
        self.to_image = nn.Conv2d(channels[0], 3, 1)
        self.blend = nn.Conv2d(3, 3, 1)

    def forward(self, x, taps):
        o = taps[-1]
        for i in reversed(range(len(self.reduce))):
            o = self.smooth[i](self.reduce[i](F.interpolate(o, size=taps[i].shape[2:])) + taps[i])
        return torch.tanh(self.blend(x + self.to_image(o)))


class Synthesis(nn.Module):
    """All that is trained for a batch."""

    def __init__(self, batch, latent, width, channels):
        super().__init__()
        self.generator = Generator(latent, width)
        self.ftp = Pyramid(channels)
        self.acs = nn.Parameter(torch.randn(batch, 3, 1, 1) + 5)

    def optimizers(self, **options):
        parts = {
            "generator": list(self.generator.parameters()),
            "ftp": list(self.ftp.parameters()),
            "acs": [self.acs],
        }
        return [torch.optim.Adam(p, lr=RATES[n], **options) for n, p in parts.items()]


class Statistics:
    """Forward hooks: how far the inputs of all BatchNorm layers are from what they remember."""

    def __init__(self, network):
        self.distance, self.on = 0, False
        for m in network.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.register_forward_hook(self.see)

    def see(self, layer, inputs, _):
        if self.on:
            var, mean = torch.var_mean(inputs[0].float(), (0, 2, 3), unbiased=False)
            self.distance = self.distance + (mean - layer.running_mean).norm()
            self.distance = self.distance + (var - layer.running_var).norm()


def jittered(x, draw):
    x = torch.roll(x, (int(draw[0]), int(draw[1])), (2, 3))
    return torch.flip(x, (3,)) if draw[2] else x


def total_variation(x):
    return (
        (x[:, :, :, :-1] - x[:, :, :, 1:]).norm()
        + (x[:, :, :-1] - x[:, :, 1:]).norm()
        + (x[:, :, 1:, :-1] - x[:, :, :-1, 1:]).norm()
        + (x[:, :, :-1, :-1] - x[:, :, 1:, 1:]).norm()
    )


def objective(network, seen, synthesis, z, targets, draws):
    """The terms of the loss: total, cross-entropy, BatchNorm distance, total variation, L2 norm."""
    x = jittered(synthesis.generator(z), draws[0])
    seen.on = False
    with torch.no_grad():
        taps = network(x)[1]
    x = jittered(synthesis.ftp(x, taps) * synthesis.acs, draws[1])
    seen.on, seen.distance = True, 0
    logits = network(x)[0]
    ce = F.cross_entropy(logits.float(), targets)
    tv, l2 = total_variation(x.float()), x.float().norm()
    return CE * ce + BN * seen.distance + TV * tv + L2 * l2, ce, seen.distance, tv, l2


def frozen(network):
    network.eval()
    for p in network.parameters():
        p.requires_grad_(False)
    return network


# ---- time --------------------------------------------------------------------------------------


def measure(options):
    name, batch = CASES[options.case]
    device = torch.device(options.device)
    tuned = options.mode == "tuned"
    torch.manual_seed(0)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = options.precision == "tf32"
        torch.backends.cudnn.allow_tf32 = options.precision == "tf32"
    network, channels = classifier(name)
    network = frozen(network).to(device)
    synthesis = Synthesis(batch, 1034, 128, channels).to(device)
    seen = Statistics(network)
    if tuned:
        network = network.to(memory_format=torch.channels_last)
        synthesis.generator.to(memory_format=torch.channels_last)
        synthesis.ftp.to(memory_format=torch.channels_last)
    captured = tuned and device.type == "cuda"
    adam = dict(fused=True, capturable=True) if captured else {}
    optimizers = synthesis.optimizers(**adam)
    z = torch.randn(batch, 1034, device=device)
    targets = torch.arange(batch, device=device) % 10
    best = {k: v.clone() for k, v in synthesis.state_dict().items()}
    lowest = torch.full((), float("inf"), device=device)
    # A captured graph repeats its draws: their cost is that of any others.
    draws = [(1, -2, 1), (-1, 2, 0)]
    loss_of = objective
    if tuned and hasattr(torch, "compile"):
        loss_of = torch.compile(objective)

    def iteration():
        with torch.autocast(device.type, torch.bfloat16, enabled=options.precision == "bf16"):
            total = loss_of(network, seen, synthesis, z, targets, draws)[0]
        for o in optimizers:
            o.zero_grad(set_to_none=not captured)
        total.backward()
        if tuned:
            improved = total.detach() < lowest
            lowest.copy_(torch.minimum(total.detach(), lowest))
            for k, v in synthesis.state_dict().items():
                best[k].copy_(torch.where(improved, v, best[k]))
        elif total.item() < lowest.item():
            lowest.fill_(total.item())
            for k, v in synthesis.state_dict().items():
                best[k].copy_(v)
        for o in optimizers:
            o.step()

    step = capture(iteration) if captured else iteration
    times = []
    if options.hold:
        await_turn(step, device, options)
    for i in range(options.warmup + options.iterations):
        start = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        if i >= options.warmup:
            times.append((time.perf_counter() - start) * 1e3)
    print(
        json.dumps(
            {
                "case": options.case,
                "mode": options.mode,
                "precision": options.precision,
                "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
                "threads": torch.get_num_threads(),
                "versions": {"PyTorch": torch.__version__},
                "median_ms": statistics.median(times),
                "min_ms": min(times),
            }
        )
    )


def await_turn(step, device, options):
    """Compiles and warms up, then waits until the file is there: until then nothing is timed."""
    for _ in range(options.warmup):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    print("ready", file=sys.stderr, flush=True)
    while not os.path.exists(options.hold):
        time.sleep(0.05)


def capture(iteration):
    """The iteration as one CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(5):
            iteration()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        iteration()
    return graph.replay


# ---- is it the recipe? -------------------------------------------------------------------------


def safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    end = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:end])
    types = {"F32": torch.float32, "I64": torch.int64, "I32": torch.int32}
    return header.pop("__metadata__", {}), {
        k: torch.frombuffer(
            bytearray(data[end + v["data_offsets"][0] : end + v["data_offsets"][1]]),
            dtype=types[v["dtype"]],
        ).reshape(v["shape"])
        for k, v in header.items()
    }


def replay(options):
    """Five iterations of a golden file from its first values; exit code 1 if they differ from it."""
    said, golden = safetensors(options.golden)
    network, channels = classifier(said.get("net", "resnet20"))
    weights = torch.load(options.weights, map_location="cpu")
    weights = weights.get("state_dict", weights)
    network.load_state_dict({k.replace("module.", "", 1): v for k, v in weights.items()})
    network = frozen(network).double()
    z = golden["z"].double()
    width = golden["init.generator.bn0.weight"].numel()
    synthesis = Synthesis(z.shape[0], z.shape[1], width, channels)
    load(synthesis, golden)
    synthesis.double()
    seen = Statistics(network)
    optimizers = synthesis.optimizers()
    worst = 0.0
    for i, draws in enumerate(golden["jitter"].tolist()):
        terms = objective(network, seen, synthesis, z, golden["targets"].long(), draws)
        for name, term in zip(("total", "ce", "bn", "tv", "l2"), terms):
            should = float(golden[f"it{i}.loss.{name}"])
            off = abs(float(term) - should) / abs(should)
            print(f"it{i} {name:5} {float(term):.7g} off by {off:.1e}")
            worst = max(worst, off)
        for o in optimizers:
            o.zero_grad()
        terms[0].backward()
        for o in optimizers:
            o.step()
    return 0 if worst < 1e-5 else 1


def load(synthesis, golden):
    state = synthesis.state_dict()
    for name in state:
        key = "init." + name
        if key in golden:
            state[name] = golden[key].reshape(state[name].shape)
        elif "running" not in name and "num_batches" not in name:
            raise SystemExit(f"{key} is missing; there are {sorted(golden)[:60]}")
    synthesis.load_state_dict(state)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=sorted(CASES), default="resnet20-b64")
    parser.add_argument("--mode", choices=("eager", "tuned"), default="eager")
    parser.add_argument("--precision", choices=("f32", "tf32", "bf16"), default="f32")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--hold", metavar="FILE", help="compile, but time nothing before this file is there")
    parser.add_argument("--golden", help="a golden file to repeat in float64")
    parser.add_argument("--weights", help="the checkpoint it was made from")
    options = parser.parse_args()
    if options.golden:
        sys.exit(replay(options))
    measure(options)


if __name__ == "__main__":
    main()
