// f16 numbers as storage: kernels convert f32 to them, and do not compute with them.
#pragma once

#include "types.cuh"

struct Half {
    uint16_t bits;
};

// The nearest f16, ties to even.
__device__ __forceinline__ Half to_half(float value) {
    Half half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half.bits) : "f"(value));
    return half;
}

// Two f16 numbers in one word, `low` in the low half.
__device__ __forceinline__ uint32_t pair(Half low, Half high) {
    uint32_t word;
    asm("mov.b32 %0, {%1, %2};" : "=r"(word) : "h"(low.bits), "h"(high.bits));
    return word;
}
