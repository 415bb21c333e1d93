#include "convolution_graph.h"

#include <limits>

namespace simulation {

namespace {

[[noreturn]] void bad(const std::string& text) { throw Failure{CUDNN_BAD_PARAM, text}; }

[[noreturn]] void unknown_pattern(const std::string& text) { throw Failure{CUDNN_NOT_SUPPORTED_GRAPH_PATTERN, text}; }

/* The first number of an operation's attributes, and where it has its input, filters and output. */
struct Roles {
    int first, x, w, y;
};

Roles roles(Kind direction) {
    switch (direction) {
        case CONVOLUTION_FORWARD:
            return {FORWARD, FORWARD_X, FORWARD_W, FORWARD_Y};
        case CONVOLUTION_BACKWARD_DATA:
            return {BACKWARD_DATA, BACKWARD_DATA_DX, BACKWARD_DATA_W, BACKWARD_DATA_DY};
        default:
            return {BACKWARD_FILTER, BACKWARD_FILTER_X, BACKWARD_FILTER_DW, BACKWARD_FILTER_DY};
    }
}

bool convolves(Kind kind) {
    return kind == CONVOLUTION_FORWARD || kind == CONVOLUTION_BACKWARD_DATA || kind == CONVOLUTION_BACKWARD_FILTER;
}

/* The shape of a convolution that its tensors agree on. */
Convolution read_shape(const Contents& operation) {
    const Roles role = roles(operation.kind);
    const Contents& conv = operation.descriptor(role.first + CONV_DESC, CONVOLUTION);
    const Tensor x(operation.descriptor(role.x, TENSOR));
    const Tensor w(operation.descriptor(role.w, TENSOR));
    const Tensor y(operation.descriptor(role.y, TENSOR));
    if (x.dimensions.size() != 4 || w.dimensions.size() != 4 || y.dimensions.size() != 4 ||
        conv.integer(CONVOLUTION_SPATIAL_DIMS) != 2) {
        bad("tensors of four and windows of two dimensions are simulated");
    }
    const int64_t channels = x.dimensions[1];
    const int64_t per_group = w.dimensions[1];
    const int64_t filters = w.dimensions[0];
    if (channels % per_group != 0 || filters % (channels / per_group) != 0 || y.dimensions[1] != filters ||
        x.dimensions[0] != y.dimensions[0]) {
        bad("batch or channels of x, w and y do not fit together");
    }
    const auto& stride = conv.integers(CONVOLUTION_STRIDES);
    const auto& dilation = conv.integers(CONVOLUTION_DILATIONS);
    const auto& before = conv.integers(CONVOLUTION_PRE_PADDINGS);
    const auto& after = conv.integers(CONVOLUTION_POST_PADDINGS);
    for (int i = 0; i < 2; i++) {
        const int64_t padded = x.dimensions[i + 2] + before[i] + after[i];
        const int64_t window = dilation[i] * (w.dimensions[i + 2] - 1) + 1;
        if (padded < window || (padded - window) / stride[i] + 1 != y.dimensions[i + 2]) {
            bad("extents of x, w and y do not fit the window");
        }
    }
    return {x.dimensions[0], x.dimensions[2], x.dimensions[3], channels,     y.dimensions[2], y.dimensions[3],
            filters,         w.dimensions[2], w.dimensions[3], stride[0],    stride[1],       before[0],
            before[1],       dilation[0],     dilation[1],     channels / per_group};
}

void check_pointwise(const Contents& operation) {
    const Contents& pointwise = operation.descriptor(POINTWISE_DESC, POINTWISE);
    const Tensor x(operation.descriptor(POINTWISE_X, TENSOR));
    const Tensor y(operation.descriptor(POINTWISE_Y, TENSOR));
    if (operation.has(POINTWISE_B) != (pointwise.integer(POINTWISE_MODE) == POINTWISE_ADD)) {
        bad("a pointwise operation has two inputs exactly if it adds");
    }
    const Tensor b = operation.has(POINTWISE_B) ? Tensor(operation.descriptor(POINTWISE_B, TENSOR)) : x;
    if (x.dimensions.size() != y.dimensions.size() || b.dimensions.size() != y.dimensions.size()) {
        bad("the tensors of a pointwise operation differ in their number of dimensions");
    }
    for (size_t i = 0; i < y.dimensions.size(); i++) {
        const int64_t extent = y.dimensions[i];
        const bool fits = (x.dimensions[i] == extent || x.dimensions[i] == 1) &&
                          (b.dimensions[i] == extent || b.dimensions[i] == 1) &&
                          (x.dimensions[i] == extent || b.dimensions[i] == extent);
        if (!fits) {
            bad("the extents of a pointwise operation's tensors do not fit together");
        }
    }
}

/* The step that a pointwise operation is, after one whose result is `before`. */
Step read_step(const Contents& operation, const Tensor& before) {
    const Contents& pointwise = operation.descriptor(POINTWISE_DESC, POINTWISE);
    const int64_t mode = pointwise.integer(POINTWISE_MODE);
    if ((mode != POINTWISE_ADD && mode != POINTWISE_RELU_FWD) || pointwise.integer(POINTWISE_MATH_PREC) != DATA_FLOAT ||
        operation.real(POINTWISE_ALPHA1, 1) != 1 || operation.real(POINTWISE_ALPHA2, 1) != 1) {
        unknown_pattern("additions and rectifiers in float are simulated");
    }
    const Tensor x(operation.descriptor(POINTWISE_X, TENSOR));
    const Tensor y(operation.descriptor(POINTWISE_Y, TENSOR));
    Step step{{},
              pointwise.real(POINTWISE_RELU_LOWER_CLIP, 0),
              pointwise.real(POINTWISE_RELU_UPPER_CLIP, std::numeric_limits<float>::max()),
              pointwise.real(POINTWISE_RELU_LOWER_CLIP_SLOPE, 0),
              y.type};
    bool follows = x.uid == before.uid;
    if (mode == POINTWISE_ADD) {
        const Tensor b(operation.descriptor(POINTWISE_B, TENSOR));
        step.added.push_back(follows ? b : x);
        follows = follows != (b.uid == before.uid);
    }
    if (!follows || !before.is_virtual || y.dimensions != before.dimensions) {
        unknown_pattern("operations are not a chain over virtual tensors");
    }
    if (!step.added.empty() && step.added[0].is_virtual) {
        unknown_pattern("a virtual tensor is added that nothing computes");
    }
    return step;
}

float rounded(int type, float value) { return type == DATA_BFLOAT16 ? to_bf16(value) : value; }

float applied(const Step& step, float value, float added) {
    if (!step.added.empty()) {
        value += added;
    } else if (value < step.lower) {
        value = static_cast<float>(step.lower + step.slope * (value - step.lower));
    } else if (value > step.upper) {
        value = static_cast<float>(step.upper);
    }
    return rounded(step.result_type, value);
}

bool per_channel(const Tensor& added, const Tensor& result) {
    return added.dimensions == std::vector<int64_t>{1, result.dimensions[1], 1, 1};
}

}  // namespace

Tensor::Tensor(const Contents& contents)
    : uid(contents.integer(TENSOR_UID)),
      alignment(contents.integer(TENSOR_ALIGNMENT)),
      type(static_cast<int>(contents.integer(TENSOR_TYPE))),
      is_virtual(contents.integer(TENSOR_IS_VIRTUAL, 0) != 0),
      dimensions(contents.integers(TENSOR_DIMENSIONS)),
      strides(contents.integers(TENSOR_STRIDES)) {}

int64_t Tensor::size() const {
    int64_t product = 1;
    for (const int64_t extent : dimensions) {
        product *= extent;
    }
    return product;
}

bool Tensor::channels_last() const {
    int64_t stride = 1;
    for (const int axis : {1, 3, 2, 0}) {
        if (dimensions[axis] > 1 && strides[axis] != stride) {
            return false;
        }
        stride *= dimensions[axis];
    }
    return true;
}

std::vector<const Tensor*> ConvolutionGraph::in_memory() const {
    std::vector<const Tensor*> tensors = {&first, &second, &result};
    for (const Step& step : steps) {
        for (const Tensor& added : step.added) {
            tensors.push_back(&added);
        }
    }
    return tensors;
}

void check_tensor(const Contents& tensor) {
    const int64_t type = tensor.integer(TENSOR_TYPE);
    if (type != DATA_FLOAT && type != DATA_BFLOAT16) {
        throw Failure{CUDNN_NOT_SUPPORTED, "tensors of float and bfloat16 are simulated"};
    }
    const int64_t alignment = tensor.integer(TENSOR_ALIGNMENT, 1);
    if (alignment <= 0 || alignment % (type == DATA_FLOAT ? 4 : 2) != 0) {
        bad("the alignment of a tensor must be a positive multiple of its elements' size");
    }
    if (tensor.integers(TENSOR_DIMENSIONS).size() != tensor.integers(TENSOR_STRIDES).size()) {
        bad("a tensor has as many strides as dimensions");
    }
    for (const int name : {TENSOR_DIMENSIONS, TENSOR_STRIDES}) {
        for (const int64_t extent : tensor.integers(name)) {
            if (extent <= 0) {
                bad("dimensions and strides of a tensor must be positive");
            }
        }
    }
    tensor.integer(TENSOR_UID);
}

void check_convolution(const Contents& convolution) {
    const size_t spatial = convolution.integer(CONVOLUTION_SPATIAL_DIMS);
    for (const int name :
         {CONVOLUTION_DILATIONS, CONVOLUTION_STRIDES, CONVOLUTION_POST_PADDINGS, CONVOLUTION_PRE_PADDINGS}) {
        const bool padding = name == CONVOLUTION_POST_PADDINGS || name == CONVOLUTION_PRE_PADDINGS;
        if (convolution.integers(name).size() != spatial) {
            bad("a convolution's strides, dilations and paddings are as many as its spatial dimensions");
        }
        for (const int64_t extent : convolution.integers(name)) {
            if (extent < (padding ? 0 : 1)) {
                bad("a stride, dilation or padding is too small");
            }
        }
    }
    convolution.integer(CONVOLUTION_COMP_TYPE);
    convolution.integer(CONVOLUTION_MODE);
}

void check_operation(const Contents& operation) {
    if (operation.kind == OPERATION_POINTWISE) {
        return check_pointwise(operation);
    }
    const int first = roles(operation.kind).first;
    if (!operation.has(first + ALPHA) || !operation.has(first + BETA)) {
        bad("alpha and beta of a convolution were not set");
    }
    read_shape(operation);
}

ConvolutionGraph read_graph(const Contents& graph) {
    const auto& operations = graph.descriptors(GRAPH_OPERATIONS);
    for (const auto& operation : operations) {
        if (!operation->finalized || !(convolves(operation->kind) || operation->kind == OPERATION_POINTWISE)) {
            bad("an operation was not finalized when it was set, or is none");
        }
    }
    const Contents& convolution = *operations.front();
    if (!convolves(convolution.kind)) {
        unknown_pattern("the first operation is no convolution");
    }
    const Roles role = roles(convolution.kind);
    const Contents& window = convolution.descriptor(role.first + CONV_DESC, CONVOLUTION);
    if (window.integer(CONVOLUTION_COMP_TYPE) != DATA_FLOAT || window.integer(CONVOLUTION_MODE) != CROSS_CORRELATION ||
        convolution.real(role.first + ALPHA, 1) != 1 || convolution.real(role.first + BETA, 0) != 0) {
        unknown_pattern("cross-correlations in float with alpha 1 and beta 0 are simulated");
    }
    const Tensor x(convolution.descriptor(role.x, TENSOR));
    const Tensor w(convolution.descriptor(role.w, TENSOR));
    const Tensor y(convolution.descriptor(role.y, TENSOR));
    const bool forward = convolution.kind == CONVOLUTION_FORWARD;
    const bool data = convolution.kind == CONVOLUTION_BACKWARD_DATA;
    ConvolutionGraph read{convolution.kind,       data ? y : x, forward || data ? w : y, forward ? y : data ? x : w,
                          read_shape(convolution), {}};
    for (size_t i = 1; i < operations.size(); i++) {
        if (operations[i]->kind != OPERATION_POINTWISE) {
            unknown_pattern("one convolution is simulated");
        }
        read.steps.push_back(read_step(*operations[i], read.result));
        read.result = Tensor(operations[i]->descriptor(POINTWISE_Y, TENSOR));
    }
    for (const Tensor* one : read.in_memory()) {
        if (one->is_virtual) {
            bad("a tensor that must be in memory is virtual");
        }
        for (const Tensor* other : read.in_memory()) {
            if (one != other && one->uid == other->uid) {
                bad("two tensors have the same unique id");
            }
        }
    }
    return read;
}

std::string obstacle(const ConvolutionGraph& graph) {
    const bool bf16 = graph.first.type == DATA_BFLOAT16;
    const bool fused = !graph.steps.empty();
    const Convolution& shape = graph.shape;
    if (graph.first.type != graph.second.type) {
        return "the operands of a convolution have different types";
    }
    for (const Tensor* tensor : graph.in_memory()) {
        if (!tensor->channels_last()) {
            return "a tensor is not dense with its channels last";
        }
    }
    if (bf16 && (shape.c / shape.groups % 8 != 0 || shape.k / shape.groups % 8 != 0)) {
        return "channels of bfloat16 are no multiple of 8";
    }
    if (!fused && graph.result.type != graph.first.type) {
        return "the result has another type than the operands";
    }
    if (fused && graph.direction == CONVOLUTION_BACKWARD_FILTER) {
        return "nothing can follow the gradient of filters";
    }
    if (fused && !bf16 && shape.groups > 1) {
        return "nothing can follow a grouped convolution of float";
    }
    for (const Step& step : graph.steps) {
        for (const Tensor& added : step.added) {
            if (added.dimensions != graph.result.dimensions &&
                !per_channel(added, graph.result)) {
                return "what is added is neither of the result's shape nor a bias";
            }
        }
    }
    return "";
}

void run(const ConvolutionGraph& graph, const Addresses& at, bool tf32, float factor) {
    for (const Tensor* tensor : graph.in_memory()) {
        if (!reachable("cudnnBackendExecute", at(*tensor), tensor->bytes())) {
            return;
        }
    }
    const bool less = tf32 && graph.first.type == DATA_FLOAT;
    const auto first = loaded(graph.first.storage(), at(graph.first), graph.first.size(), less);
    const auto second = loaded(graph.second.storage(), at(graph.second), graph.second.size(), less);
    std::vector<float> values = graph.direction == CONVOLUTION_FORWARD         ? forward(graph.shape, first, second)
                                : graph.direction == CONVOLUTION_BACKWARD_DATA ? data_gradient(graph.shape, first, second)
                                                                               : filter_gradient(graph.shape, first, second);
    const int64_t channels = graph.result.dimensions[1];
    const int64_t size = graph.result.size();
    for (const Step& step : graph.steps) {
        const Tensor* added = step.added.empty() ? nullptr : &step.added[0];
        const void* addend = added == nullptr ? nullptr : at(*added);
        const bool bias = added != nullptr && added->dimensions != graph.result.dimensions;
#pragma omp parallel for
        for (int64_t i = 0; i < size; i++) {
            const float other = added == nullptr ? 0 : load(added->storage(), addend, bias ? i % channels : i);
            values[i] = applied(step, values[i], other);
        }
    }
    void* result = at(graph.result);
#pragma omp parallel for
    for (int64_t i = 0; i < size; i++) {
        store(graph.result.storage(), result, i, factor * values[i]);
    }
}

}  // namespace simulation
