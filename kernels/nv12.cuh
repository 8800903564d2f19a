// The color of NV12 pixels, by the arithmetic of the operator `nv12_to_rgb`, which sample_pixels.cuh and resample.cu share.
#pragma once

#include "common.cuh"

// The number that stands for the channels of NV12 frames: gray images of Y above UV, which are read as RGB.
constexpr int NV12 = 0;

// A number with 20 fractional bits, cut off and clamped to a byte.
__device__ __forceinline__ uint32_t nv12_byte(int value) {
    return min(max(value >> 20, 0), 255);
}

// Red, green and blue of the samples Y, U and V.
__device__ __forceinline__ uint32_t nv12_color(int y, int u, int v) {
    const int scaled = max(y - 16, 0) * 1220542 + (1 << 19);
    u -= 128;
    v -= 128;
    return pack(nv12_byte(scaled + 1673527 * v), nv12_byte(scaled - 852492 * v - 409993 * u), nv12_byte(scaled + 2116026 * u), 0);
}
