/* descriptor: cuDNN's descriptors, as attributes that are set, checked, and fixed when the descriptor is finalised. */
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cudnn_names.h"
#include "simulation.h"

namespace simulation {

/* Why a call fails: its status, and what cudnnGetLastErrorString says. */
struct Failure {
    int status;
    std::string text;
};

struct ConvolutionGraph;
struct Contents;

/* Numbers, modes, addresses and truths are integers. */
struct Value {
    int type;
    std::vector<int64_t> integers;
    std::vector<double> reals;
    std::vector<std::shared_ptr<const Contents>> descriptors;
};

/* What a descriptor says. Who is given a descriptor keeps a copy of it as it was then. */
struct Contents {
    Kind kind;
    bool finalized = false;
    std::map<int, Value> values;
    std::shared_ptr<const ConvolutionGraph> graph;  // of an operation graph

    bool has(int name) const { return values.count(name) != 0; }
    const std::vector<int64_t>& integers(int name) const;
    int64_t integer(int name) const { return integers(name).front(); }
    int64_t integer(int name, int64_t otherwise) const { return has(name) ? integer(name) : otherwise; }
    double real(int name, double otherwise) const;
    /* A descriptor of that kind, finalised. */
    const Contents& descriptor(int name, Kind kind) const;
    const std::vector<std::shared_ptr<const Contents>>& descriptors(int name) const;
};

struct Descriptor : Handle {
    explicit Descriptor(Kind kind) : Handle("cuDNN descriptor"), contents{kind, false, {}, nullptr} {}

    Contents contents;

    static bool exists(int kind);
    static Descriptor& of(const void* address);

    void set(int name, int type, int64_t count, const void* elements);
    int64_t get(int name, int type, int64_t count, void* elements) const;
};

}  // namespace simulation
