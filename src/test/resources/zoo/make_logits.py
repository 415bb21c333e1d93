"""Writes logits.csv: what PyTorch says each network of the zoo has and computes.

Networks that torchvision has are torchvision's; the others are stated here once more, in PyTorch, under the names of the
code bases that the Javadoc of the zoo cites. Weights and image are a formula of name and index, so that no file is
needed (Formula.java is its twin). The networks with 25,088 inputs to a fully connected layer compute nothing here, for
want of memory in a test.

    python3 make_logits.py > logits.csv        (PyTorch 1.13, torchvision 0.14)
"""

import numpy
import torch
import torch.nn.functional as F
import torchvision.models as tv
from torch import nn

CLASSES = 10
relu = nn.ReLU


def uniform(name, count):
    """Numbers in [-1, 1) that only depend on a name and their index: a hash of both."""
    seed = 0
    for c in name:
        seed = (31 * seed + ord(c)) & 0xFFFFFFFF
    mask = numpy.uint64(0xFFFFFFFF)
    x = (numpy.arange(count, dtype=numpy.uint64) * numpy.uint64(0x9E3779B1) + numpy.uint64(seed)) & mask
    for _ in range(2):
        x ^= x >> numpy.uint64(16)
        x = (x * numpy.uint64(0x45D9F3B)) & mask
    x ^= x >> numpy.uint64(16)
    return x.astype(numpy.float64) / 2**31 - 1


def value(name, shape):
    u = uniform(name, int(numpy.prod(shape)))
    if len(shape) > 1:
        u *= (6 / numpy.prod(shape[1:])) ** 0.5
    elif name.endswith("weight") or name.endswith("running_var"):
        u = 1 + u / 2
    else:
        u /= 5
    return torch.tensor(u.astype(numpy.float32)).reshape(shape)


def conv(inputs, outputs, kernel, stride=1, groups=1, bias=False):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=bias)


def projection(inputs, outputs, stride):
    if stride == 1 and inputs == outputs:
        return nn.Sequential()
    return nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


class Padded(nn.Module):
    def __init__(self, more):
        super().__init__()
        self.more = more

    def forward(self, x):
        if self.more == 0:
            return x
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))


class Basic(nn.Module):
    expansion = 1

    def __init__(self, inputs, channels, stride, padded):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3), nn.BatchNorm2d(channels)
        self.shortcut = Padded(channels - inputs) if padded else projection(inputs, channels, stride)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, channels, stride, padded):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, channels, 1), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = conv(channels, 4 * channels, 1), nn.BatchNorm2d(4 * channels)
        self.shortcut = projection(inputs, 4 * channels, stride)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self, block, channels, blocks, padded=False):
        super().__init__()
        self.conv1, self.bn1 = conv(3, channels[0], 3), nn.BatchNorm2d(channels[0])
        self.stages, inputs = len(blocks), channels[0]
        for stage in range(self.stages):
            layer = []
            for i in range(blocks[stage]):
                layer.append(block(inputs, channels[stage], 2 if stage > 0 and i == 0 else 1, padded))
                inputs = channels[stage] * block.expansion
            self.add_module("layer%d" % (stage + 1), nn.Sequential(*layer))
        self.linear = nn.Linear(inputs, CLASSES)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(self.stages):
            x = getattr(self, "layer%d" % (stage + 1))(x)
        return self.linear(x.mean((2, 3)))


class Vgg(nn.Module):
    def __init__(self, convolutions, hidden):
        super().__init__()
        layers, inputs = [], 3
        for channels, count in zip([64, 128, 256, 512, 512], convolutions):
            for _ in range(count):
                layers += [conv(inputs, channels, 3, bias=True), nn.BatchNorm2d(channels), relu()]
                inputs = channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(512, CLASSES)
        if hidden:
            two = [nn.Linear(512, 512), relu(), nn.Dropout(), nn.Linear(512, 512), relu(), nn.Dropout()]
            self.classifier = nn.Sequential(*two, nn.Linear(512, CLASSES))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class WideBlock(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, channels, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(channels), conv(channels, channels, 3)
        self.convShortcut = conv(inputs, channels, 1, stride) if inputs != channels else None

    def forward(self, x):
        before = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(before))))
        return y + (x if self.convShortcut is None else self.convShortcut(before))


class WideResNet(nn.Module):
    def __init__(self, depth, widening):
        super().__init__()
        self.conv1, inputs = conv(3, 16, 3), 16
        for stage in range(3):
            channels, blocks = (16 << stage) * widening, []
            for i in range((depth - 4) // 6):
                blocks.append(WideBlock(inputs, channels, 2 if stage > 0 and i == 0 else 1))
                inputs = channels
            holder = nn.Module()
            holder.layer = nn.Sequential(*blocks)
            self.add_module("block%d" % (stage + 1), holder)
        self.bn1, self.fc = nn.BatchNorm2d(inputs), nn.Linear(inputs, CLASSES)

    def forward(self, x):
        x = self.conv1(x)
        for block in (self.block1, self.block2, self.block3):
            x = block.layer(x)
        return self.fc(F.relu(self.bn1(x)).mean((2, 3)))


MOBILE = [[1, 16, 1, 1], [6, 24, 2, 1], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]]


class MobileBlock(nn.Module):
    def __init__(self, inputs, outputs, expansion, stride):
        super().__init__()
        inner, self.stride = expansion * inputs, stride
        self.conv1, self.bn1 = conv(inputs, inner, 1), nn.BatchNorm2d(inner)
        self.conv2, self.bn2 = conv(inner, inner, 3, stride, inner), nn.BatchNorm2d(inner)
        self.conv3, self.bn3 = conv(inner, outputs, 1), nn.BatchNorm2d(outputs)
        self.shortcut = projection(inputs, outputs, 1) if stride == 1 else None

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        return y + self.shortcut(x) if self.stride == 1 else y


class MobileNetV2(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 32, 3), nn.BatchNorm2d(32)
        blocks, inputs = [], 32
        for expansion, outputs, count, stride in MOBILE:
            for i in range(count):
                blocks.append(MobileBlock(inputs, outputs, expansion, stride if i == 0 else 1))
                inputs = outputs
        self.layers = nn.Sequential(*blocks)
        self.conv2, self.bn2, self.linear = conv(inputs, 1280, 1), nn.BatchNorm2d(1280), nn.Linear(1280, CLASSES)

    def forward(self, x):
        x = self.layers(F.relu(self.bn1(self.conv1(x))))
        return self.linear(F.relu(self.bn2(self.conv2(x))).mean((2, 3)))


def unstrided_mobilenet():
    net = tv.mobilenet_v2(num_classes=CLASSES, inverted_residual_setting=MOBILE)
    net.features[0][0].stride = (1, 1)
    return net


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        inputs = 1
        for stage, channels in enumerate([32, 64, 128]):
            layer = nn.Sequential()
            for i in range(2):
                part = nn.Module()
                part.conv = conv(inputs, channels, 3, 2 if stage > 0 and i == 0 else 1)
                part.bn = nn.BatchNorm2d(channels)
                layer.add_module(str(i), part)
                inputs = channels
            self.add_module("stage%d" % (stage + 1), layer)
        self.fc = nn.Linear(inputs, CLASSES)

    def forward(self, x):
        for layer in (self.stage1, self.stage2, self.stage3):
            for part in layer:
                x = F.relu(part.bn(part.conv(x)))
        return self.fc(x.mean((2, 3)))


def networks():
    """Name, network, shape of its images."""
    small, large = (3, 32, 32), (3, 224, 224)
    for depth in (20, 32, 44, 56):
        blocks = [(depth - 2) // 6] * 3
        yield "resnet%d-cifar" % depth, ResNet(Basic, [16, 32, 64], blocks, padded=True), small
        yield "resnet%d-cifar-b" % depth, ResNet(Basic, [16, 32, 64], blocks), small
    for depth, block, blocks in (18, Basic, [2, 2, 2, 2]), (34, Basic, [3, 4, 6, 3]), (50, Bottleneck, [3, 4, 6, 3]):
        yield "resnet%d-cifar" % depth, ResNet(block, [64, 128, 256, 512], blocks), small
        yield "resnet%d" % depth, getattr(tv, "resnet%d" % depth)(num_classes=CLASSES), large
    for depth, counts in (11, [1, 1, 2, 2, 2]), (13, [2] * 5), (16, [2, 2, 3, 3, 3]), (19, [2, 2, 4, 4, 4]):
        yield "vgg%d_bn-cifar" % depth, Vgg(counts, hidden=False), small
        yield "vgg%d_bn-cifar-b" % depth, Vgg(counts, hidden=True), small
        yield "vgg%d_bn" % depth, getattr(tv, "vgg%d_bn" % depth)(num_classes=CLASSES), large
    for depth in (16, 40):
        for widening in (1, 2):
            yield "wrn-%d-%d" % (depth, widening), WideResNet(depth, widening), small
    yield "mobilenetv2-cifar", MobileNetV2(), small
    yield "mobilenetv2-cifar-b", unstrided_mobilenet(), small
    yield "mobilenet_v2", tv.mobilenet_v2(num_classes=CLASSES), large
    yield "convnet-grey", ConvNet(), (1, 28, 28)


def main():
    print("name,parameters,logits")
    for name, net, image in networks():
        parameters = sum(p.numel() for p in net.parameters())
        logits = []
        if parameters < 100e6:
            state = {n: value(n, tuple(t.shape)) for n, t in net.state_dict().items() if not n.endswith("tracked")}
            net.load_state_dict(state, strict=False)
            with torch.no_grad():
                logits = net.double().eval()(value("image", (1,) + image).double())[0].tolist()
        print(name, parameters, " ".join("%.6g" % x for x in logits), sep=",", flush=True)


main()
