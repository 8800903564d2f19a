// Operators over square windows that work along rows first and down columns then: box blur, erode, dilate. The arithmetic
// is that of crates/ops/src/reference/window.rs.
//
// A block computes a tile in shared memory: it loads the tile with its halo, combines along rows into 16-bit values, then
// combines those down the columns. A row is a row of samples: the neighbour of a sample is `channels` samples away.
#include "args/window.cuh"
#include "common.cuh"

// `window_grid` in crates/ops/src/kernels/mod.rs holds the same numbers.
constexpr int THREADS_X = 32;
constexpr int THREADS_Y = 8;
constexpr int TILE_SAMPLES = 4 * THREADS_X;
constexpr int TILE_ROWS = 4 * THREADS_Y;

// Sums of at most 31 samples fit 16 bits, sums of those 32 bits. Outside the image it is mirrored.
struct Box {
    static constexpr bool MIRRORED = true;
    static constexpr uint32_t START = 0;
    static __device__ uint32_t combine(uint32_t a, uint32_t b) { return a + b; }
    static __device__ uint32_t finish(uint32_t sum, uint32_t area) { return (sum + area / 2) / area; }
};
// What is outside the image takes no part.
struct Erode {
    static constexpr bool MIRRORED = false;
    static constexpr uint32_t START = 255;
    static __device__ uint32_t combine(uint32_t a, uint32_t b) { return min(a, b); }
    static __device__ uint32_t finish(uint32_t least, uint32_t) { return least; }
};
struct Dilate {
    static constexpr bool MIRRORED = false;
    static constexpr uint32_t START = 0;
    static __device__ uint32_t combine(uint32_t a, uint32_t b) { return max(a, b); }
    static __device__ uint32_t finish(uint32_t most, uint32_t) { return most; }
};

template <typename Op>
__device__ __forceinline__ void window_batch(const WindowArgs& args) {
    // The combined rows (16 bits a sample), then the tile (8 bits): `rows` rows each.
    extern __shared__ uint16_t shared_memory[];

    const int channels = args.src.channels;
    const int size = args.size;
    const int radius = size / 2;
    const int halo = radius * channels;
    const int stride = TILE_SAMPLES + 2 * halo;
    const int rows = TILE_ROWS + 2 * radius;
    uint16_t* combined = shared_memory;
    uint8_t* tile = reinterpret_cast<uint8_t*>(combined + rows * TILE_SAMPLES);

    const int width = args.src.width;
    const int height = args.src.height;
    const int samples = width * channels;
    const int left = blockIdx.x * TILE_SAMPLES;

    // The bounds of these loops are the same for all threads of a block: each barrier is met by all.
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (int top = blockIdx.y * TILE_ROWS; top < height; top += gridDim.y * TILE_ROWS) {
            for (int r = threadIdx.y; r < rows; r += THREADS_Y) {
                int y = top - radius + r;
                // No pixel of the image looks further than the radius: what lies beyond is never used.
                bool row_used = y < height + radius;
                if (Op::MIRRORED) {
                    y = row_used ? reflect_101(y, height) : 0;
                } else {
                    row_used = y >= 0 && y < height;
                    y = row_used ? y : 0;
                }
                const uint8_t* row = image_row<const uint8_t>(args.src, frame, y);
                for (int s = threadIdx.x; s < stride; s += THREADS_X) {
                    // Counted from `radius` pixels before the row, so that the division is one of positive numbers.
                    const int shifted = left + s;
                    int x = shifted / channels - radius;
                    const int c = shifted % channels;
                    bool used = row_used && x < width + radius;
                    if (Op::MIRRORED) {
                        x = used ? reflect_101(x, width) : 0;
                    } else {
                        used = row_used && x >= 0 && x < width;
                    }
                    tile[r * stride + s] = used ? __ldg(row + x * channels + c) : Op::START;
                }
            }
            // The tile is written. The combined rows are free, too: all threads are done with those of the tile before.
            __syncthreads();

            for (int r = threadIdx.y; r < rows; r += THREADS_Y) {
                for (int s = threadIdx.x; s < TILE_SAMPLES; s += THREADS_X) {
                    uint32_t value = Op::START;
                    for (int k = 0; k < size; ++k) {
                        value = Op::combine(value, tile[r * stride + s + k * channels]);
                    }
                    combined[r * TILE_SAMPLES + s] = static_cast<uint16_t>(value);
                }
            }
            // The combined rows are written, and the tile is free for the loads of the next tile.
            __syncthreads();

            for (int r = threadIdx.y; r < TILE_ROWS && top + r < height; r += THREADS_Y) {
                uint8_t* dst = image_row<uint8_t>(args.dst, frame, top + r);
                for (int s = threadIdx.x; s < TILE_SAMPLES && left + s < samples; s += THREADS_X) {
                    uint32_t value = Op::START;
                    for (int k = 0; k < size; ++k) {
                        value = Op::combine(value, combined[(r + k) * TILE_SAMPLES + s]);
                    }
                    dst[left + s] = static_cast<uint8_t>(Op::finish(value, size * size));
                }
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) box_blur(const __grid_constant__ WindowArgs args) {
    window_batch<Box>(args);
}

extern "C" __global__ void __launch_bounds__(256) erode(const __grid_constant__ WindowArgs args) {
    window_batch<Erode>(args);
}

extern "C" __global__ void __launch_bounds__(256) dilate(const __grid_constant__ WindowArgs args) {
    window_batch<Dilate>(args);
}
