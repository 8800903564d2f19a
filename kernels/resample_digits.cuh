// Device functions that resample.cu and resample_mixed.cu share: words of four samples, and their products with digits of weights.
#pragma once

#include "common.cuh"

// Four pixels as a word for each of the first `CHANNELS` channels.
template <int CHANNELS>
__device__ __forceinline__ void planar_quad(const uint32_t* p, uint32_t* words) {
    const uint32_t a = __byte_perm(p[0], p[1], 0x5140);
    const uint32_t b = __byte_perm(p[2], p[3], 0x5140);
    words[0] = __byte_perm(a, b, 0x5410);
    if constexpr (CHANNELS > 1) {
        const uint32_t c = __byte_perm(p[0], p[1], 0x7362);
        const uint32_t d = __byte_perm(p[2], p[3], 0x7362);
        words[1] = __byte_perm(a, b, 0x7632);
        words[2] = __byte_perm(c, d, 0x5410);
        if constexpr (CHANNELS > 3) {
            words[3] = __byte_perm(c, d, 0x7632);
        }
    }
}

// `sum` plus the products of four bytes with four digits. SIGNED: the digits are signed bytes.
template <bool SIGNED>
__device__ __forceinline__ int32_t dot(uint32_t bytes, uint32_t digits, int32_t sum) {
    if constexpr (SIGNED) {
        asm("dp4a.u32.s32 %0, %1, %2, %0;" : "+r"(sum) : "r"(bytes), "r"(digits));
    } else {
        asm("dp4a.u32.u32 %0, %1, %2, %0;" : "+r"(sum) : "r"(bytes), "r"(digits));
    }
    return sum;
}
