// The weights of step 2 of shrink.cu, which stay in registers. Their tables are made by shrink/weights.rs in crates/ops.
#pragma once

#include "matrix.cuh"

// Steps of 64 bytes of a row whose weights the registers of a warp hold.
constexpr int HELD_STEPS = 4;

// Whether the GPU multiplies sparse matrices.
#if __CUDA_ARCH__ >= 800
constexpr bool SPARSE_PRODUCTS = true;
#else
constexpr bool SPARSE_PRODUCTS = false;
#endif

// The weights of a warp's part of a horizontal pass, which has 16 samples of a row of the output, or its share of their source bytes:
// for each step and digit two matrices of 16 samples by 32 bytes of the row. The tables of gray are as the lanes take them.
template <int CHANNELS, int PLANES, bool SPARSE = SPARSE_PRODUCTS && CHANNELS != 1>
struct Weights {
    uint32_t words[HELD_STEPS][PLANES][8];

    // `from` is the first word of the part.
    __device__ __forceinline__ void load(const uint32_t* from, uint32_t steps) {
#pragma unroll
        for (uint32_t step = 0; step < HELD_STEPS; ++step) {
#pragma unroll
            for (uint32_t i = 0; i < PLANES * 8; ++i) {
                words[step][i / 8][i % 8] = 0;
            }
            if (step < steps) {
                if constexpr (CHANNELS == 1) {
                    copy_step(from, words[step]);
                } else {
                    expand_step(from, words[step]);
                }
            }
            from += CHANNELS == 1 ? PLANES * 256 : PLANES * 128 + 32;
        }
    }

    __device__ __forceinline__ static void copy_step(const uint32_t* from, uint32_t (*to)[8]) {
        const uint4* units = reinterpret_cast<const uint4*>(from) + threadIdx.x % 32;
#pragma unroll
        for (uint32_t i = 0; i < PLANES * 2; ++i) {
            const uint4 four = __ldg(units + 32 * i);
            uint32_t* half = to[i / 2] + 4 * (i % 2);
            half[0] = four.x;
            half[1] = four.y;
            half[2] = four.z;
            half[3] = four.w;
        }
    }

    // Makes the words of all weights from two of four of them and their positions.
    __device__ __forceinline__ static void expand_step(const uint32_t* from, uint32_t (*to)[8]) {
        const uint32_t row = threadIdx.x % 32 / 4 * 4;
        const uint32_t q = threadIdx.x % 4;
#pragma unroll
        for (uint32_t i = 0; i < 8; ++i) {
            const uint32_t matrix = i / 4;
            const uint32_t word = i / 2 % 2;
            const uint32_t upper = i % 2;
            const uint32_t places = __ldg(from + PLANES * 128 + row + 2 * matrix + upper) >> 4 * (4 * word + q);
#pragma unroll
            for (uint32_t plane = 0; plane < PLANES; ++plane) {
                const uint32_t four = __ldg(from + 4 * (32 * plane + row + 2 * word + q / 2) + 2 * matrix + upper);
                const uint32_t two = four >> 16 * (q % 2);
                to[plane][i] = (two & 255u) << 8 * (places & 3u) | (two >> 8 & 255u) << 8 * (places >> 2 & 3u);
            }
        }
    }

    // Adds the products of a step with 16 bytes of the lane's row to the sums of each digit.
    __device__ __forceinline__ void add_products(int step, uint4 bytes, int32_t (*sums)[4]) const {
#pragma unroll
        for (int plane = 0; plane < PLANES; ++plane) {
            const uint32_t* own = words[step][plane];
            if (plane == PLANES - 1) {
                add_digits_times_bytes<true>(sums[plane], own, bytes.x, bytes.y);
                add_digits_times_bytes<true>(sums[plane], own + 4, bytes.z, bytes.w);
            } else {
                add_digits_times_bytes<false>(sums[plane], own, bytes.x, bytes.y);
                add_digits_times_bytes<false>(sums[plane], own + 4, bytes.z, bytes.w);
            }
        }
    }
};

#if __CUDA_ARCH__ >= 800
// As `add_digits_times_bytes` for 64 positions, of whose digits two of four are given, since the others are zero: `a` has rows g and
// g + 8 of the first 32 positions, then of the next 32; `b` has bytes of column g of the first 16 positions and so on. `metadata` says
// which of four: two bits for each digit, ascending in each pair. Lane 4g has those of row g of the first 32 positions, and the next
// lanes those of row g + 8, of row g of the next 32 positions, and of row g + 8 there.
template <bool SIGNED>
__device__ __forceinline__ void add_sparse_digits_times_bytes(int32_t* sums, const uint32_t* a, uint32_t metadata, uint4 b) {
    if constexpr (SIGNED) {
        asm("mma.sp::ordered_metadata.sync.aligned.m16n8k64.row.col.s32.s8.u8.s32 "
            "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9,%10,%11}, {%0,%1,%2,%3}, %12, 0x0;"
            : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y), "r"(b.z), "r"(b.w), "r"(metadata));
    } else {
        asm("mma.sp::ordered_metadata.sync.aligned.m16n8k64.row.col.s32.u8.u8.s32 "
            "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9,%10,%11}, {%0,%1,%2,%3}, %12, 0x0;"
            : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y), "r"(b.z), "r"(b.w), "r"(metadata));
    }
}

// `Weights` for GPUs that multiply sparse matrices: of four weights of a sample one after the other, at most two are not zero, those at
// the bytes of its channel.
template <int CHANNELS, int PLANES>
struct Weights<CHANNELS, PLANES, true> {
    uint32_t words[HELD_STEPS][PLANES][4];
    uint32_t metadata[HELD_STEPS];

    __device__ __forceinline__ void load(const uint32_t* from, uint32_t steps) {
        const uint32_t lane = threadIdx.x % 32;
#pragma unroll
        for (uint32_t step = 0; step < HELD_STEPS; ++step) {
#pragma unroll
            for (uint32_t plane = 0; plane < PLANES; ++plane) {
                const uint4* four_words = reinterpret_cast<const uint4*>(from) + 32 * plane + lane;
                const uint4 four = step < steps ? __ldg(four_words) : make_uint4(0, 0, 0, 0);
                words[step][plane][0] = four.x;
                words[step][plane][1] = four.y;
                words[step][plane][2] = four.z;
                words[step][plane][3] = four.w;
            }
            metadata[step] = step < steps ? __ldg(from + PLANES * 128 + lane) : 0;
            from += PLANES * 128 + 32;
        }
    }

    __device__ __forceinline__ void add_products(int step, uint4 bytes, int32_t (*sums)[4]) const {
#pragma unroll
        for (int plane = 0; plane < PLANES; ++plane) {
            if (plane == PLANES - 1) {
                add_sparse_digits_times_bytes<true>(sums[plane], words[step][plane], metadata[step], bytes);
            } else {
                add_sparse_digits_times_bytes<false>(sums[plane], words[step][plane], metadata[step], bytes);
            }
        }
    }
};
#endif
