// Sobel derivatives of 8-bit images; the arithmetic is that of the operator's reference. In the product the kernel `sobel` computes dx
// and dy, and the stencil kernels compute the magnitude; the magnitude of this kernel is their oracle. `sobel_wide` computes windows
// of 5 and 7 pixels.
//
// In `sobel` a block loads a tile of gray with a halo of one pixel (one word on the left and on the right), and converts color while
// loading. One thread then computes four consecutive pixels of four rows.
#include "args/sobel.cuh"
#include "common.cuh"
#include "opaque.cuh"

// The numbers of the variants of `SobelOutput` in crates/ops/src.
enum Output : uint32_t { MAGNITUDE = 0, DX = 1, DY = 2 };

// `grid` in crates/ops/src/sobel/cuda.rs has the same numbers.
constexpr int THREADS_X = 32;
constexpr int THREADS_Y = 8;
constexpr int TILE_PIXELS = 4 * THREADS_X;
constexpr int ROWS_PER_THREAD = 4;
constexpr int TILE_ROWS = ROWS_PER_THREAD * THREADS_Y;
constexpr int WORDS = THREADS_X + 2;
constexpr int ROWS = TILE_ROWS + 2;

template <int CHANNELS>
__device__ __forceinline__ uint32_t gray_of(const uint8_t* pixel) {
    if constexpr (CHANNELS == 1) {
        return __ldg(pixel);
    } else {
        return luma(__ldg(pixel), __ldg(pixel + 1), __ldg(pixel + 2));
    }
}

// Loads the gray of the four pixels of a row that begin at `first`; reflected where they are outside the row.
template <int CHANNELS>
__device__ __forceinline__ uint32_t load_gray(const uint8_t* row, int first, int width, bool aligned) {
    if (aligned && first >= 0 && first + 4 <= width) {
        const uint32_t* src = reinterpret_cast<const uint32_t*>(row + size_t(first) * CHANNELS);
        uint32_t in[CHANNELS];
#pragma unroll
        for (int i = 0; i < CHANNELS; ++i) {
            in[i] = __ldg(src + i);
        }
        if constexpr (CHANNELS == 1) {
            return in[0];
        } else {
            uint32_t gray[4];
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                gray[i] = luma(byte_of(in, i * CHANNELS), byte_of(in, i * CHANNELS + 1), byte_of(in, i * CHANNELS + 2));
            }
            return pack(gray[0], gray[1], gray[2], gray[3]);
        }
    }
    uint32_t word = 0;
    // Few threads are at a border: not unrolled, to keep the code small.
#pragma unroll 1
    for (int i = 0; i < 4; ++i) {
        const int x = first + i;
        // Pixels further outside than one are never used.
        if (x >= -1 && x <= width) {
            word |= gray_of<CHANNELS>(row + size_t(reflect_101(x, width)) * CHANNELS) << (8 * i);
        }
    }
    return word;
}

template <int CHANNELS>
__device__ __forceinline__ void load_tile(
    const ImageParam& src, uint32_t frame, int left, int top, bool aligned, uint32_t (&tile)[ROWS][WORDS]) {
    const int width = src.width;
    const int height = src.height;
    for (int r = threadIdx.y; r < ROWS; r += THREADS_Y) {
        const int y = top - 1 + r;
        const bool used = y <= height;
        const uint8_t* row = image_row<const uint8_t>(src, frame, used ? reflect_101(y, height) : 0);
        for (int w = threadIdx.x; w < WORDS; w += THREADS_X) {
            tile[r][w] = used ? load_gray<CHANNELS>(row, left - 4 + 4 * w, width, aligned) : 0;
        }
    }
}

// gx^2 + gy^2 is at most 2 * 1020^2, below 2^24: exact in f32. The root is correctly rounded to f32, then to an integer, ties to
// even.
__device__ __forceinline__ uint32_t magnitude(int gx, int gy) {
    return min(__float2int_rn(__fsqrt_rn(static_cast<float>(gx * gx + gy * gy))), 255);
}

// Writes those of a thread's four results in row `y` that are inside the row.
__device__ __forceinline__ void store(
    const SobelArgs& args, uint32_t frame, int x, int y, const int (&gx)[4], const int (&gy)[4], bool aligned) {
    const int width = args.dst.width;
    if (args.output == MAGNITUDE) {
        uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + x;
        if (aligned && x + 4 <= width) {
            *reinterpret_cast<uint32_t*>(dst) = pack(
                magnitude(gx[0], gy[0]), magnitude(gx[1], gy[1]), magnitude(gx[2], gy[2]), magnitude(gx[3], gy[3]));
            return;
        }
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            if (x + i < width) {
                dst[i] = static_cast<uint8_t>(magnitude(gx[i], gy[i]));
            }
        }
        return;
    }
    int16_t* dst = image_row<int16_t>(args.dst, frame, y) + x;
    uint32_t value[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        value[i] = static_cast<uint32_t>(args.output == DX ? gx[i] : gy[i]) & 0xffffu;
    }
    if (aligned && x + 4 <= width) {
        *reinterpret_cast<uint2*>(dst) = make_uint2(value[0] | (value[1] << 16), value[2] | (value[3] << 16));
        return;
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        if (x + i < width) {
            dst[i] = static_cast<int16_t>(value[i]);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) sobel(const __grid_constant__ SobelArgs args) {
    __shared__ uint32_t tile[ROWS][WORDS];
    const int tx = threadIdx.x;
    const int ty = threadIdx.y;
    const int width = args.src.width;
    const int height = args.src.height;
    const int left = blockIdx.x * TILE_PIXELS;
    const int x = left + 4 * tx;
    const bool src_aligned = rows_aligned(args.src, 4);
    const bool dst_aligned = rows_aligned(args.dst, args.output == MAGNITUDE ? 4 : 8);

    // All threads of a block run these loops the same number of times, so that all of them reach every barrier.
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (int top = blockIdx.y * TILE_ROWS; top < height; top += gridDim.y * TILE_ROWS) {
            switch (args.src.channels) {
                case 1: load_tile<1>(args.src, frame, left, top, src_aligned, tile); break;
                case 3: load_tile<3>(args.src, frame, left, top, src_aligned, tile); break;
                case 4: load_tile<4>(args.src, frame, left, top, src_aligned, tile); break;
            }
            __syncthreads();

            // Horizontal differences and horizontal sums [1 2 1] of the last three rows. Unrolled, so that both stay in registers.
            int difference[3][4];
            int sum[3][4];
#pragma unroll
            for (int i = 0; i < ROWS_PER_THREAD + 2; ++i) {
                const uint32_t* words = &tile[ty * ROWS_PER_THREAD + i][tx];
                const uint32_t middle = words[1];
                const int p[6] = {
                    static_cast<int>(words[0] >> 24),
                    static_cast<int>(middle & 255u),
                    static_cast<int>((middle >> 8) & 255u),
                    static_cast<int>((middle >> 16) & 255u),
                    static_cast<int>(middle >> 24),
                    static_cast<int>(words[2] & 255u),
                };
#pragma unroll
                for (int j = 0; j < 4; ++j) {
                    difference[i % 3][j] = p[j + 2] - p[j];
                    sum[i % 3][j] = p[j] + 2 * p[j + 1] + p[j + 2];
                }
                const int y = top + ty * ROWS_PER_THREAD + i - 2;
                if (i >= 2 && x < width && y < height) {
                    int gx[4];
                    int gy[4];
#pragma unroll
                    for (int j = 0; j < 4; ++j) {
                        gx[j] = difference[(i - 2) % 3][j] + 2 * difference[(i - 1) % 3][j] + difference[i % 3][j];
                        gy[j] = sum[i % 3][j] - sum[(i - 2) % 3][j];
                    }
                    store(args, frame, x, y, gx, gy, dst_aligned);
                }
            }
            // No thread reads the tile any more; the next one may be loaded.
            __syncthreads();
        }
    }
}

// The tile of `sobel_wide`; `wide_grid` in crates/ops/src/sobel/cuda.rs has the same numbers.
constexpr int WIDE_PIXELS = THREADS_X;
constexpr int WIDE_ROWS = 4 * THREADS_Y;
constexpr int WIDE_RADIUS = 3;

// The gray of the tile with `SIZE / 2` pixels around it, and the derivatives that a thread computes from it.
template <int SIZE>
__device__ __forceinline__ void sobel_wide_batch(
    const SobelArgs& args, uint8_t (&tile)[WIDE_ROWS + 2 * WIDE_RADIUS][WIDE_PIXELS + 2 * WIDE_RADIUS]) {
    constexpr int RADIUS = SIZE / 2;
    // Across the derivative, and along it. Those of 5 pixels have two zeros behind them.
    constexpr int smooth[7] = {1, SIZE == 5 ? 4 : 6, SIZE == 5 ? 6 : 15, SIZE == 5 ? 4 : 20, SIZE == 5 ? 1 : 15,
                               SIZE == 5 ? 0 : 6, SIZE == 5 ? 0 : 1};
    constexpr int difference[7] = {-1, SIZE == 5 ? -2 : -4, SIZE == 5 ? 0 : -5, SIZE == 5 ? 2 : 0, SIZE == 5 ? 1 : 5,
                                   SIZE == 5 ? 0 : 4, SIZE == 5 ? 0 : 1};
    const int width = args.src.width;
    const int height = args.src.height;
    const int left = blockIdx.x * WIDE_PIXELS;
    const int x = left + threadIdx.x;

    // All threads of a block run these loops the same number of times, so that all of them reach every barrier.
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (int top = blockIdx.y * WIDE_ROWS; top < height; top += gridDim.y * WIDE_ROWS) {
            for (int r = threadIdx.y; r < WIDE_ROWS + 2 * RADIUS; r += THREADS_Y) {
                const int tile_y = top - RADIUS + r;
                for (int s = threadIdx.x; s < WIDE_PIXELS + 2 * RADIUS; s += THREADS_X) {
                    const int tile_x = left - RADIUS + s;
                    // Pixels further outside than the radius are never used.
                    if (tile_y < height + RADIUS && tile_x < width + RADIUS) {
                        const uint8_t* row = image_row<const uint8_t>(args.src, frame, reflect_101(tile_y, height));
                        const uint8_t* pixel = row + size_t(reflect_101(tile_x, width)) * args.src.channels;
                        const uint32_t gray = args.src.channels == 1 ? gray_of<1>(pixel) : gray_of<3>(pixel);
                        tile[r][s] = static_cast<uint8_t>(gray);
                    }
                }
            }
            __syncthreads();

            for (int r = threadIdx.y; r < WIDE_ROWS && top + r < height; r += THREADS_Y) {
                if (x < width) {
                    int gx = 0;
                    int gy = 0;
#pragma unroll
                    for (int j = 0; j < SIZE; ++j) {
                        int along = 0;
                        int across = 0;
#pragma unroll
                        for (int i = 0; i < SIZE; ++i) {
                            const int gray = opaque(tile[r + j][threadIdx.x + i]);
                            along += difference[i] * gray;
                            across += smooth[i] * gray;
                        }
                        gx += smooth[j] * along;
                        gy += difference[j] * across;
                    }
                    if (args.output == MAGNITUDE) {
                        // A derivative of 255 or more makes a magnitude of 255, and the squares are exact.
                        const uint32_t value = magnitude(min(max(gx, -255), 255), min(max(gy, -255), 255));
                        image_row<uint8_t>(args.dst, frame, top + r)[x] = static_cast<uint8_t>(value);
                    } else {
                        const int value = args.output == DX ? gx : gy;
                        image_row<int16_t>(args.dst, frame, top + r)[x] =
                            static_cast<int16_t>(min(max(value, -32768), 32767));
                    }
                }
            }
            // No thread reads the tile any more; the next one may be loaded.
            __syncthreads();
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) sobel_wide(const __grid_constant__ SobelArgs args) {
    __shared__ uint8_t tile[WIDE_ROWS + 2 * WIDE_RADIUS][WIDE_PIXELS + 2 * WIDE_RADIUS];
    if (args.size == 5) {
        sobel_wide_batch<5>(args, tile);
    } else {
        sobel_wide_batch<7>(args, tile);
    }
}
