// Edges of 8-bit images, as OpenCV's Canny finds them; everything is in integers.
//
// Four launches: the classes of pixels, which `dst` holds until the last one; components of weak and strong pixels; a mark for each component with a
// strong pixel; and the edges. The arithmetic is explained in crates/ops/src/canny/host/gradient.rs.
#include "args/canny.cuh"
#include "common.cuh"
#include "opaque.cuh"
#include "union_find.cuh"

// `one_each` in crates/ops/src/kernels has the same numbers.
constexpr int THREADS_X = 32;
constexpr int THREADS_Y = 8;
constexpr int THREADS = THREADS_X * THREADS_Y;
// The gradients that a block needs: those of its pixels and of their neighbors.
constexpr int COLUMNS = THREADS_X + 2;
constexpr int ROWS = THREADS_Y + 2;
constexpr int MOST_TAPS = 7;

// The classes of pixels: no edge; a local maximum; one above the upper threshold.
constexpr uint8_t NONE = 0;
constexpr uint8_t WEAK = 1;
constexpr uint8_t STRONG = 2;

struct Tile {
    // Samples of one channel.
    uint8_t samples[ROWS + MOST_TAPS - 1][COLUMNS + MOST_TAPS - 1];
    int magnitudes[ROWS][COLUMNS];
    int16_t gx[ROWS][COLUMNS];
    int16_t gy[ROWS][COLUMNS];
};

// The factor of tap `k` of a Sobel kernel across the derivative. The loops over taps are unrolled, so that it is a constant.
template <int TAPS>
__device__ __forceinline__ int smooth(int k) {
    const int distance = k < TAPS / 2 ? TAPS / 2 - k : k - TAPS / 2;
    if (TAPS == 3) {
        return distance == 0 ? 2 : 1;
    }
    if (TAPS == 5) {
        return distance == 0 ? 6 : distance == 1 ? 4 : 1;
    }
    return distance == 0 ? 20 : distance == 1 ? 15 : distance == 2 ? 6 : 1;
}

// The factor of tap `k` along the derivative.
template <int TAPS>
__device__ __forceinline__ int derivative(int k) {
    const int distance = k < TAPS / 2 ? TAPS / 2 - k : k - TAPS / 2;
    int factor = 1;
    if (TAPS == 5) {
        factor = distance == 1 ? 2 : 1;
    }
    if (TAPS == 7) {
        factor = distance == 1 ? 5 : distance == 2 ? 4 : 1;
    }
    return distance == 0 ? 0 : k < TAPS / 2 ? -factor : factor;
}

// With 7 taps a derivative is divided by 16, rounded to the nearest integer, ties to even.
template <int TAPS>
__device__ __forceinline__ int scaled(int sum) {
    return TAPS == 7 ? (sum + 7 + ((sum >> 4) & 1)) >> 4 : sum;
}

// Loads the samples of a channel that the gradients of a tile need, with the border replicated. The tile begins at pixel (left, top).
template <int TAPS>
__device__ __forceinline__ void load(
    const ImageParam& src, uint32_t frame, int channel, int left, int top, int thread, Tile& tile) {
    constexpr int WIDE = COLUMNS + TAPS - 1;
    constexpr int HIGH = ROWS + TAPS - 1;
    for (int i = thread; i < WIDE * HIGH; i += THREADS) {
        const int x = min(max(left + i % WIDE - TAPS / 2, 0), static_cast<int>(src.width) - 1);
        const int y = min(max(top + i / WIDE - TAPS / 2, 0), static_cast<int>(src.height) - 1);
        tile.samples[i / WIDE][i % WIDE] =
            __ldg(image_row<const uint8_t>(src, frame, y) + size_t(x) * src.channels + channel);
    }
}

// The gradients of a tile, each of the channel with the largest magnitude, the first of several; magnitudes outside of the image are 0.
template <int TAPS>
__device__ __forceinline__ void gradients(
    const CannyArgs& args, uint32_t frame, int left, int top, int thread, Tile& tile) {
    for (int channel = 0; channel < static_cast<int>(args.src.channels); ++channel) {
        // Nobody reads the samples of the channel before any more.
        __syncthreads();
        load<TAPS>(args.src, frame, channel, left, top, thread, tile);
        __syncthreads();
        for (int i = thread; i < ROWS * COLUMNS; i += THREADS) {
            const int row = i / COLUMNS;
            const int column = i % COLUMNS;
            const int x = left + column;
            const int y = top + row;
            if (x < 0 || y < 0 || x >= static_cast<int>(args.src.width) || y >= static_cast<int>(args.src.height)) {
                tile.magnitudes[row][column] = 0;
                continue;
            }
            int gx = 0;
            int gy = 0;
#pragma unroll
            for (int j = 0; j < TAPS; ++j) {
                int difference = 0;
                int sum = 0;
#pragma unroll
                for (int k = 0; k < TAPS; ++k) {
                    const int sample = opaque(tile.samples[row + j][column + k]);
                    difference += derivative<TAPS>(k) * sample;
                    sum += smooth<TAPS>(k) * sample;
                }
                gx += smooth<TAPS>(j) * difference;
                gy += derivative<TAPS>(j) * sum;
            }
            gx = scaled<TAPS>(gx);
            gy = scaled<TAPS>(gy);
            const int magnitude = args.l2_gradient != 0 ? gx * gx + gy * gy : abs(gx) + abs(gy);
            if (channel == 0 || magnitude > tile.magnitudes[row][column]) {
                tile.magnitudes[row][column] = magnitude;
                tile.gx[row][column] = static_cast<int16_t>(gx);
                tile.gy[row][column] = static_cast<int16_t>(gy);
            }
        }
    }
    __syncthreads();
}

// The class of a pixel, by its place in the tile.
__device__ __forceinline__ uint8_t class_of(const CannyArgs& args, const Tile& tile, int row, int column) {
    const int magnitude = tile.magnitudes[row][column];
    if (magnitude <= args.low) {
        return NONE;
    }
    const int gx = tile.gx[row][column];
    const int gy = tile.gy[row][column];
    const int run = abs(gx);
    const int rise = abs(gy) << 15;
    const int shallow = 13573 * run;
    bool largest;
    if (rise < shallow) {
        largest = magnitude > tile.magnitudes[row][column - 1] && magnitude >= tile.magnitudes[row][column + 1];
    } else if (rise > shallow + (run << 16)) {
        largest = magnitude > tile.magnitudes[row - 1][column] && magnitude >= tile.magnitudes[row + 1][column];
    } else {
        const int across = (gx ^ gy) < 0 ? -1 : 1;
        largest = magnitude > tile.magnitudes[row - 1][column - across] &&
                  magnitude > tile.magnitudes[row + 1][column + across];
    }
    return !largest ? NONE : magnitude > args.high ? STRONG : WEAK;
}

__device__ __forceinline__ uint32_t* labels_of(const CannyArgs& args, uint32_t frame) {
    return reinterpret_cast<uint32_t*>(args.labels) + size_t(frame) * args.dst.width * args.dst.height;
}

// The classes of all pixels, and the labels of those that have one.
extern "C" __global__ void __launch_bounds__(256) canny_classes(const __grid_constant__ CannyArgs args) {
    __shared__ Tile tile;
    const int thread = threadIdx.y * THREADS_X + threadIdx.x;
    const int height = static_cast<int>(args.dst.height);
    const int left = static_cast<int>(blockIdx.x) * THREADS_X;
    const int x = left + static_cast<int>(threadIdx.x);
    // All threads of a block run these loops the same number of times, so that all of them reach every barrier.
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (int top = static_cast<int>(blockIdx.y) * THREADS_Y; top < height; top += gridDim.y * THREADS_Y) {
            switch (args.aperture) {
                case 3: gradients<3>(args, frame, left - 1, top - 1, thread, tile); break;
                case 5: gradients<5>(args, frame, left - 1, top - 1, thread, tile); break;
                default: gradients<7>(args, frame, left - 1, top - 1, thread, tile); break;
            }
            const int y = top + static_cast<int>(threadIdx.y);
            if (x < static_cast<int>(args.dst.width) && y < height) {
                const uint8_t found = class_of(args, tile, threadIdx.y + 1, threadIdx.x + 1);
                image_row<uint8_t>(args.dst, frame, y)[x] = found;
                if (found != NONE) {
                    const uint32_t pixel = static_cast<uint32_t>(y) * args.dst.width + x;
                    labels_of(args, frame)[pixel] = pixel;
                }
            }
        }
    }
}

// Joins the pixels that have a class with their neighbors.
extern "C" __global__ void __launch_bounds__(256) canny_merge(const __grid_constant__ CannyArgs args) {
    for_each_sample(args.dst, [&](uint32_t frame, int x, int, int y) {
        const auto part = [&](int column, int row) {
            return image_row<const uint8_t>(args.dst, frame, row)[column] != NONE;
        };
        if (part(x, y)) {
            join_before<true>(labels_of(args, frame), x, y, args.dst.width, part);
        }
    });
}

// Makes the label of each pixel that of its root, and marks the roots of strong pixels.
extern "C" __global__ void __launch_bounds__(256) canny_mark(const __grid_constant__ CannyArgs args) {
    for_each_sample(args.dst, [&](uint32_t frame, int x, int, int y) {
        const uint8_t found = image_row<const uint8_t>(args.dst, frame, y)[x];
        if (found == NONE) {
            return;
        }
        uint32_t* labels = labels_of(args, frame);
        const uint32_t pixel = static_cast<uint32_t>(y) * args.dst.width + x;
        const uint32_t root = root_of<false>(labels, pixel);
        if (root != pixel) {
            labels[pixel] = root;
        }
        if (found == STRONG) {
            mark(labels, root);
        }
    });
}

// Writes the edges over the classes.
extern "C" __global__ void __launch_bounds__(256) canny_edges(const __grid_constant__ CannyArgs args) {
    for_each_sample(args.dst, [&](uint32_t frame, int x, int, int y) {
        uint8_t& sample = image_row<uint8_t>(args.dst, frame, y)[x];
        if (sample == NONE) {
            return;
        }
        const uint32_t* labels = labels_of(args, frame);
        const uint32_t root = labels[static_cast<uint32_t>(y) * args.dst.width + x] & LABEL;
        sample = (labels[root] & MARK) != 0 ? 255 : NONE;
    });
}
