// Products of small matrices of bytes by the matrix instructions of a warp, which resample.cu and shrink.cu use for sums of weighted pixels.
//
// A lane has parts of each matrix; with `g = lane / 4` and `q = lane % 4`, a word of four bytes of a row (or of a column, for the
// second factor) is at positions 4q to 4q + 3 of 16. Which position has which number does not matter, as long as both factors agree.
#pragma once

#include "types.cuh"

// Adds the product of 16 rows of digits (`a`: rows g and g + 8 of the first 16 positions, then of the next 16) with 8 columns of
// bytes (`b`: column g of the first and the next 16 positions) to `sums`: row g, columns 2q and 2q + 1, then row g + 8. SIGNED: the
// digits are signed bytes.
template <bool SIGNED>
__device__ __forceinline__ void add_digits_times_bytes(int32_t* sums, const uint32_t* a, uint32_t b0, uint32_t b1) {
#if __CUDA_ARCH__ >= 800
    if constexpr (SIGNED) {
        asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.u8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
    } else {
        asm("mma.sync.aligned.m16n8k32.row.col.s32.u8.u8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
    }
#else
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        int32_t* half = sums + 2 * (i % 2);
        const uint32_t b = i < 2 ? b0 : b1;
        if constexpr (SIGNED) {
            asm("mma.sync.aligned.m8n8k16.row.col.s32.s8.u8.s32 {%0,%1}, {%2}, {%3}, {%0,%1};" : "+r"(half[0]), "+r"(half[1]) : "r"(a[i]), "r"(b));
        } else {
            asm("mma.sync.aligned.m8n8k16.row.col.s32.u8.u8.s32 {%0,%1}, {%2}, {%3}, {%0,%1};" : "+r"(half[0]), "+r"(half[1]) : "r"(a[i]), "r"(b));
        }
    }
#endif
}

// Adds the product of 16 rows of bytes (rows g and g + 8 of 16 positions) with 8 columns of digits (column g) to `sums`, as above.
template <bool SIGNED>
__device__ __forceinline__ void add_bytes_times_digits(int32_t* sums, uint32_t a0, uint32_t a1, uint32_t b) {
#if __CUDA_ARCH__ >= 800
    if constexpr (SIGNED) {
        asm("mma.sync.aligned.m16n8k16.row.col.s32.u8.s8.s32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
            : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
            : "r"(a0), "r"(a1), "r"(b));
    } else {
        asm("mma.sync.aligned.m16n8k16.row.col.s32.u8.u8.s32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
            : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
            : "r"(a0), "r"(a1), "r"(b));
    }
#else
#pragma unroll
    for (int i = 0; i < 2; ++i) {
        int32_t* half = sums + 2 * i;
        const uint32_t a = i == 0 ? a0 : a1;
        if constexpr (SIGNED) {
            asm("mma.sync.aligned.m8n8k16.row.col.s32.u8.s8.s32 {%0,%1}, {%2}, {%3}, {%0,%1};" : "+r"(half[0]), "+r"(half[1]) : "r"(a), "r"(b));
        } else {
            asm("mma.sync.aligned.m8n8k16.row.col.s32.u8.u8.s32 {%0,%1}, {%2}, {%3}, {%0,%1};" : "+r"(half[0]), "+r"(half[1]) : "r"(a), "r"(b));
        }
    }
#endif
}

// The sum of products from the sums of each digit, `stride` apart, the lowest first. It may wrap in between.
template <int PLANES>
__device__ __forceinline__ int32_t from_digits(const int32_t* digits, int stride) {
    uint32_t sum = digits[(PLANES - 1) * stride];
#pragma unroll
    for (int plane = PLANES - 2; plane >= 0; --plane) {
        sum = (sum << 8) + digits[plane * stride];
    }
    return static_cast<int32_t>(sum);
}

// Four values as bytes of a word, each clamped.
__device__ __forceinline__ uint32_t pack_clamped(const int32_t* values) {
    uint32_t upper;
    uint32_t word;
    asm("cvt.pack.sat.u8.s32.b32 %0, %1, %2, 0;" : "=r"(upper) : "r"(values[3]), "r"(values[2]));
    asm("cvt.pack.sat.u8.s32.b32 %0, %1, %2, %3;" : "=r"(word) : "r"(values[1]), "r"(values[0]), "r"(upper));
    return word;
}
