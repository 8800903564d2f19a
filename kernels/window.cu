// Separable operators over square windows: box blur, erode, dilate. The arithmetic is that of the operators' references.
//
// A block computes a tile in shared memory: it loads the tile with its halo, combines along rows into 16-bit values, then
// combines those down the columns. A row is a row of samples: the neighbor of a sample is `channels` samples away.
#include "args/window.cuh"
#include "common.cuh"

// `grid` in crates/ops/src/window/cuda.rs has the same numbers.
constexpr int THREADS_X = 32;
constexpr int THREADS_Y = 8;
constexpr int TILE_SAMPLES = 4 * THREADS_X;
constexpr int TILE_ROWS = 4 * THREADS_Y;

// The pixels outside the image.
enum class Border { REFLECT_101, REPLICATE, IGNORED };

// A row sum of at most 31 samples fits 16 bits, a sum of those 32 bits. The border is reflect-101.
struct Box {
    static constexpr Border BORDER = Border::REFLECT_101;
    static constexpr uint32_t START = 0;
    static __device__ uint32_t combine(uint32_t a, uint32_t b) { return a + b; }
    static __device__ uint32_t finish(const WindowArgs&, uint32_t sum, uint32_t area, const uint8_t*) {
        return (sum + area / 2) / area;
    }
};
// The mean as of a box, which is compared with the sample itself.
struct Adaptive {
    static constexpr Border BORDER = Border::REPLICATE;
    static constexpr uint32_t START = 0;
    static __device__ uint32_t combine(uint32_t a, uint32_t b) { return a + b; }
    static __device__ uint32_t finish(
        const AdaptiveThresholdArgs& args, uint32_t sum, uint32_t area, const uint8_t* sample) {
        const int mean = (sum + area / 2) / area;
        return static_cast<int>(__ldg(sample)) > mean + args.offset ? args.above : args.below;
    }
};
// Samples outside the image have no effect: they are replaced by START.
struct Erode {
    static constexpr Border BORDER = Border::IGNORED;
    static constexpr uint32_t START = 255;
    static __device__ uint32_t combine(uint32_t a, uint32_t b) { return min(a, b); }
    static __device__ uint32_t finish(const WindowArgs&, uint32_t least, uint32_t, const uint8_t*) { return least; }
};
struct Dilate {
    static constexpr Border BORDER = Border::IGNORED;
    static constexpr uint32_t START = 0;
    static __device__ uint32_t combine(uint32_t a, uint32_t b) { return max(a, b); }
    static __device__ uint32_t finish(const WindowArgs&, uint32_t most, uint32_t, const uint8_t*) { return most; }
};

// The position in a row or column of `length` that the border mode reads at `index`.
template <Border BORDER>
__device__ __forceinline__ int inside(int index, int length) {
    return BORDER == Border::REFLECT_101 ? reflect_101(index, length) : min(max(index, 0), length - 1);
}

template <typename Op, typename Args>
__device__ __forceinline__ void window_batch(const Args& args) {
    // `rows` combined rows of 16-bit values, then `rows` rows of the tile, of 8-bit samples.
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

    // All threads of a block run these loops the same number of times, so that all of them reach every barrier.
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (int top = blockIdx.y * TILE_ROWS; top < height; top += gridDim.y * TILE_ROWS) {
            for (int r = threadIdx.y; r < rows; r += THREADS_Y) {
                int y = top - radius + r;
                // Rows further outside than the radius are never used.
                bool row_used = y < height + radius;
                if (Op::BORDER != Border::IGNORED) {
                    y = row_used ? inside<Op::BORDER>(y, height) : 0;
                } else {
                    row_used = y >= 0 && y < height;
                    y = row_used ? y : 0;
                }
                const uint8_t* row = image_row<const uint8_t>(args.src, frame, y);
                for (int s = threadIdx.x; s < stride; s += THREADS_X) {
                    // Counted from `radius` pixels before the row, so that the dividend is positive.
                    const int shifted = left + s;
                    int x = shifted / channels - radius;
                    const int c = shifted % channels;
                    bool used = row_used && x < width + radius;
                    if (Op::BORDER != Border::IGNORED) {
                        x = used ? inside<Op::BORDER>(x, width) : 0;
                    } else {
                        used = row_used && x >= 0 && x < width;
                    }
                    tile[r * stride + s] = used ? __ldg(row + x * channels + c) : Op::START;
                }
            }
            // The tile is complete, and no thread reads the combined rows of the previous tile any more.
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
            // The combined rows are complete, and the tile may be overwritten by the next one.
            __syncthreads();

            for (int r = threadIdx.y; r < TILE_ROWS && top + r < height; r += THREADS_Y) {
                uint8_t* dst = image_row<uint8_t>(args.dst, frame, top + r);
                const uint8_t* src = image_row<const uint8_t>(args.src, frame, top + r);
                for (int s = threadIdx.x; s < TILE_SAMPLES && left + s < samples; s += THREADS_X) {
                    uint32_t value = Op::START;
                    for (int k = 0; k < size; ++k) {
                        value = Op::combine(value, combined[(r + k) * TILE_SAMPLES + s]);
                    }
                    dst[left + s] = static_cast<uint8_t>(Op::finish(args, value, size * size, src + left + s));
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

extern "C" __global__ void __launch_bounds__(256) adaptive_threshold(
    const __grid_constant__ AdaptiveThresholdArgs args) {
    window_batch<Adaptive>(args);
}
