// Gaussian blur of 8-bit images, for the taps that the stencil kernels do not take; the arithmetic is that of the operator's
// reference.
//
// A block computes a tile in shared memory: it loads the tile with its halo, sums along rows into 16-bit sums (exact: the
// taps sum to 256, so a sum is at most 65280), then sums those down the columns. A row is a row of samples, whatever the
// channels: the neighbor of a sample is `channels` samples away. One thread computes four consecutive samples, one 32-bit
// word of the tile, as two pairs of 16-bit numbers.
#include "args/gaussian_blur.cuh"
#include "common.cuh"

// `grid` in crates/ops/src/gaussian_blur/cuda.rs has the same numbers.
constexpr int THREADS_X = 32;
constexpr int THREADS_Y = 8;
constexpr int TILE_SAMPLES = 4 * THREADS_X;
constexpr int ROWS_PER_THREAD = 4;
constexpr int TILE_ROWS = ROWS_PER_THREAD * THREADS_Y;
constexpr int MAX_SIZE = 31;

// Loads the four samples of a row that begin at `first`, a multiple of 4; reflected where they are outside the row.
template <int CHANNELS>
__device__ __forceinline__ uint32_t load_word(const uint8_t* row, int first, int width, int radius, bool aligned) {
    const int samples = width * CHANNELS;
    if (aligned && first >= 0 && first + 4 <= samples) {
        return __ldg(reinterpret_cast<const uint32_t*>(row + first));
    }
    uint32_t word = 0;
    // Few threads are at a border: not unrolled, to keep the code small.
#pragma unroll 1
    for (int i = 0; i < 4; ++i) {
        // The halo begins at most MAX_SIZE pixels before the row; the shift keeps the dividend positive.
        const uint32_t shifted = first + i + MAX_SIZE * CHANNELS;
        const int x = static_cast<int>(shifted / CHANNELS) - MAX_SIZE;
        // Samples further outside than the radius are never used.
        if (x >= -radius && x < width + radius) {
            const int sample = reflect_101(x, width) * CHANNELS + static_cast<int>(shifted % CHANNELS);
            word |= static_cast<uint32_t>(__ldg(row + sample)) << (8 * i);
        }
    }
    return word;
}

// SIZE is the number of taps at compile time, or 0 to take it from the arguments.
template <int SIZE, int CHANNELS>
__device__ __forceinline__ void blur(const GaussianBlurArgs& args) {
    // `rows` rows of tile words, then `rows` rows of sums. Tile rows have an even number of words, so the sums are aligned.
    extern __shared__ uint2 shared_memory[];

    constexpr int UNROLL = SIZE ? SIZE + ROWS_PER_THREAD - 1 : 1;
    const int size = SIZE ? SIZE : static_cast<int>(args.size);
    const int radius = size / 2;
    const int halo = (radius * CHANNELS + 3) & ~3;
    const int words = (TILE_SAMPLES + 2 * halo) / 4;
    const int rows = TILE_ROWS + 2 * radius;
    // Offset of the first tap of a thread's first sample from the thread's word: 0 to 3 samples.
    const int lead = halo - radius * CHANNELS;
    uint32_t* tile = reinterpret_cast<uint32_t*>(shared_memory);
    uint2* sums = reinterpret_cast<uint2*>(tile + rows * words);

    const int tx = threadIdx.x;
    const int ty = threadIdx.y;
    const int width = args.src.width;
    const int height = args.src.height;
    const int samples = width * CHANNELS;
    const int left = blockIdx.x * TILE_SAMPLES;
    const int x = left + 4 * tx;
    const bool src_aligned = rows_aligned(args.src, 4);
    const bool dst_aligned = rows_aligned(args.dst, 4);

    // All threads of a block run these loops the same number of times, so that all of them reach every barrier.
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (int top = blockIdx.y * TILE_ROWS; top < height; top += gridDim.y * TILE_ROWS) {
            for (int r = ty; r < rows; r += THREADS_Y) {
                const int y = top - radius + r;
                const bool used = y < height + radius;
                const uint8_t* row = image_row<const uint8_t>(args.src, frame, used ? reflect_101(y, height) : 0);
                for (int w = tx; w < words; w += THREADS_X) {
                    tile[r * words + w] =
                        used ? load_word<CHANNELS>(row, left - halo + 4 * w, width, radius, src_aligned) : 0;
                }
            }
            // The tile is complete, and no thread reads the sums of the previous tile any more.
            __syncthreads();

            for (int r = ty; r < rows; r += THREADS_Y) {
                const uint32_t* row = tile + r * words + tx;
                uint32_t even = 0;
                uint32_t odd = 0;
#pragma unroll UNROLL
                for (int k = 0; k < size; ++k) {
                    // The four samples under tap k, extracted from the one or two words that hold them.
                    const int at = lead + k * CHANNELS;
                    const uint32_t four = __funnelshift_r(row[at / 4], row[(at + 3) / 4], 8 * (at % 4));
                    const uint32_t tap = args.taps[k];
                    even += tap * (four & 0x00ff00ffu);
                    odd += tap * ((four >> 8) & 0x00ff00ffu);
                }
                sums[r * THREADS_X + tx] = make_uint2(even, odd);
            }
            // The sums are complete, and the tile may be overwritten by the next one.
            __syncthreads();

            uint32_t result[ROWS_PER_THREAD][4] = {};
            const uint2* column = sums + ty * ROWS_PER_THREAD * THREADS_X + tx;
#pragma unroll UNROLL
            for (int i = 0; i < size + ROWS_PER_THREAD - 1; ++i) {
                const uint2 sum = column[i * THREADS_X];
                const uint32_t s0 = sum.x & 0xffffu, s1 = sum.y & 0xffffu, s2 = sum.x >> 16, s3 = sum.y >> 16;
#pragma unroll
                for (int j = 0; j < ROWS_PER_THREAD; ++j) {
                    const int k = i - j;
                    if (k >= 0 && k < size) {
                        const uint32_t tap = args.taps[k];
                        result[j][0] += tap * s0;
                        result[j][1] += tap * s1;
                        result[j][2] += tap * s2;
                        result[j][3] += tap * s3;
                    }
                }
            }

            if (x >= samples) {
                continue;
            }
#pragma unroll
            for (int j = 0; j < ROWS_PER_THREAD; ++j) {
                const int y = top + ty * ROWS_PER_THREAD + j;
                if (y >= height) {
                    break;
                }
                uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + x;
                const uint32_t word = pack(
                    (result[j][0] + 32768u) >> 16, (result[j][1] + 32768u) >> 16, (result[j][2] + 32768u) >> 16,
                    (result[j][3] + 32768u) >> 16);
                if (dst_aligned && x + 4 <= samples) {
                    *reinterpret_cast<uint32_t*>(dst) = word;
                } else {
                    const int count = min(4, samples - x);
#pragma unroll 1
                    for (int i = 0; i < count; ++i) {
                        dst[i] = static_cast<uint8_t>(word >> (8 * i));
                    }
                }
            }
        }
    }
}

template <int CHANNELS>
__device__ __forceinline__ void blur_channels(const GaussianBlurArgs& args) {
    switch (args.size) {
        case 3: blur<3, CHANNELS>(args); break;
        case 5: blur<5, CHANNELS>(args); break;
        case 7: blur<7, CHANNELS>(args); break;
        case 9: blur<9, CHANNELS>(args); break;
        default: blur<0, CHANNELS>(args); break;
    }
}

extern "C" __global__ void __launch_bounds__(256) gaussian_blur(const __grid_constant__ GaussianBlurArgs args) {
    switch (args.src.channels) {
        case 1: blur_channels<1>(args); break;
        case 3: blur_channels<3>(args); break;
        case 4: blur_channels<4>(args); break;
    }
}
