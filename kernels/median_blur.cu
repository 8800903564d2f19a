// Median of square windows of 8-bit images; the arithmetic is that of the operator's reference.
//
// One sample of some rows for each thread. A row is a row of samples: the neighbor of a sample is `channels` samples away.
#include "args/median_blur.cuh"
#include "common.cuh"

// The median of SIZE x SIZE samples; the border replicates the pixel at the edge.
template <int SIZE>
__device__ __forceinline__ void median_batch(const MedianBlurArgs& args) {
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
        // The median is the largest value with at most half of the samples below it. It is found bit by bit, the highest first.
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

extern "C" __global__ void __launch_bounds__(256) median_blur(const __grid_constant__ MedianBlurArgs args) {
    if (args.size == 3) {
        median_batch<3>(args);
    } else {
        median_batch<5>(args);
    }
}
