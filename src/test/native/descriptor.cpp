#include "descriptor.h"

#include <algorithm>
#include <cstring>

namespace simulation {

namespace {

/* Who may say what, of which type, how many times. */
struct Rule {
    std::vector<int> types;
    int64_t least, most;
    bool settable;
};

Rule one(int type) { return {{type}, 1, 1, true}; }
Rule real() { return {{TYPE_FLOAT, TYPE_DOUBLE}, 1, 1, true}; }
Rule many(int type, int64_t most = 8) { return {{type}, 1, most, true}; }
Rule answer(int type) { return {{type}, 0, 0, false}; }

using Rules = std::map<int, Rule>;

Rules convolving(int first) {
    Rules rules = {{first + ALPHA, real()}, {first + BETA, real()}};
    for (int name = first + CONV_DESC; name < first + 6; name++) {
        rules[name] = one(TYPE_DESCRIPTOR);
    }
    return rules;
}

const std::map<int, Rules> RULES = {
    {TENSOR,
     {{TENSOR_ALIGNMENT, one(TYPE_INT64)},
      {TENSOR_TYPE, one(TYPE_DATA_TYPE)},
      {TENSOR_DIMENSIONS, many(TYPE_INT64)},
      {TENSOR_STRIDES, many(TYPE_INT64)},
      {TENSOR_UID, one(TYPE_INT64)},
      {TENSOR_IS_VIRTUAL, one(TYPE_BOOLEAN)}}},
    {CONVOLUTION,
     {{CONVOLUTION_COMP_TYPE, one(TYPE_DATA_TYPE)},
      {CONVOLUTION_MODE, one(TYPE_CONVOLUTION_MODE)},
      {CONVOLUTION_DILATIONS, many(TYPE_INT64)},
      {CONVOLUTION_STRIDES, many(TYPE_INT64)},
      {CONVOLUTION_POST_PADDINGS, many(TYPE_INT64)},
      {CONVOLUTION_PRE_PADDINGS, many(TYPE_INT64)},
      {CONVOLUTION_SPATIAL_DIMS, one(TYPE_INT64)}}},
    {POINTWISE,
     {{POINTWISE_MODE, one(TYPE_POINTWISE_MODE)},
      {POINTWISE_MATH_PREC, one(TYPE_DATA_TYPE)},
      {POINTWISE_NAN_PROPAGATION, one(TYPE_NAN_PROPAGATION)},
      {POINTWISE_RELU_LOWER_CLIP, real()},
      {POINTWISE_RELU_UPPER_CLIP, real()},
      {POINTWISE_RELU_LOWER_CLIP_SLOPE, real()}}},
    {CONVOLUTION_FORWARD, convolving(FORWARD)},
    {CONVOLUTION_BACKWARD_DATA, convolving(BACKWARD_DATA)},
    {CONVOLUTION_BACKWARD_FILTER, convolving(BACKWARD_FILTER)},
    {OPERATION_POINTWISE,
     {{POINTWISE_DESC, one(TYPE_DESCRIPTOR)},
      {POINTWISE_X, one(TYPE_DESCRIPTOR)},
      {POINTWISE_B, one(TYPE_DESCRIPTOR)},
      {POINTWISE_Y, one(TYPE_DESCRIPTOR)},
      {POINTWISE_ALPHA1, real()},
      {POINTWISE_ALPHA2, real()}}},
    {OPERATION_GRAPH,
     {{GRAPH_HANDLE, one(TYPE_HANDLE)},
      {GRAPH_OPERATIONS, many(TYPE_DESCRIPTOR, 100)},
      {GRAPH_ENGINE_COUNT, answer(TYPE_INT64)}}},
    {ENGINE_HEURISTIC,
     {{HEURISTIC_MODE, one(TYPE_HEUR_MODE)},
      {HEURISTIC_GRAPH, one(TYPE_DESCRIPTOR)},
      {HEURISTIC_RESULTS, answer(TYPE_DESCRIPTOR)}}},
    {ENGINE,
     {{ENGINE_GRAPH, one(TYPE_DESCRIPTOR)},
      {ENGINE_INDEX, one(TYPE_INT64)},
      {ENGINE_NUMERICAL_NOTE, answer(TYPE_NUMERICAL_NOTE)},
      {ENGINE_BEHAVIOR_NOTE, answer(TYPE_BEHAVIOR_NOTE)}}},
    {ENGINE_CONFIG,
     {{CONFIG_ENGINE, one(TYPE_DESCRIPTOR)}, {CONFIG_WORKSPACE_SIZE, answer(TYPE_INT64)}}},
    {EXECUTION_PLAN,
     {{PLAN_HANDLE, one(TYPE_HANDLE)},
      {PLAN_CONFIG, one(TYPE_DESCRIPTOR)},
      {PLAN_WORKSPACE_SIZE, answer(TYPE_INT64)}}},
    {VARIANT_PACK,
     {{PACK_UIDS, many(TYPE_INT64, 1000)},
      {PACK_POINTERS, many(TYPE_VOID_PTR, 1000)},
      {PACK_WORKSPACE, one(TYPE_VOID_PTR)}}},
};

size_t element_size(int type) {
    switch (type) {
        case TYPE_BOOLEAN:
            return 1;
        case TYPE_HANDLE:
        case TYPE_INT64:
        case TYPE_DOUBLE:
        case TYPE_VOID_PTR:
        case TYPE_DESCRIPTOR:
            return 8;
        default:
            return 4;
    }
}

std::string named(int name) { return "attribute " + std::to_string(name); }

const Rule& rule_of(const Contents& contents, int name, int type) {
    const Rules& rules = RULES.at(contents.kind);
    const auto found = rules.find(name);
    if (found == rules.end()) {
        throw Failure{CUDNN_BAD_PARAM, named(name) + " is not one of descriptor type " + std::to_string(contents.kind)};
    }
    const std::vector<int>& types = found->second.types;
    if (std::find(types.begin(), types.end(), type) == types.end()) {
        throw Failure{types.size() == 1 ? CUDNN_BAD_PARAM_ATTRIBUTE_TYPE : CUDNN_BAD_PARAM,
                      named(name) + " is not of type " + std::to_string(type)};
    }
    return found->second;
}

const Value& value_of(const Contents& contents, int name) {
    const auto found = contents.values.find(name);
    if (found == contents.values.end()) {
        throw Failure{CUDNN_BAD_PARAM, named(name) + " was not set"};
    }
    return found->second;
}

}  // namespace

const std::vector<int64_t>& Contents::integers(int name) const { return value_of(*this, name).integers; }

double Contents::real(int name, double otherwise) const { return has(name) ? value_of(*this, name).reals[0] : otherwise; }

const std::vector<std::shared_ptr<const Contents>>& Contents::descriptors(int name) const {
    return value_of(*this, name).descriptors;
}

const Contents& Contents::descriptor(int name, Kind wanted) const {
    const Contents& found = *descriptors(name).front();
    if (found.kind != wanted || !found.finalized) {
        throw Failure{CUDNN_BAD_PARAM, "the descriptor of " + named(name) +
                                           " is of another type, or was not finalized when it was set"};
    }
    return found;
}

bool Descriptor::exists(int kind) { return RULES.count(kind) != 0; }

Descriptor& Descriptor::of(const void* address) {
    Descriptor* descriptor = Handle::at<Descriptor>(address);
    if (descriptor == nullptr) {
        throw Failure{CUDNN_BAD_PARAM_NULL_POINTER, "no descriptor is there"};
    }
    return *descriptor;
}

void Descriptor::set(int name, int type, int64_t count, const void* elements) {
    if (contents.finalized) {
        throw Failure{CUDNN_BAD_PARAM, named(name) + " is set after the descriptor was finalized"};
    }
    const Rule& rule = rule_of(contents, name, type);
    if (!rule.settable || count < rule.least || count > rule.most || elements == nullptr) {
        throw Failure{CUDNN_BAD_PARAM, named(name) + " cannot be set to " + std::to_string(count) + " elements"};
    }
    Value value{type, {}, {}, {}};
    for (int64_t i = 0; i < count; i++) {
        const char* element = static_cast<const char*>(elements) + i * element_size(type);
        if (type == TYPE_FLOAT) {
            float number;
            std::memcpy(&number, element, sizeof number);
            value.reals.push_back(number);
        } else if (type == TYPE_DOUBLE) {
            double number;
            std::memcpy(&number, element, sizeof number);
            value.reals.push_back(number);
        } else {
            int64_t number = 0;
            std::memcpy(&number, element, element_size(type));
            if (type == TYPE_DESCRIPTOR) {
                const Descriptor& other = of(reinterpret_cast<const void*>(number));
                value.descriptors.push_back(std::make_shared<const Contents>(other.contents));
            } else if (type == TYPE_HANDLE && number == 0) {
                throw Failure{CUDNN_BAD_PARAM_NULL_POINTER, "the handle is null"};
            }
            value.integers.push_back(number);
        }
    }
    contents.values[name] = std::move(value);
}

/* Descriptors are given back in descriptors that the caller has created. */
int64_t Descriptor::get(int name, int type, int64_t count, void* elements) const {
    rule_of(contents, name, type);
    if (!contents.finalized) {
        throw Failure{CUDNN_NOT_INITIALIZED, named(name) + " is asked before the descriptor is finalized"};
    }
    const Value& value = value_of(contents, name);
    const int64_t there = std::max({value.integers.size(), value.reals.size(), value.descriptors.size()});
    if (count == 0) {
        return there;
    }
    if (elements == nullptr || value.type != type) {
        throw Failure{CUDNN_BAD_PARAM, named(name) + " has another type, or nowhere to go"};
    }
    const int64_t given = std::min(count, there);
    for (int64_t i = 0; i < given; i++) {
        char* element = static_cast<char*>(elements) + i * element_size(type);
        if (type == TYPE_DESCRIPTOR) {
            void* address;
            std::memcpy(&address, element, sizeof address);
            Descriptor& into = of(address);
            if (into.contents.kind != value.descriptors[i]->kind) {
                throw Failure{CUDNN_BAD_PARAM, named(name) + " does not go into a descriptor of this type"};
            }
            into.contents = *value.descriptors[i];
        } else if (type == TYPE_FLOAT) {
            const float number = static_cast<float>(value.reals[i]);
            std::memcpy(element, &number, sizeof number);
        } else if (type == TYPE_DOUBLE) {
            std::memcpy(element, &value.reals[i], sizeof(double));
        } else {
            std::memcpy(element, &value.integers[i], element_size(type));
        }
    }
    return given;
}

}  // namespace simulation
