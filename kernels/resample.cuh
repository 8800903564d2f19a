// Device functions that resample.cu and resample_passes.cu share: rounding, and alpha as Pillow multiplies and divides by it.
#pragma once

#include "common.cuh"

// A sum of products with weights in 2^-shift, and of half of 2^shift, cut off and clamped to a byte.
__device__ __forceinline__ uint32_t shifted_to_byte(int32_t sum, uint32_t shift) {
    return static_cast<uint32_t>(min(max(sum >> shift, 0), 255));
}

// A sum of products with weights in 2^-shift, rounded and clamped to a byte.
__device__ __forceinline__ uint32_t fixed_to_byte(int32_t sum, uint32_t shift) {
    return shifted_to_byte(sum + (1 << (shift - 1)), shift);
}

// A sample times alpha / 255, rounded.
__device__ __forceinline__ uint32_t times_alpha(uint32_t sample, uint32_t alpha) {
    const uint32_t product = sample * alpha + 128;
    return ((product >> 8) + product) >> 8;
}

// A premultiplied sample divided by alpha / 255, cut off; as it is where alpha is 0 or 255.
__device__ __forceinline__ uint32_t by_alpha(uint32_t sample, uint32_t alpha) {
    return alpha == 0 || alpha == 255 ? sample : min(255 * sample / alpha, 255u);
}
