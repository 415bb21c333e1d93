/* libcudnn_graph.so.9: cuDNN's backend interface, for graphs of one convolution and what follows it.
 *
 * Statuses, and which call returns them, are those of the real library; so is that a descriptor which is set is copied.
 * There are more engines than one, they need workspace and write to it, and not every configuration becomes a plan:
 * callers must choose.
 */
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "convolution_graph.h"
#include "descriptor.h"

using namespace simulation;

namespace {

/* An engine, its notes, and how it differs from the others. */
struct Engine {
    std::vector<int64_t> notes;
    int64_t workspace;            // bytes
    int64_t workspace_of_result;  // and bytes for each element of the result
    bool finalizes;
};

const std::vector<Engine> ENGINES = {
    {{}, 0, 0, true},                      // slow and sure
    {{NOTE_TENSOR_CORE}, 131, 0, true},    // rounds float to tf32 if NI_SIM_TF32 is 1
    {{}, 0, 4, true},                      // wants much workspace
    {{NOTE_TENSOR_CORE}, 0, 0, false},     // is offered, but fails as a plan
    {{NOTE_NONDETERMINISTIC}, 0, 0, true}  // is not the same twice
};
constexpr int64_t PLAIN = 0, TENSOR_CORE = 1, LARGE = 2, FAILING = 3, UNSTEADY = 4;

/* Whether the result of a convolution alone has another type than the operands. */
bool converts(const ConvolutionGraph& graph) { return graph.steps.empty() && graph.result.type != graph.first.type; }

/* Whether all tensors are aligned as a tensor core wants them. */
bool well_aligned(const ConvolutionGraph& graph) {
    for (const Tensor* tensor : graph.in_memory()) {
        if (tensor->alignment % 16 != 0) {
            return false;
        }
    }
    return true;
}

/* What the heuristics offer, best first. */
std::vector<int64_t> offered(const ConvolutionGraph& graph, int64_t mode) {
    const bool possible = obstacle(graph).empty();
    if (mode == MODE_FALLBACK) {
        return !possible         ? std::vector<int64_t>{FAILING}
               : converts(graph) ? std::vector<int64_t>{TENSOR_CORE}
                                 : std::vector<int64_t>{LARGE, FAILING, PLAIN};
    }
    const bool bf16 = graph.first.type == DATA_BFLOAT16;
    if (!possible || converts(graph) || (bf16 && !well_aligned(graph))) {
        return {};
    }
    if (graph.direction == CONVOLUTION_FORWARD) {
        return {TENSOR_CORE, FAILING, LARGE, PLAIN};
    }
    return {UNSTEADY, TENSOR_CORE, FAILING, LARGE, PLAIN};
}

struct Library : Handle {
    Library() : Handle("cuDNN handle") {}

    void* stream = nullptr;
};

Library& library(const void* address) {
    Library* found = Handle::at<Library>(address);
    if (found == nullptr) {
        throw Failure{CUDNN_BAD_PARAM, "no handle is there"};
    }
    return *found;
}

const Contents& graph_of(const Contents& engine) { return engine.descriptor(ENGINE_GRAPH, OPERATION_GRAPH); }

/* --- finalising --- */

void answer(Contents& contents, int name, int type, std::vector<int64_t> integers) {
    contents.values[name] = {type, std::move(integers), {}, {}};
}

void finalize_engine(Contents& engine) {
    const Contents& graph = graph_of(engine);
    const int64_t index = engine.integer(ENGINE_INDEX);
    if (index < 0 || index >= static_cast<int64_t>(ENGINES.size())) {
        throw Failure{CUDNN_NOT_SUPPORTED, "there is no engine of this index"};
    }
    static_cast<void>(graph);
    answer(engine, ENGINE_NUMERICAL_NOTE, TYPE_NUMERICAL_NOTE, ENGINES[index].notes);
    answer(engine, ENGINE_BEHAVIOR_NOTE, TYPE_BEHAVIOR_NOTE, {});
}

int64_t workspace_of(const Contents& engine) {
    const Engine& kind = ENGINES[engine.integer(ENGINE_INDEX)];
    return kind.workspace + kind.workspace_of_result * graph_of(engine).graph->result.size();
}

void finalize_config(Contents& config) {
    answer(config, CONFIG_WORKSPACE_SIZE, TYPE_INT64, {workspace_of(config.descriptor(CONFIG_ENGINE, ENGINE))});
}

void finalize_heuristic(Contents& heuristic) {
    const Contents& graph = heuristic.descriptor(HEURISTIC_GRAPH, OPERATION_GRAPH);
    const int64_t mode = heuristic.integer(HEURISTIC_MODE);
    if (mode < MODE_INSTANT || mode > MODE_A) {
        throw Failure{CUDNN_BAD_PARAM, "there is no such mode of heuristics"};
    }
    Value results{TYPE_DESCRIPTOR, {}, {}, {}};
    for (const int64_t index : offered(*graph.graph, mode)) {
        Contents engine{ENGINE, true, {}, nullptr};
        engine.values[ENGINE_GRAPH] = heuristic.values.at(HEURISTIC_GRAPH);
        answer(engine, ENGINE_INDEX, TYPE_INT64, {index});
        finalize_engine(engine);
        Contents config{ENGINE_CONFIG, true, {}, nullptr};
        config.values[CONFIG_ENGINE] = {TYPE_DESCRIPTOR, {}, {}, {std::make_shared<const Contents>(engine)}};
        finalize_config(config);
        results.descriptors.push_back(std::make_shared<const Contents>(config));
    }
    heuristic.values[HEURISTIC_RESULTS] = std::move(results);
}

void finalize_plan(Contents& plan) {
    library(reinterpret_cast<const void*>(plan.integer(PLAN_HANDLE)));
    const Contents& engine = plan.descriptor(PLAN_CONFIG, ENGINE_CONFIG).descriptor(CONFIG_ENGINE, ENGINE);
    const std::string reason = obstacle(*graph_of(engine).graph);
    if (!reason.empty() || !ENGINES[engine.integer(ENGINE_INDEX)].finalizes) {
        throw Failure{CUDNN_NOT_SUPPORTED, "the engine cannot run this graph" + (reason.empty() ? "" : ": " + reason)};
    }
    answer(plan, PLAN_WORKSPACE_SIZE, TYPE_INT64, {workspace_of(engine)});
}

void finalize_pack(const Contents& pack) {
    if (pack.integers(PACK_UIDS).size() != pack.integers(PACK_POINTERS).size()) {
        throw Failure{CUDNN_BAD_PARAM, "a variant pack has as many pointers as unique ids"};
    }
}

void finalize(Contents& contents) {
    if (contents.finalized) {
        throw Failure{CUDNN_BAD_PARAM, "the descriptor is finalized already"};
    }
    switch (contents.kind) {
        case TENSOR:
            check_tensor(contents);
            break;
        case CONVOLUTION:
            check_convolution(contents);
            break;
        case POINTWISE:
            contents.integer(POINTWISE_MODE);
            contents.integer(POINTWISE_MATH_PREC);
            break;
        case CONVOLUTION_FORWARD:
        case CONVOLUTION_BACKWARD_DATA:
        case CONVOLUTION_BACKWARD_FILTER:
        case OPERATION_POINTWISE:
            check_operation(contents);
            break;
        case OPERATION_GRAPH:
            library(reinterpret_cast<const void*>(contents.integer(GRAPH_HANDLE)));
            contents.graph = std::make_shared<const ConvolutionGraph>(read_graph(contents));
            answer(contents, GRAPH_ENGINE_COUNT, TYPE_INT64, {static_cast<int64_t>(ENGINES.size())});
            break;
        case ENGINE:
            finalize_engine(contents);
            break;
        case ENGINE_CONFIG:
            finalize_config(contents);
            break;
        case ENGINE_HEURISTIC:
            finalize_heuristic(contents);
            break;
        case EXECUTION_PLAN:
            finalize_plan(contents);
            break;
        case VARIANT_PACK:
            finalize_pack(contents);
            break;
    }
    contents.finalized = true;
}

/* --- executing --- */

void* address_of(const Tensor& tensor, const std::map<int64_t, int64_t>& pointers) {
    return reinterpret_cast<void*>(pointers.at(tensor.uid));
}

void execute(void* stream, const Contents& plan, const Contents& pack) {
    const Contents& engine = plan.descriptor(PLAN_CONFIG, ENGINE_CONFIG).descriptor(CONFIG_ENGINE, ENGINE);
    const std::shared_ptr<const ConvolutionGraph> graph = graph_of(engine).graph;
    std::map<int64_t, int64_t> pointers;
    for (size_t i = 0; i < pack.integers(PACK_UIDS).size(); i++) {
        pointers[pack.integers(PACK_UIDS)[i]] = pack.integers(PACK_POINTERS)[i];
    }
    for (const Tensor* tensor : graph->in_memory()) {
        const auto found = pointers.find(tensor->uid);
        if (found == pointers.end() || found->second == 0) {
            throw Failure{CUDNN_BAD_PARAM, "the variant pack has no pointer for tensor " + std::to_string(tensor->uid)};
        }
        if (found->second % tensor->alignment != 0) {
            throw Failure{CUDNN_BAD_PARAM_MISALIGNED_POINTER,
                          "the pointer of tensor " + std::to_string(tensor->uid) + " is not aligned as was said"};
        }
    }
    const size_t bytes = plan.integer(PLAN_WORKSPACE_SIZE);
    void* workspace = reinterpret_cast<void*>(pack.integer(PACK_WORKSPACE, 0));
    if (bytes > 0 && workspace == nullptr) {
        throw Failure{CUDNN_BAD_PARAM_NULL_POINTER, "the plan needs a workspace"};
    }
    const int64_t index = engine.integer(ENGINE_INDEX);
    const int queued = launch(
        stream,
        [=] {
            static const bool tf32 = setting("NI_SIM_TF32", 0) == 1;
            static int64_t turns = 0;
            if (bytes > 0) {
                if (!reachable("cudnnBackendExecute", workspace, bytes)) {
                    return;
                }
                std::memset(workspace, 0xFF, bytes);
            }
            const float factor = index == UNSTEADY && turns++ % 2 == 0 ? 1.0f + 1.0f / (1 << 10) : 1.0f;
            run(
                *graph, [&](const Tensor& tensor) { return address_of(tensor, pointers); },
                tf32 && index == TENSOR_CORE, factor);
        },
        graph->shape.y_size() / graph->shape.k * graph->shape.w_size());
    if (queued != SUCCESS) {
        throw Failure{CUDNN_EXECUTION_FAILED, std::string("the launch failed: ") + cudaGetErrorString(queued)};
    }
}

/* --- calls --- */

thread_local std::string last_error;

template <class Body>
int call(const char* function, Body body) {
    const Lock lock;
    const int refused = refusal(function, CUDNN_EXECUTION_FAILED);
    if (refused != SUCCESS) {
        last_error = std::string(function) + ": the device does not answer";
        return refused;
    }
    try {
        body();
        return CUDNN_SUCCESS;
    } catch (const Failure& failure) {
        last_error = std::string(function) + ": " + failure.text;
        return failure.status;
    }
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

size_t cudnnGetVersion() { return 91000; }

size_t cudnnGetCudartVersion() { return 13000; }

const char* cudnnGetErrorString(int status) {
    switch (status) {
        case CUDNN_SUCCESS:
            return "CUDNN_STATUS_SUCCESS";
        case CUDNN_NOT_INITIALIZED:
            return "CUDNN_STATUS_NOT_INITIALIZED";
        case CUDNN_BAD_PARAM:
            return "CUDNN_STATUS_BAD_PARAM";
        case CUDNN_BAD_PARAM_NULL_POINTER:
            return "CUDNN_STATUS_BAD_PARAM_NULL_POINTER";
        case CUDNN_BAD_PARAM_MISALIGNED_POINTER:
            return "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER";
        case CUDNN_BAD_PARAM_ATTRIBUTE_TYPE:
            return "CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE";
        case CUDNN_NOT_SUPPORTED:
            return "CUDNN_STATUS_NOT_SUPPORTED";
        case CUDNN_NOT_SUPPORTED_GRAPH_PATTERN:
            return "CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN";
        case CUDNN_INTERNAL_ERROR_HOST_ALLOCATION_FAILED:
            return "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED";
        case CUDNN_EXECUTION_FAILED:
            return "CUDNN_STATUS_EXECUTION_FAILED";
        default:
            return "CUDNN_UNKNOWN_STATUS";
    }
}

/* The last error of this thread, which is forgotten. */
void cudnnGetLastErrorString(char* message, size_t bytes) {
    if (bytes > 0) {
        std::snprintf(message, bytes, "%s", last_error.c_str());
        last_error.clear();
    }
}

int cudnnCreate(void** handle) {
    const Lock lock;
    const int refused = refusal(__func__, CUDNN_NOT_INITIALIZED);
    if (refused == SUCCESS) {
        *handle = new Library;
    }
    return refused;
}

int cudnnDestroy(void* handle) {
    const Lock lock;
    Library* found = Handle::at<Library>(handle);
    delete found;
    return found == nullptr ? CUDNN_BAD_PARAM : CUDNN_SUCCESS;
}

int cudnnSetStream(void* handle, void* stream) {
    return call(__func__, [&] { library(handle).stream = stream; });
}

int cudnnGetStream(void* handle, void** stream) {
    return call(__func__, [&] { *stream = library(handle).stream; });
}

int cudnnBackendCreateDescriptor(int kind, void** descriptor) {
    return call(__func__, [&] {
        if (!Descriptor::exists(kind)) {
            throw Failure{CUDNN_INTERNAL_ERROR_HOST_ALLOCATION_FAILED, "descriptors of this type are not simulated"};
        }
        *descriptor = new Descriptor(static_cast<Kind>(kind));
    });
}

int cudnnBackendDestroyDescriptor(void* address) {
    const Lock lock;
    Descriptor* descriptor = Handle::at<Descriptor>(address);
    delete descriptor;
    return descriptor == nullptr ? CUDNN_BAD_PARAM_NULL_POINTER : CUDNN_SUCCESS;
}

int cudnnBackendSetAttribute(void* descriptor, int name, int type, int64_t count, const void* elements) {
    return call(__func__, [&] { Descriptor::of(descriptor).set(name, type, count, elements); });
}

int cudnnBackendGetAttribute(void* descriptor, int name, int type, int64_t wanted, int64_t* count, void* elements) {
    return call(__func__, [&] {
        const int64_t given = Descriptor::of(descriptor).get(name, type, wanted, elements);
        if (count != nullptr) {
            *count = given;
        }
    });
}

int cudnnBackendFinalize(void* descriptor) {
    return call(__func__, [&] { finalize(Descriptor::of(descriptor).contents); });
}

int cudnnBackendExecute(void* handle, void* plan_at, void* pack_at) {
    return call(__func__, [&] {
        const Contents& plan = Descriptor::of(plan_at).contents;
        const Contents& pack = Descriptor::of(pack_at).contents;
        if (plan.kind != EXECUTION_PLAN || !plan.finalized || pack.kind != VARIANT_PACK || !pack.finalized) {
            throw Failure{CUDNN_BAD_PARAM, "plan and variant pack must be finalized"};
        }
        execute(library(handle).stream, plan, pack);
    });
}
}
#pragma GCC visibility pop
