/* libcublasLt.so.13: matrix products of float32 and bfloat16, in plain loops.
 *
 * Strict where the real library is: sizes of attributes, types that go together, shapes, leading dimensions, alignment
 * that was promised to the heuristic, workspace that it asked for.
 */
#include <cstring>
#include <map>
#include <vector>

#include "numbers.h"
#include "simulation.h"

using namespace simulation;

namespace {

enum Status { OK = 0, NOT_INITIALIZED = 1, INVALID = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15 };

enum { R_32F = 0, R_16BF = 14 };
enum { COMPUTE_32F = 68, COMPUTE_32F_FAST_TF32 = 77 };
enum { OP_N = 0, OP_T = 1 };
enum { ORDER_COLUMN = 0, ORDER_ROW = 1 };
enum { EPILOGUE_DEFAULT = 1, EPILOGUE_BIAS = 4 };

/* Numbers of attributes, and how many bytes each has; a value is kept as the low bytes of a word. */
struct Attribute {
    size_t bytes;
    uint64_t value;
};

struct Attributes : Handle {
    Attributes(const char* kind, std::map<int, Attribute> values) : Handle(kind), values(std::move(values)) {}

    std::map<int, Attribute> values;

    uint64_t get(int name) const { return values.at(name).value; }
    int number(int name) const { return static_cast<int32_t>(get(name)); }
};

enum {
    LAYOUT_TYPE = 0,
    LAYOUT_ORDER = 1,
    LAYOUT_ROWS = 2,
    LAYOUT_COLUMNS = 3,
    LAYOUT_LD = 4,
    LAYOUT_BATCH_COUNT = 5
};

struct Layout : Attributes {
    Layout(int type, uint64_t rows, uint64_t columns, int64_t ld)
        : Attributes("matrix layout", {{LAYOUT_TYPE, {4, static_cast<uint64_t>(type)}},
                                       {LAYOUT_ORDER, {4, ORDER_COLUMN}},
                                       {LAYOUT_ROWS, {8, rows}},
                                       {LAYOUT_COLUMNS, {8, columns}},
                                       {LAYOUT_LD, {8, static_cast<uint64_t>(ld)}},
                                       {LAYOUT_BATCH_COUNT, {4, 1}}}) {}
};

enum { COMPUTE_TYPE = 0, SCALE_TYPE = 1, POINTER_MODE = 2, TRANS_A = 3, TRANS_B = 4, EPILOGUE = 7, BIAS_POINTER = 8 };
constexpr int BIAS_DATA_TYPE = 26;

struct Product : Attributes {
    Product(int compute, int scale)
        : Attributes("matmul descriptor", {{COMPUTE_TYPE, {4, static_cast<uint64_t>(compute)}},
                                           {SCALE_TYPE, {4, static_cast<uint64_t>(scale)}},
                                           {POINTER_MODE, {4, 0}},
                                           {TRANS_A, {4, OP_N}},
                                           {TRANS_B, {4, OP_N}},
                                           {EPILOGUE, {4, EPILOGUE_DEFAULT}},
                                           {BIAS_POINTER, {8, 0}},
                                           {BIAS_DATA_TYPE, {4, static_cast<uint32_t>(-1)}}}) {}
};

enum { MAX_WORKSPACE = 1, ALIGNMENT_A = 5, ALIGNMENT_B = 6, ALIGNMENT_C = 7, ALIGNMENT_D = 8 };

struct Preference : Attributes {
    Preference()
        : Attributes("matmul preference", {{MAX_WORKSPACE, {8, 0}},
                                           {ALIGNMENT_A, {4, 256}},
                                           {ALIGNMENT_B, {4, 256}},
                                           {ALIGNMENT_C, {4, 256}},
                                           {ALIGNMENT_D, {4, 256}}}) {}
};

struct Library : Handle {
    Library() : Handle("cuBLASLt handle") {}
};

/* What the heuristic answers; the caller keeps it and gives it back. */
struct Algorithm {
    uint64_t mark, workspace, alignment[4], unused[2];
};
constexpr uint64_t MARK = 0x6E69736D616C676F;

struct Heuristic {
    Algorithm algorithm;
    size_t workspace;
    int state;
    float waves;
    int reserved[4];
};

/* --- the product itself --- */

struct Matrix {
    Type type;
    int64_t rows, columns, row_step, column_step;

    size_t bytes() const { return (rows - 1) * row_step * size_of(type) + ((columns - 1) * column_step + 1) * size_of(type); }
    Matrix transposed() const { return {type, columns, rows, column_step, row_step}; }
};

struct Problem {
    Matrix a, b, c, d;
    bool tf32, bias;
};

bool read_layout(const Layout& layout, Matrix& matrix) {
    const int64_t ld = layout.get(LAYOUT_LD);
    const bool by_row = layout.number(LAYOUT_ORDER) == ORDER_ROW;
    matrix.type = layout.number(LAYOUT_TYPE) == R_32F ? Type::F32 : Type::BF16;
    matrix.rows = layout.get(LAYOUT_ROWS);
    matrix.columns = layout.get(LAYOUT_COLUMNS);
    matrix.row_step = by_row ? ld : 1;
    matrix.column_step = by_row ? 1 : ld;
    return matrix.rows > 0 && matrix.columns > 0 && ld >= (by_row ? matrix.columns : matrix.rows);
}

bool known(const Layout& layout) {
    const int type = layout.number(LAYOUT_TYPE);
    const int order = layout.number(LAYOUT_ORDER);
    return (type == R_32F || type == R_16BF) && (order == ORDER_COLUMN || order == ORDER_ROW) &&
           layout.number(LAYOUT_BATCH_COUNT) == 1;
}

Status read_problem(const void* product_at, const void* a_at, const void* b_at, const void* c_at, const void* d_at,
                    Problem& problem) {
    const Product* product = Handle::at<Product>(product_at);
    const Layout* a = Handle::at<Layout>(a_at);
    const Layout* b = Handle::at<Layout>(b_at);
    const Layout* c = Handle::at<Layout>(c_at);
    const Layout* d = Handle::at<Layout>(d_at);
    if (product == nullptr || a == nullptr || b == nullptr || c == nullptr || d == nullptr) {
        return INVALID;
    }
    if (!known(*a) || !known(*b) || !known(*c) || !known(*d)) {
        return NOT_SUPPORTED;
    }
    if (!read_layout(*a, problem.a) || !read_layout(*b, problem.b) || !read_layout(*c, problem.c) ||
        !read_layout(*d, problem.d)) {
        return INVALID;
    }
    const int trans_a = product->number(TRANS_A);
    const int trans_b = product->number(TRANS_B);
    if (trans_a < OP_N || trans_a > OP_T || trans_b < OP_N || trans_b > OP_T) {
        return INVALID;
    }
    problem.a = trans_a == OP_T ? problem.a.transposed() : problem.a;
    problem.b = trans_b == OP_T ? problem.b.transposed() : problem.b;
    problem.tf32 = product->number(COMPUTE_TYPE) == COMPUTE_32F_FAST_TF32;
    problem.bias = product->number(EPILOGUE) == EPILOGUE_BIAS;
    const auto& [pa, pb, pc, pd, tf32, bias] = problem;
    if (pa.columns != pb.rows || pa.rows != pd.rows || pb.columns != pd.columns || pc.rows != pd.rows ||
        pc.columns != pd.columns) {
        return INVALID;
    }
    const int compute = product->number(COMPUTE_TYPE);
    const int epilogue = product->number(EPILOGUE);
    const int bias_type = product->number(BIAS_DATA_TYPE);
    const bool bf16 = pa.type == Type::BF16;
    const bool fits = (compute == COMPUTE_32F || (compute == COMPUTE_32F_FAST_TF32 && !bf16)) &&
                      product->number(SCALE_TYPE) == R_32F && product->number(POINTER_MODE) == 0 &&
                      pa.type == pb.type && pc.type == pd.type && (bf16 || pd.type == Type::F32) &&
                      (epilogue == EPILOGUE_DEFAULT || epilogue == EPILOGUE_BIAS);
    // A bias has the type of the result, and goes down the rows of a result in the order of columns.
    const bool bias_fits = !bias || ((bias_type == -1 || bias_type == d->number(LAYOUT_TYPE)) && pd.row_step == 1);
    return fits && bias_fits ? OK : NOT_SUPPORTED;
}

/* op(matrix), row by row, in float32. */
std::vector<float> rows_of(const Matrix& matrix, const void* memory, bool tf32) {
    std::vector<float> values(matrix.rows * matrix.columns);
#pragma omp parallel for
    for (int64_t i = 0; i < matrix.rows; i++) {
        for (int64_t j = 0; j < matrix.columns; j++) {
            const float value = load(matrix.type, memory, i * matrix.row_step + j * matrix.column_step);
            values[i * matrix.columns + j] = tf32 ? to_tf32(value) : value;
        }
    }
    return values;
}

void multiply(const Problem& problem, float alpha, float beta, const void* a, const void* b, const void* bias,
              const void* c, void* d) {
    const Matrix& result = problem.d;
    const int64_t k = problem.a.columns;
    const std::vector<float> left = rows_of(problem.a, a, problem.tf32);
    const std::vector<float> right = rows_of(problem.b.transposed(), b, problem.tf32);
#pragma omp parallel for collapse(2)
    for (int64_t i = 0; i < result.rows; i++) {
        for (int64_t j = 0; j < result.columns; j++) {
            const float* x = &left[i * k];
            const float* y = &right[j * k];
            float sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int64_t p = 0; p < k; p++) {
                sum += x[p] * y[p];
            }
            sum *= alpha;
            if (beta != 0) {
                sum += beta * load(problem.c.type, c, i * problem.c.row_step + j * problem.c.column_step);
            }
            if (problem.bias) {
                sum += load(result.type, bias, i);
            }
            store(result.type, d, i * result.row_step + j * result.column_step, sum);
        }
    }
}

/* --- calls --- */

template <class Body>
int call(const char* function, Body body) {
    const Lock lock;
    const int refused = refusal(function, EXECUTION_FAILED);
    return refused != OK ? refused : body();
}

template <class T>
int destroy(void* address) {
    const Lock lock;
    T* handle = Handle::at<T>(address);
    delete handle;
    return handle == nullptr ? INVALID : OK;
}

template <class T>
int set(const char* function, void* address, int name, const void* value, size_t bytes) {
    return call(function, [&] {
        T* attributes = Handle::at<T>(address);
        if (attributes == nullptr || value == nullptr) {
            return INVALID;
        }
        const auto found = attributes->values.find(name);
        if (found == attributes->values.end()) {
            return NOT_SUPPORTED;
        }
        if (found->second.bytes != bytes) {
            return INVALID;
        }
        found->second.value = 0;
        std::memcpy(&found->second.value, value, bytes);
        return OK;
    });
}

bool aligned(const void* address, uint64_t alignment) { return reinterpret_cast<uintptr_t>(address) % alignment == 0; }

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

size_t cublasLtGetVersion() { return 130000; }

size_t cublasLtGetCudartVersion() { return 13000; }

const char* cublasLtGetStatusString(int status) {
    switch (status) {
        case OK:
            return "success";
        case NOT_INITIALIZED:
            return "library was not initialized";
        case INVALID:
            return "an unsupported value or parameter was passed to the function";
        case EXECUTION_FAILED:
            return "the GPU program failed to execute";
        case NOT_SUPPORTED:
            return "the requested functionality is not supported";
        default:
            return "unknown status";
    }
}

int cublasLtCreate(void** library) {
    return call(__func__, [&] {
        *library = new Library;
        return OK;
    });
}

int cublasLtDestroy(void* library) { return destroy<Library>(library); }

int cublasLtMatrixLayoutCreate(void** layout, int type, uint64_t rows, uint64_t columns, int64_t ld) {
    return call(__func__, [&] {
        *layout = new Layout(type, rows, columns, ld);
        return OK;
    });
}

int cublasLtMatrixLayoutSetAttribute(void* layout, int name, const void* value, size_t bytes) {
    return set<Layout>(__func__, layout, name, value, bytes);
}

int cublasLtMatrixLayoutDestroy(void* layout) { return destroy<Layout>(layout); }

int cublasLtMatmulDescCreate(void** product, int compute, int scale) {
    return call(__func__, [&] {
        *product = new Product(compute, scale);
        return OK;
    });
}

int cublasLtMatmulDescSetAttribute(void* product, int name, const void* value, size_t bytes) {
    return set<Product>(__func__, product, name, value, bytes);
}

int cublasLtMatmulDescDestroy(void* product) { return destroy<Product>(product); }

int cublasLtMatmulPreferenceCreate(void** preference) {
    return call(__func__, [&] {
        *preference = new Preference;
        return OK;
    });
}

int cublasLtMatmulPreferenceSetAttribute(void* preference, int name, const void* value, size_t bytes) {
    return set<Preference>(__func__, preference, name, value, bytes);
}

int cublasLtMatmulPreferenceDestroy(void* preference) { return destroy<Preference>(preference); }

/* Two algorithms, the first with a workspace if one of its size is allowed. */
int cublasLtMatmulAlgoGetHeuristic(void* library, void* product, void* a, void* b, void* c, void* d,
                                   void* preference_at, int wanted, Heuristic results[], int* found) {
    return call(__func__, [&]() -> int {
        const Preference* preference = Handle::at<Preference>(preference_at);
        if (Handle::at<Library>(library) == nullptr || preference == nullptr || wanted < 1 || results == nullptr) {
            return INVALID;
        }
        *found = 0;
        Problem problem;
        const Status status = read_problem(product, a, b, c, d, problem);
        if (status != OK) {
            return status;
        }
        for (const uint64_t workspace : {uint64_t{1} << 16, uint64_t{0}}) {
            if (workspace <= preference->get(MAX_WORKSPACE) && *found < wanted) {
                Heuristic& result = results[(*found)++];
                result = {};
                result.algorithm.mark = MARK;
                result.algorithm.workspace = result.workspace = workspace;
                for (int i = 0; i < 4; i++) {
                    result.algorithm.alignment[i] = preference->get(ALIGNMENT_A + i);
                }
            }
        }
        return OK;
    });
}

int cublasLtMatmul(void* library, void* product_at, const float* alpha, const void* a, void* a_layout, const void* b,
                   void* b_layout, const float* beta, const void* c, void* c_layout, void* d, void* d_layout,
                   const Algorithm* algorithm, void* workspace, size_t workspace_bytes, void* stream) {
    return call(__func__, [&]() -> int {
        if (Handle::at<Library>(library) == nullptr || alpha == nullptr || beta == nullptr || a == nullptr ||
            b == nullptr || d == nullptr || (c == nullptr && *beta != 0)) {
            return INVALID;
        }
        Problem problem;
        const Status status = read_problem(product_at, a_layout, b_layout, c_layout, d_layout, problem);
        if (status != OK) {
            return status;
        }
        const Algorithm chosen = algorithm == nullptr ? Algorithm{MARK, 0, {16, 16, 16, 16}, {}} : *algorithm;
        if (chosen.mark != MARK || workspace_bytes < chosen.workspace ||
            (chosen.workspace > 0 && (workspace == nullptr || !aligned(workspace, 16)))) {
            return INVALID;
        }
        const void* bias = reinterpret_cast<const void*>(Handle::at<Product>(product_at)->get(BIAS_POINTER));
        if (problem.bias && bias == nullptr) {
            return INVALID;
        }
        const bool promised = aligned(a, chosen.alignment[0]) && aligned(b, chosen.alignment[1]) &&
                              (c == nullptr || aligned(c, chosen.alignment[2])) && aligned(d, chosen.alignment[3]);
        const float scale = *alpha;
        const float share = *beta;
        const int queued = launch(stream, [=] {
            const char* name = "cublasLtMatmul";
            if (!promised) {
                return lose(MISALIGNED_ADDRESS, "cublasLtMatmul: an operand is not aligned as its heuristic was told");
            }
            if (!reachable(name, a, problem.a.bytes()) || !reachable(name, b, problem.b.bytes()) ||
                !reachable(name, d, problem.d.bytes()) || (share != 0 && !reachable(name, c, problem.c.bytes())) ||
                (problem.bias && !reachable(name, bias, problem.d.rows * size_of(problem.d.type)))) {
                return;
            }
            if (chosen.workspace > 0) {
                if (!reachable(name, workspace, chosen.workspace)) {
                    return;
                }
                std::memset(workspace, 0xFF, chosen.workspace);
            }
            multiply(problem, scale, share, a, b, bias, c, d);
        });
        return queued == SUCCESS ? OK : EXECUTION_FAILED;
    });
}
}
#pragma GCC visibility pop
