// f16 and bf16 numbers as storage: kernels convert f32 to them, and do not compute with them.
#pragma once

#include "types.cuh"

struct F16 {
    uint16_t bits;
};

struct Bf16 {
    uint16_t bits;
};

__device__ __forceinline__ void convert(float value, float& number) {
    number = value;
}

// Rounds to the nearest f16, ties to even; beyond the largest one lies infinity.
__device__ __forceinline__ void convert(float value, F16& number) {
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(number.bits) : "f"(value));
}

// Rounds to the nearest bf16 in the same way. The value is not NaN.
__device__ __forceinline__ void convert(float value, Bf16& number) {
#if __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(number.bits) : "f"(value));
#else
    // A bf16 is the upper half of an f32. The carry of a mantissa that is rounded up increments the exponent, up to infinity.
    const uint32_t bits = __float_as_uint(value);
    number.bits = static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
#endif
}

// Two numbers of 16 bits in one word, `low` in the low half.
template <typename Number>
__device__ __forceinline__ uint32_t pair(Number low, Number high) {
    uint32_t word;
    asm("mov.b32 %0, {%1, %2};" : "=r"(word) : "h"(low.bits), "h"(high.bits));
    return word;
}
