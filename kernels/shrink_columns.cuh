// Step 2 of shrink.cu: the horizontal pass of 16 source rows.
#pragma once

#include "args/shrink.cuh"
#include "matrix.cuh"
#include "shrink_load.cuh"
#include "shrink_weights.cuh"

// The row of a round that a lane takes its pixels from; the second matrix instruction takes those two rows below. A lane has then the
// sums of four rows, one below the other: it has them for columns 2q and 2q + 1 of both instructions.
__device__ __forceinline__ uint32_t lane_row() {
    const uint32_t column = threadIdx.x % 32 / 4;
    return column / 2 * 4 + column % 2;
}

// The weighted sums of a warp's part: of samples g and g + 8 four rows each. `pixels` are the lane's first 16 bytes in shared memory,
// `initial` is the summand of all.
template <int CHANNELS, int PLANES>
__device__ __forceinline__ void sum_columns(const Weights<CHANNELS, PLANES>& weights, const uint8_t* pixels, uint32_t row_pitch,
                                            uint32_t steps, int32_t initial, int32_t (*sums)[4]) {
    int32_t digits[2][PLANES][4] = {};
#pragma unroll
    for (int i = 0; i < 8; ++i) {
        digits[i / 4][0][i % 4] = initial;
    }
#pragma unroll
    for (int step = 0; step < HELD_STEPS; ++step) {
        if (step < steps) {
#pragma unroll
            for (int rows = 0; rows < 2; ++rows) {
                const uint4 bytes = *reinterpret_cast<const uint4*>(pixels + 2 * rows * row_pitch + 64 * step);
                weights.add_products(step, bytes, digits[rows]);
            }
        }
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) {
        sums[i / 4][i % 4] = from_digits<PLANES>(digits[i % 4 / 2][0] + i / 4 * 2 + i % 2, 4);
    }
}

// The sums of four rows as bytes of a word.
__device__ __forceinline__ uint32_t column_word(const int32_t* sums, uint32_t shift) {
    const int32_t values[4] = {sums[0] >> shift, sums[1] >> shift, sums[2] >> shift, sums[3] >> shift};
    return pack_clamped(values);
}

// Adds up the sums of a group whose weights several warps have: the first of them gets all, and the others, without samples, give
// theirs through shared memory. All warps of a block call this.
__device__ __forceinline__ void add_helpers(const ShrinkPart& part, int4* partial, int32_t (*sums)[4]) {
    if (part.steps > 0 && part.samples == 0) {
        partial[64 * part.slot] = make_int4(sums[0][0], sums[0][1], sums[0][2], sums[0][3]);
        partial[64 * part.slot + 32] = make_int4(sums[1][0], sums[1][1], sums[1][2], sums[1][3]);
    }
    __syncthreads();
    for (uint32_t i = 0; i < part.helpers; ++i) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int4 more = partial[64 * (part.first_helper + i) + 32 * half];
            sums[half][0] += more.x;
            sums[half][1] += more.y;
            sums[half][2] += more.z;
            sums[half][3] += more.w;
        }
    }
}
