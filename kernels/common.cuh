// Device functions that all kernels share: addresses of rows, reflection at borders, and words of four samples.
//
// Conventions of every kernel:
// - It takes one struct by value, which a header of the folder args declares. The grid is computed in crates/ops/src, in the
//   file cuda.rs of the operator or in the folder kernels.
// - One launch covers the whole batch: x runs along rows, y down the image, z over the frames. CUDA allows at most 65535
//   blocks along y and z, so both are grid-stride loops.
// - Bases, pitches and strides of 8-bit images may have any alignment; 32-bit words are used where all of them are aligned.
// - A row has fewer than 2^30 samples, an image fewer than 2^30 rows; byte offsets have 64 bits.
#pragma once

#include "args/image.cuh"

// The address of row `y` of frame `frame`.
template <typename Sample>
__device__ __forceinline__ Sample* image_row(const ImageParam& image, uint32_t frame, uint32_t y) {
    return reinterpret_cast<Sample*>(image.base + frame * image.batch_stride + y * image.row_pitch);
}

// Whether each row of each frame begins at a multiple of `bytes`, a power of two.
__device__ __forceinline__ bool rows_aligned(const ImageParam& image, uint32_t bytes) {
    return ((image.base | image.row_pitch | image.batch_stride) & (bytes - 1)) == 0;
}

// Calls `body(frame, x, c, y)` for the samples of this thread, one of each row of its grid-stride loop: pixel `x`, channel `c`.
template <typename Body>
__device__ __forceinline__ void for_each_sample(const ImageParam& dst, Body body) {
    const uint32_t sample = blockIdx.x * blockDim.x + threadIdx.x;
    if (sample >= dst.width * dst.channels) {
        return;
    }
    const int x = sample / dst.channels;
    const int c = sample % dst.channels;
    for (uint32_t frame = blockIdx.z; frame < dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < dst.height; y += gridDim.y * blockDim.y) {
            body(frame, x, c, static_cast<int>(y));
        }
    }
}

// Reflect-101 (gfedcb|abcdefgh|gfedcba): maps an index back into 0..length, as often as needed; length 1 maps to 0.
__device__ __forceinline__ int reflect_101(int index, int length) {
    if (length == 1) {
        return 0;
    }
    const int last = length - 1;
    while (index < 0 || index > last) {
        index = index < 0 ? -index : 2 * last - index;
    }
    return index;
}

// BT.601 luma with 15 fractional bits, as in OpenCV.
__device__ __forceinline__ uint32_t luma(uint32_t r, uint32_t g, uint32_t b) {
    return (9798u * r + 19235u * g + 3735u * b + 16384u) >> 15;
}

// Byte `i` of consecutive bytes in words, the first in the lowest bits.
__device__ __forceinline__ uint32_t byte_of(const uint32_t* words, int i) {
    return (words[i / 4] >> (8 * (i % 4))) & 255u;
}

// Four bytes as one word, `a` in the lowest bits.
__device__ __forceinline__ uint32_t pack(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return a | (b << 8) | (c << 16) | (d << 24);
}

// `sum` plus two products: the 16-bit halves of `pairs` times the lower (or the upper) two bytes of `bytes`. Inline PTX, since
// NVRTC of CUDA 12.0 declares the intrinsics `__dp2a_lo` and `__dp2a_hi` for these types, but does not define them.
__device__ __forceinline__ uint32_t dp2a_lo(uint32_t pairs, uint32_t bytes, uint32_t sum) {
    uint32_t result;
    asm("dp2a.lo.u32.u32 %0, %1, %2, %3;" : "=r"(result) : "r"(pairs), "r"(bytes), "r"(sum));
    return result;
}

__device__ __forceinline__ uint32_t dp2a_hi(uint32_t pairs, uint32_t bytes, uint32_t sum) {
    uint32_t result;
    asm("dp2a.hi.u32.u32 %0, %1, %2, %3;" : "=r"(result) : "r"(pairs), "r"(bytes), "r"(sum));
    return result;
}
