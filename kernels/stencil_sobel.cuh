// The Sobel magnitude of the samples of a lane.
#pragma once

#include "stencil_lane.cuh"

// The bits of a small integer, taken as f16, are the subnormal or small normal number of the same value in units of 2^-24. Sums
// are exact up to 2047. So one packed f16 addition adds two signed integers, in the floating-point pipe, whose throughput is
// twice that of the integer pipe.
__device__ __forceinline__ uint32_t half_add(uint32_t a, uint32_t b) {
    uint32_t sum;
    asm("add.rn.f16x2 %0, %1, %2;" : "=r"(sum) : "r"(a), "r"(b));
    return sum;
}

__device__ __forceinline__ uint32_t half_sub(uint32_t a, uint32_t b) {
    uint32_t difference;
    asm("sub.rn.f16x2 %0, %1, %2;" : "=r"(difference) : "r"(a), "r"(b));
    return difference;
}

// 2 a + b.
__device__ __forceinline__ uint32_t half_twice_add(uint32_t a, uint32_t b) {
    uint32_t sum;
    asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(sum) : "r"(a), "r"(0x40004000u), "r"(b));
    return sum;
}

__device__ __forceinline__ float half_low(uint32_t pair) {
    float value;
    asm("{ .reg .b16 l, h; mov.b32 {l, h}, %1; cvt.f32.f16 %0, l; }" : "=f"(value) : "r"(pair));
    return value;
}

__device__ __forceinline__ float half_high(uint32_t pair) {
    float value;
    asm("{ .reg .b16 l, h; mov.b32 {l, h}, %1; cvt.f32.f16 %0, h; }" : "=f"(value) : "r"(pair));
    return value;
}

// round_half_even(sqrt(x^2 + y^2)) of integers up to 1020, given in units of 2^-24.
//
// x^2 + y^2 is exact: it is below 2^24, in units of 2^-48. The root is approximate, with a relative error of at most 2^-23
// (PTX ISA, sqrt.approx.f32; flushing subnormal numbers changes nothing, the smallest argument but 0 is 2^-48). No root of
// an integer is halfway between two integers, and below 255.5 the nearest to a halfway point, sqrt(255 * 256), is 4.9e-4 away,
// while the error is at most 255.5 * 2^-23 = 3.1e-5: rounding gives what it gives for the exact root. From 255.5 on the
// result is 255 or more, and is clamped to 255. The product with 2^-125 is in units of 2^-149, those of the subnormal numbers,
// to which IEEE arithmetic rounds half to even: its bits are the integer.
__device__ __forceinline__ uint32_t root(float x, float y) {
    const float square = __fmaf_rn(x, x, __fmul_rn(y, y));
    float length;
    asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(length) : "f"(square));
    return __float_as_uint(__fmul_rn(length, 0x1p-125f));
}

// Four numbers up to 32767 as bytes, at most 255, `a` in the lowest.
__device__ __forceinline__ uint32_t pack_saturated(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    uint32_t word;
    asm("{ .reg .b32 t; cvt.pack.sat.u8.s32.b32 t, %4, %3, 0; cvt.pack.sat.u8.s32.b32 %0, %2, %1, t; }"
        : "=r"(word)
        : "r"(a), "r"(b), "r"(c), "r"(d));
    return word;
}

// The Sobel state of a lane that walks down the rows: `next` takes a row and gives the magnitudes of the row above it.
template <int WORDS>
struct Sobel {
    Pairs<WORDS> across_before;  // s[x+1] - s[x-1] of the previous row
    Pairs<WORDS> across_sum;     // the same, summed over the previous two rows
    Pairs<WORDS> smooth_before;  // s[x-1] + 2 s[x] + s[x+1] of the previous row
    Pairs<WORDS> smooth_older;   // the same, of the row before that

    static __device__ __forceinline__ void step(
        uint32_t left, uint32_t middle, uint32_t right, uint32_t& across_before, uint32_t& across_sum,
        uint32_t& smooth_before, uint32_t& smooth_older, uint32_t& first, uint32_t& second) {
        const uint32_t across = half_sub(right, left);
        const uint32_t smooth = half_twice_add(middle, half_add(left, right));
        const uint32_t sum = half_add(across, across_before);
        const uint32_t gx = half_add(sum, across_sum);
        const uint32_t gy = half_sub(smooth, smooth_older);
        across_before = across;
        across_sum = sum;
        smooth_older = smooth_before;
        smooth_before = smooth;
        first = root(half_low(gx), half_low(gy));
        second = root(half_high(gx), half_high(gy));
    }

    template <int WORD = 0>
    __device__ __forceinline__ void words(const Pairs<WORDS, 1>& s, uint32_t (&out)[WORDS]) {
        if constexpr (WORD < WORDS) {
            constexpr int j = 4 * WORD;
            uint32_t a, b, c, d;
            step(s.template at<j - 1>(), s.template at<j>(), s.template at<j + 1>(), across_before.even[WORD],
                 across_sum.even[WORD], smooth_before.even[WORD], smooth_older.even[WORD], a, c);
            step(s.template at<j>(), s.template at<j + 1>(), s.template at<j + 2>(), across_before.odd[WORD],
                 across_sum.odd[WORD], smooth_before.odd[WORD], smooth_older.odd[WORD], b, d);
            out[WORD] = pack_saturated(a, b, c, d);
            words<WORD + 1>(s, out);
        }
    }

    __device__ __forceinline__ void next(const Pairs<WORDS>& row, uint32_t (&out)[WORDS]) {
        Pairs<WORDS, 1> all;
        // Halo exchange of the nearest samples only: the odd ones of the word to the left, the even ones of the word to the
        // right.
        all.even[0] = 0;
        all.odd[0] = __shfl_up_sync(ALL_LANES, row.odd[WORDS - 1], 1);
        all.even[WORDS + 1] = __shfl_down_sync(ALL_LANES, row.even[0], 1);
        all.odd[WORDS + 1] = 0;
#pragma unroll
        for (int w = 0; w < WORDS; ++w) {
            all.even[w + 1] = row.even[w];
            all.odd[w + 1] = row.odd[w];
        }
        words(all, out);
    }
};
