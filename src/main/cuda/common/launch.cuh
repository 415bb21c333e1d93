/* launch: how a functor is run over many elements, and the one place that knows host from device.
 *
 * each(stream, n, f, cost = 1)
 *     f(i) for every i in [0, n). If f takes nothing, what it returns takes i: for what need be worked out but rarely.
 *     cost: about how many elements one call handles.
 * each_row(stream, rows, c, f)
 *     f(row) returns g, and g(j) is called for every j in [0, c): for what must be worked out once for each row.
 * each_channel(stream, rows, c, f)
 *     f(ch) returns g, and g(i) is called for every i = row * c + ch: for what must be worked out once for each
 *     channel. Or, where nothing is, f(i, ch).
 * reduce_channels<K>(stream, rows, c, partials, f, finish)
 *     K sums for every channel: f(ch) returns g, and g(i, sums) adds to sums[0], .. sums[K - 1]; or f(i, ch, sums).
 *     It may store results for element i, too. Then finish(ch, totals), totals being const double*.
 * reduce_all<K>(stream, n, partials, f, finish)
 *     K sums over all elements: f(i, sums), or f() returns g and g(i, sums). Then finish(totals), once.
 * reduce_rows<K>(stream, rows, c, partials, f, finish)
 *     K sums over all elements: f(row) returns g, and g(j, sums) for every j in [0, c). Then finish(totals), once.
 * copy_bytes(stream, x, y, bytes), clear_bytes(stream, y, bytes)
 *     Memory as it is.
 *
 * Every element is handled exactly once, in any order and at the same time; a functor may overwrite an element that it
 * alone reads. Functors are written [=] NI_LAMBDA(auto i) where elements are only loaded, computed with and stored (see
 * lanes.cuh; on a device their memory then begins at a multiple of 16 bytes), and [=] NI_LAMBDA(int64_t i) where the
 * index itself is computed with. reduce_channels takes the former only. What finish takes is never auto.
 *
 * A reduction adds in an order that follows from its sizes alone: in float32 over some dozens of elements, in double
 * beyond. partials: reduction_parts float32 for each sum, K * c or K times in all.
 */
#pragma once

#include <cstdint>
#include <type_traits>

#include "lanes.cuh"
#include "ni_kernels.h"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

template <class F, class... A>
constexpr bool takes = std::is_invocable_v<F, A...>;

}  // namespace NI_ISA_NAMESPACE

#ifdef __CUDACC__
#include "launch_device.cuh"
#else
#include "launch_host.cuh"
#endif
