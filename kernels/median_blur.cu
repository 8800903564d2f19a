// Median of square windows of 8-bit images; the arithmetic is that of the operator's reference.
//
// A row is a row of samples: the neighbor of a sample is `channels` samples away. `median_blur` has one sample of some rows for each
// thread, with all samples of the window in registers. `median_blur_counts` has some rows of one column of samples for each thread, which
// counts the samples of its window.
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

// `COUNTING_THREADS` in crates/ops/src/median_blur/cuda.rs is the same number.
constexpr int COUNTING_THREADS = 64;

extern "C" __global__ void __launch_bounds__(COUNTING_THREADS) median_blur_counts(
    const __grid_constant__ MedianBlurArgs args) {
    // The counts of each value in the window of each thread: at most 255 x 255, which fits 16 bits. No thread reads those of another.
    __shared__ uint16_t counts[256][COUNTING_THREADS];
    const int lane = threadIdx.x;
    const int width = args.src.width;
    const int height = args.src.height;
    const int channels = args.src.channels;
    const uint32_t sample = blockIdx.x * COUNTING_THREADS + lane;
    if (sample >= args.dst.width * args.dst.channels) {
        return;
    }
    const int x = sample / channels;
    const int c = sample % channels;
    const int size = args.size;
    const int radius = size / 2;
    const int half = size * size / 2;
    const int rows = args.rows;

    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        // The row of channel `c` that the window reads at row `y`.
        auto row_at = [&](int y) {
            return image_row<const uint8_t>(args.src, frame, min(max(y, 0), height - 1)) + c;
        };
        auto column_at = [&](int i) { return min(max(x + i - radius, 0), width - 1) * channels; };
        for (int top = blockIdx.y * rows; top < height; top += gridDim.y * rows) {
            for (int value = 0; value < 256; ++value) {
                counts[value][lane] = 0;
            }
            for (int j = 0; j < size; ++j) {
                const uint8_t* row = row_at(top + j - radius);
                for (int i = 0; i < size; ++i) {
                    ++counts[__ldg(row + column_at(i))][lane];
                }
            }
            // The median is the largest value with at most half of the samples below it.
            int median = 0;
            int below = 0;
            const int end = min(top + rows, height);
            for (int y = top; y < end; ++y) {
                if (y > top) {
                    const uint8_t* above = row_at(y - 1 - radius);
                    const uint8_t* next = row_at(y + radius);
                    for (int i = 0; i < size; ++i) {
                        const int column = column_at(i);
                        const int removed = __ldg(above + column);
                        const int added = __ldg(next + column);
                        --counts[removed][lane];
                        ++counts[added][lane];
                        below += (added < median) - (removed < median);
                    }
                }
                while (below > half) {
                    --median;
                    below -= counts[median][lane];
                }
                while (below + counts[median][lane] <= half) {
                    below += counts[median][lane];
                    ++median;
                }
                image_row<uint8_t>(args.dst, frame, y)[sample] = static_cast<uint8_t>(median);
            }
        }
    }
}
