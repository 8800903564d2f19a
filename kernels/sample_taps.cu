// Sampling by tables of taps: an output pixel is computed from the source pixels where the taps of its column and the taps of its
// row cross. A thread computes the same pixel of several frames, so that their loads are in flight together. Compiled once for
// each kind of source.
#include "args/tap.cuh"
#include "sample.cuh"
#include "sample_pixels.cuh"

enum Mode { DIRECT, BILINEAR, HALF, SCATTERED };

// Frames of each thread, except in `sample_scattered`, where it is one; crates/ops/src/fusion/sample has the same number.
constexpr int FRAMES = 4;

// The taps of an output column or row. Weights of 0 stand for a position outside the source; see `SampleArgs::tables`.
__device__ __forceinline__ Tap tap_at(const Tap* taps, uint32_t i) {
    const int4 v = __ldg(reinterpret_cast<const int4*>(taps) + i);
    return Tap{v.x, v.y, v.z, v.w};
}

__device__ __forceinline__ bool outside(const Tap& tap) {
    return (tap.weight0 | tap.weight1) == 0;
}

// A converted source pixel, or the pixel for taps outside the source.
template <int SRC>
__device__ __forceinline__ uint32_t pixel_or_outside(const SampleArgs& args, uint64_t frame, int x, int y) {
    if ((x | y) < 0) {
        return args.outside;
    }
    uint32_t pixel = one_pixel<SRC, true>(frame, offset_of<SRC>(args.src, x, y));
    if (args.flags & BEFORE) {
        convert_color<1>(args.before, &pixel);
    }
    return pixel;
}

// The rounded mean of a block of 2x2 pixels.
template <int CHANNELS>
__device__ __forceinline__ uint32_t mean(Pair above, Pair below) {
    const Sums top = weighted<CHANNELS>(above, 0x00010001, 2);
    const Sums bottom = weighted<CHANNELS>(below, 0x00010001, 0);
    uint32_t out[4] = {};
#pragma unroll
    for (int c = 0; c < CHANNELS; ++c) {
        out[c] = (top.of[c] + bottom.of[c]) >> 2;
    }
    return pack(out[0], out[1], out[2], out[3]);
}

// The 2x2 source pixels of one output pixel.
struct Block {
    Pair above;
    Pair below;
};

template <Mode MODE, int CHANNELS>
__device__ __forceinline__ uint32_t combine(const Block& block, const Tap& column, const Tap& line) {
    if constexpr (MODE == HALF) {
        return mean<CHANNELS>(block.above, block.below);
    } else {
        return bilinear<CHANNELS>(block.above, block.below, column.weight0 | (column.weight1 << 16), line);
    }
}

// An output pixel whose taps may each lie anywhere or outside the source.
template <int SRC>
__device__ __forceinline__ uint32_t scattered(const SampleArgs& args, uint64_t frame, const Tap& column, const Tap& line) {
    Block block;
    block.above.first = pixel_or_outside<SRC>(args, frame, column.index0, line.index0);
    block.above.second = pixel_or_outside<SRC>(args, frame, column.index1, line.index0);
    block.below.first = pixel_or_outside<SRC>(args, frame, column.index0, line.index1);
    block.below.second = pixel_or_outside<SRC>(args, frame, column.index1, line.index1);
    return args.flags & HALVED ? combine<HALF, 4>(block, column, line) : combine<BILINEAR, 4>(block, column, line);
}

// Computes pixel (x, y) of `COUNT` frames, `gridDim.z` apart. All of them are loaded before the first is stored. `TWO_ROWS`: the
// second row has a weight.
template <int SRC, Mode MODE, bool TWO_ROWS, int COUNT, bool EDGE>
__device__ __forceinline__ void sample_frames(const SampleArgs& args, uint32_t first, uint32_t x, uint32_t y, const Tap& column,
                                              const Tap& line) {
    const bool fixed = outside(column);
    const uint64_t frame = args.src.base + first * args.src.batch_stride;
    const uint64_t step = gridDim.z * args.src.batch_stride;
    uint32_t pixels[COUNT];
    if constexpr (MODE == SCATTERED) {
#pragma unroll
        for (int i = 0; i < COUNT; ++i) {
            pixels[i] = fixed ? 0 : scattered<SRC>(args, frame + i * step, column, line);
        }
    } else {
        constexpr int CHANNELS = SRC == NV12 ? 3 : SRC;
        const int left = max(column.index0, 0);
        const Offset above = offset_of<SRC>(args.src, left, line.index0);
        const Offset below = offset_of<SRC>(args.src, left, line.index1);
        const bool both = MODE == HALF || column.weight1 != 0;
        Block blocks[COUNT];
#pragma unroll
        for (int i = 0; i < COUNT; ++i) {
            if (MODE == DIRECT) {
                blocks[i].above.first = one_pixel<SRC, EDGE>(frame + i * step, above);
            } else {
                blocks[i].above = two_pixels<SRC, EDGE>(frame + i * step, above, both);
                blocks[i].below = TWO_ROWS ? two_pixels<SRC, EDGE>(frame + i * step, below, both) : blocks[i].above;
            }
        }
        if (MODE == DIRECT) {
#pragma unroll
            for (int i = 0; i < COUNT; ++i) {
                pixels[i] = blocks[i].above.first;
            }
            if (args.flags & BEFORE) {
                convert_color<COUNT>(args.before, pixels);
            }
        } else if (args.flags & BEFORE) {
            // Only the conversion to gray comes before the taps; a permutation of channels commutes with them and comes after.
#pragma unroll
            for (int i = 0; i < COUNT; ++i) {
                uint32_t gray[4] = {blocks[i].above.first, blocks[i].above.second, blocks[i].below.first, blocks[i].below.second};
                convert_color<4>(args.before, gray);
                pixels[i] = combine<MODE, 1>(Block{{gray[0], gray[1]}, {gray[2], gray[3]}}, column, line);
            }
        } else {
#pragma unroll
            for (int i = 0; i < COUNT; ++i) {
                pixels[i] = combine<MODE, CHANNELS>(blocks[i], column, line);
            }
        }
    }
    finish<COUNT>(args, pixels);
    if (fixed) {
#pragma unroll
        for (int i = 0; i < COUNT; ++i) {
            pixels[i] = column.index1;
        }
    }
    write_pixels<COUNT>(args, first, x, y, pixels);
}

// Whether the aligned words of a tap's pixels may hold bytes outside their row.
template <int SRC, Mode MODE>
__device__ __forceinline__ bool at_edge(const ImageParam& src, const Tap& column) {
    const uint32_t row = src.width * SRC;
    const uint32_t first = max(column.index0, 0) * SRC;
    const uint32_t last = first + (MODE == HALF || (MODE == BILINEAR && column.weight1 != 0) ? 2 * SRC : SRC);
    if (rows_aligned(src, 4)) {
        return ((last + 3) & ~3u) > row;
    }
    return first < 3 || last + 3 > row;
}

template <int SRC, Mode MODE, bool TWO_ROWS, int COUNT>
__device__ __forceinline__ void sample_line(const SampleArgs& args, uint32_t x, uint32_t y, const Tap& column, const Tap& line,
                                            bool edge) {
    // NV12 frames, scattered taps and single gray pixels are read byte by byte.
    constexpr bool WORDS = SRC != NV12 && MODE != SCATTERED && (SRC > 1 || MODE != DIRECT);
    uint32_t frame = blockIdx.z;
    if (WORDS && edge) {
#pragma unroll 1
        for (; frame < args.dst.batch; frame += gridDim.z) {
            sample_frames<SRC, MODE, TWO_ROWS, 1, WORDS>(args, frame, x, y, column, line);
        }
        return;
    }
    for (; frame + (COUNT - 1) * gridDim.z < args.dst.batch; frame += COUNT * gridDim.z) {
        sample_frames<SRC, MODE, TWO_ROWS, COUNT, !WORDS>(args, frame, x, y, column, line);
    }
    if (COUNT > 1) {
#pragma unroll 1
        for (; frame < args.dst.batch; frame += gridDim.z) {
            sample_frames<SRC, MODE, TWO_ROWS, 1, !WORDS>(args, frame, x, y, column, line);
        }
    }
}

template <int SRC, Mode MODE, int COUNT>
__device__ __forceinline__ void sample_batch(const SampleArgs& args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.dst.width) {
        return;
    }
    const Tap* columns = reinterpret_cast<const Tap*>(args.tables);
    const Tap* lines = columns + args.dst.width;
    const Tap column = tap_at(columns, x);
    const bool edge = at_edge<SRC, MODE>(args.src, column);
    for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
        const Tap line = tap_at(lines, y);
        if (outside(line)) {
            const uint32_t pixels[1] = {static_cast<uint32_t>(column.index0 < line.index0 ? column.index1 : line.index1)};
            for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
                write_pixels<1>(args, frame, x, y, pixels);
            }
        } else if (MODE == BILINEAR && (line.weight1 == 0 || line.index1 == line.index0)) {
            sample_line<SRC, MODE, false, COUNT>(args, x, y, column, line, edge);
        } else {
            sample_line<SRC, MODE, true, COUNT>(args, x, y, column, line, edge);
        }
    }
}

// The kernels for one kind of source, MODULE_SOURCE: its channels, or NV12. The second launch bound is the least number of
// resident blocks of a multiprocessor: bilinear sampling gains more from registers for the loads of four frames in flight than
// from higher occupancy.
extern "C" __global__ void __launch_bounds__(256) sample_direct(const __grid_constant__ SampleArgs args) {
    sample_batch<MODULE_SOURCE, DIRECT, FRAMES>(args);
}

extern "C" __global__ void __launch_bounds__(256, 4) sample_bilinear(const __grid_constant__ SampleArgs args) {
    sample_batch<MODULE_SOURCE, BILINEAR, FRAMES>(args);
}

extern "C" __global__ void __launch_bounds__(256, 5) sample_half(const __grid_constant__ SampleArgs args) {
    sample_batch<MODULE_SOURCE, HALF, FRAMES>(args);
}

extern "C" __global__ void __launch_bounds__(256) sample_scattered(const __grid_constant__ SampleArgs args) {
    sample_batch<MODULE_SOURCE, SCATTERED, 1>(args);
}
