// Flat lists of work over items of any sizes: the blocks of threads of one launch are numbered through all items.
#pragma once

#include "types.cuh"

// The item of this block of threads: the last one of which `first_tiles`, ascending from 0, is not above the block's number. All
// threads of the block call it.
__device__ __forceinline__ uint32_t item_of_tile(const uint32_t* first_tiles, uint32_t count, uint32_t tile) {
    uint32_t before = 0;
    for (uint32_t first = 0; first < count; first += blockDim.x) {
        const uint32_t i = first + threadIdx.x;
        const uint32_t here = __syncthreads_count(i < count && first_tiles[i] <= tile);
        before += here;
        if (here < blockDim.x) {
            break;
        }
    }
    return before - 1;
}

// The row and column of the element `index` of a rectangle with `columns` columns. `inverse` is 2^32 / columns rounded up, and 0
// for one column. The quotient by a factor is at most one too large, since `index` is below 2^32.
__device__ __forceinline__ void split_index(uint32_t index, uint32_t columns, uint32_t inverse, uint32_t& row, uint32_t& column) {
    row = inverse == 0 ? index : __umulhi(index, inverse);
    if (row * uint64_t(columns) > index) {
        row -= 1;
    }
    column = index - row * columns;
}
