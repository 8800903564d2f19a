// Operators over small neighbourhoods that are not separable: Laplacian and median. The arithmetic is that of
// crates/ops/src/reference/laplacian.rs and window.rs.
//
// One sample of some rows for each thread. A row is a row of samples: the neighbour of a sample is `channels` samples away.
#include "common.cuh"
#include "unary.cuh"

// Calls `body(frame, x, c, y)` for the samples of this thread: pixel `x`, channel `c`.
template <typename Body>
__device__ __forceinline__ void for_each_sample(const Image& dst, Body body) {
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

// [0 1 0; 1 -4 1; 0 1 0], mirrored at the border: -1020 to 1020. `a` is 0 for i16, 1 for u8 clamped to 0..255.
extern "C" __global__ void __launch_bounds__(256) laplacian(const __grid_constant__ UnaryArgs args) {
    const int width = args.src.width;
    const int height = args.src.height;
    const int channels = args.src.channels;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        const uint8_t* row = image_row<const uint8_t>(args.src, frame, y) + c;
        const uint8_t* above = image_row<const uint8_t>(args.src, frame, reflect_101(y - 1, height)) + c;
        const uint8_t* below = image_row<const uint8_t>(args.src, frame, reflect_101(y + 1, height)) + c;
        const int at = x * channels;
        const int value = __ldg(above + at) + __ldg(below + at) + __ldg(row + reflect_101(x - 1, width) * channels) +
                          __ldg(row + reflect_101(x + 1, width) * channels) - 4 * __ldg(row + at);
        if (args.a == 0) {
            image_row<int16_t>(args.dst, frame, y)[at + c] = static_cast<int16_t>(value);
        } else {
            image_row<uint8_t>(args.dst, frame, y)[at + c] = static_cast<uint8_t>(min(max(value, 0), 255));
        }
    });
}

// The middle of the SIZE x SIZE samples, the border pixel repeated outside.
template <int SIZE>
__device__ __forceinline__ void median_batch(const UnaryArgs& args) {
    constexpr int RADIUS = SIZE / 2;
    const int width = args.src.width;
    const int height = args.src.height;
    const int channels = args.src.channels;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        uint32_t samples[SIZE * SIZE];
#pragma unroll
        for (int j = 0; j < SIZE; ++j) {
            const int v = min(max(y + j - RADIUS, 0), height - 1);
            const uint8_t* row = image_row<const uint8_t>(args.src, frame, v) + c;
#pragma unroll
            for (int i = 0; i < SIZE; ++i) {
                const int u = min(max(x + i - RADIUS, 0), width - 1);
                samples[j * SIZE + i] = __ldg(row + u * channels);
            }
        }
        // The median is the largest value that at most half of the samples are below; bit by bit from the highest.
        uint32_t median = 0;
#pragma unroll 1
        for (uint32_t bit = 128; bit > 0; bit >>= 1) {
            const uint32_t larger = median | bit;
            int below = 0;
#pragma unroll
            for (int i = 0; i < SIZE * SIZE; ++i) {
                below += samples[i] < larger;
            }
            median = below <= SIZE * SIZE / 2 ? larger : median;
        }
        image_row<uint8_t>(args.dst, frame, y)[x * channels + c] = static_cast<uint8_t>(median);
    });
}

extern "C" __global__ void __launch_bounds__(256) median_blur(const __grid_constant__ UnaryArgs args) {
    if (args.a == 3) {
        median_batch<3>(args);
    } else {
        median_batch<5>(args);
    }
}
