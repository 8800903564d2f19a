// What lies outside an image, where an operator has a choice of borders.
#pragma once

#include "args/warp.cuh"

// The index inside 0..length that a border which is not constant reads for an index outside of it. `outside` is a number of
// `WarpOutside`.
__device__ __forceinline__ int inside_of(int index, int length, uint32_t outside) {
    if (outside == WarpOutside::REPLICATE || length == 1) {
        return index < 0 ? 0 : length - 1;
    }
    const int period =
        outside == WarpOutside::WRAP ? length : (outside == WarpOutside::REFLECT ? 2 * length : 2 * length - 2);
    int folded = index % period;
    folded = folded < 0 ? folded + period : folded;
    if (folded < length) {
        return folded;
    }
    return outside == WarpOutside::REFLECT ? period - 1 - folded : period - folded;
}

// The same for any index, inside or outside.
__device__ __forceinline__ int border_index(int index, int length, uint32_t outside) {
    return index >= 0 && index < length ? index : inside_of(index, length, outside);
}
