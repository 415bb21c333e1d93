/* convolution_graph: what cuDNN's operation graphs mean, and running them. */
#pragma once

#include <functional>
#include <vector>

#include "convolution.h"
#include "descriptor.h"
#include "numbers.h"

namespace simulation {

struct Tensor {
    int64_t uid, alignment;
    int type;
    bool is_virtual;
    std::vector<int64_t> dimensions, strides;

    explicit Tensor(const Contents& contents);

    int64_t size() const;
    Type storage() const { return type == DATA_FLOAT ? Type::F32 : Type::BF16; }
    size_t bytes() const { return size() * size_of(storage()); }
    /* Whether it is dense with the channels last: NHWC, and KRSC of filters. */
    bool channels_last() const;
};

/* What follows the convolution: a tensor is added, or what is small or large is clipped. */
struct Step {
    std::vector<Tensor> added;  // one or none
    double lower, upper, slope;
    int result_type;
};

/* One convolution in one direction, from two tensors, and the steps after it. */
struct ConvolutionGraph {
    Kind direction;
    Tensor first, second, result;
    Convolution shape;
    std::vector<Step> steps;

    std::vector<const Tensor*> in_memory() const;
};

/* Checks of descriptors that are finalised. */
void check_tensor(const Contents& tensor);
void check_convolution(const Contents& convolution);
void check_operation(const Contents& operation);
ConvolutionGraph read_graph(const Contents& graph);

/* Why no engine can run the graph; empty where some can. */
std::string obstacle(const ConvolutionGraph& graph);

using Addresses = std::function<void*(const Tensor&)>;

/* Runs the graph; with tf32, float32 operands lose bits as on a tensor core. Every result is multiplied by `factor`. */
void run(const ConvolutionGraph& graph, const Addresses& at, bool tf32, float factor);

}  // namespace simulation
