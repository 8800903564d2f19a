// The inverse DCT of JPEG in one direction, as libjpeg-turbo's SIMD code computes its accurate integer method ("islow"): sums of
// 16-bit numbers wrap, products and their sums are exact in 32 bits, and results saturate to 16 bits.
#pragma once

#include "types.cuh"

// The low 16 bits as a signed number.
__device__ __forceinline__ int32_t low_16(int32_t value) {
    return static_cast<int16_t>(value);
}

// Two numbers in one word, each saturated to 16 bits, `low` in the low half.
__device__ __forceinline__ uint32_t saturated_pair(int32_t low, int32_t high) {
    uint32_t word;
    asm("cvt.pack.sat.s16.s32 %0, %1, %2;" : "=r"(word) : "r"(high), "r"(low));
    return word;
}

// Four numbers in one word, each saturated to 0..255, `a` in the lowest bits.
__device__ __forceinline__ uint32_t saturated_bytes(int32_t a, int32_t b, int32_t c, int32_t d) {
    uint32_t word;
    asm("{\n.reg .u32 upper;\n"
        "cvt.pack.sat.u8.s32.b32 upper, %4, %3, 0;\n"
        "cvt.pack.sat.u8.s32.b32 %0, %2, %1, upper;\n}"
        : "=r"(word)
        : "r"(a), "r"(b), "r"(c), "r"(d));
    return word;
}

// The transform of eight 16-bit numbers. Results are shifted right by SHIFT; OFFSET is added before that, and contains the half
// that rounds. No sum leaves 32 bits: the largest is below 1.6 * 2^30.
template <int SHIFT, int32_t OFFSET>
__device__ __forceinline__ void inverse_dct(const int32_t* in, int32_t* out) {
    const int32_t e0 = low_16(in[0] + in[4]) * 8192 + OFFSET;
    const int32_t e1 = low_16(in[0] - in[4]) * 8192 + OFFSET;
    const int32_t e2 = 4433 * in[2] - 10704 * in[6];
    const int32_t e3 = 10703 * in[2] + 4433 * in[6];
    const int32_t z3 = low_16(in[7] + in[3]);
    const int32_t z4 = low_16(in[5] + in[1]);
    const int32_t y3 = 9633 * z4 - 6436 * z3;
    const int32_t y4 = 9633 * z3 + 6437 * z4;
    const int32_t even[4] = {e0 + e3, e1 + e2, e1 - e2, e0 - e3};
    const int32_t odd[4] = {
        4926 * in[1] - 7373 * in[7] + y4,
        4177 * in[3] - 20995 * in[5] + y3,
        y4 - 4176 * in[5] - 20995 * in[3],
        y3 - 4927 * in[7] - 7373 * in[1],
    };
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        out[i] = (even[i] + odd[i]) >> SHIFT;
        out[7 - i] = (even[i] - odd[i]) >> SHIFT;
    }
}
