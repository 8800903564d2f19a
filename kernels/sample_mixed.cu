// Sampling of images of any sizes, one of each frame of the output: crops, flips, one bilinear resize, pads, color, threshold and
// normalization. A table has an entry for each image, from which the kernel computes the taps that `resize` has in tables, in the
// same floating-point operations. A thread computes one column of several rows, so that their loads are in flight together; a
// warp writes consecutive pixels. Compiled once for each kind of source.
#include "args/sample_mixed.cuh"
#include "sample.cuh"
#include "sample_pixels.cuh"

// Rows of each thread, and rows that are loaded before the first of them is stored. The grid knows ROWS.
#ifndef ROWS
#define ROWS 4
#endif
#ifndef GROUP
#define GROUP 4
#endif
#ifndef RESIDENT
#define RESIDENT 4
#endif

// The most rows of a block: 8 threads along y.
constexpr int MOST_LINES = 8 * ROWS;

// The position of an output column or row on the resized axis, as in `resize`: the index below it and the fraction above that.
struct Position {
    int index;
    float fraction;
};

__device__ __forceinline__ Position position_of(const MixedAxis& axis, uint32_t at) {
    const int resized = axis.after_first + axis.after_step * static_cast<int>(at);
    const float center = static_cast<float>((static_cast<double>(resized) + 0.5) * axis.scale - 0.5);
    const float below = floorf(center);
    return Position{static_cast<int>(below), center - below};
}

__device__ __forceinline__ bool is_outside(const MixedAxis& axis, uint32_t at) {
    return static_cast<int>(at) < axis.first || static_cast<int>(at) >= axis.end;
}

// A weight in 1/2048.
__device__ __forceinline__ int fixed_point(float weight) {
    return __float2int_rn(weight * 2048.0f);
}

// The two source pixels of an output column, side by side.
struct Column {
    // The left one.
    int left;
    // The weight of the left one in the low half, and that of its neighbor.
    uint32_t weights;
    // Whether the output column is outside the source, and has none.
    bool outside;
};

// The column of an output pixel. Where the tap leaves the image, the border column has all the weight.
__device__ __forceinline__ Column column_at(const MixedAxis& axis, uint32_t x) {
    Position position = position_of(axis, x);
    if (position.index < 0 || position.index >= axis.last) {
        position = Position{position.index < 0 ? 0 : axis.last, 0.0f};
    }
    const uint32_t weight0 = fixed_point(1.0f - position.fraction);
    const uint32_t weight1 = fixed_point(position.fraction);
    const int first = axis.before_first + axis.before_step * position.index;
    if (axis.before_step < 0 && weight1 != 0) {
        return Column{first - 1, weight1 | (weight0 << 16), is_outside(axis, x)};
    }
    return Column{first, weight0 | (weight1 << 16), is_outside(axis, x)};
}

// The tap of an output row. Where it leaves the image, both indices are clamped and the weights are kept. Outside the source the
// weights are 0.
__device__ __forceinline__ Tap line_at(const MixedAxis& axis, uint32_t y) {
    if (is_outside(axis, y)) {
        return Tap{0, 0, 0, 0};
    }
    const Position position = position_of(axis, y);
    const int index0 = min(max(position.index, 0), axis.last);
    const int index1 = min(max(position.index + 1, 0), axis.last);
    return Tap{axis.before_first + axis.before_step * index0, axis.before_first + axis.before_step * index1,
               fixed_point(1.0f - position.fraction), fixed_point(position.fraction)};
}

// Loads the pixels of a column in a source row. WORDS: aligned words hold no byte outside the image.
template <int SRC, bool WORDS>
__device__ __forceinline__ Pair pixels_at(const ImageParam& src, int x, int y, bool both) {
    return two_pixels<SRC, !WORDS>(src.base, offset_of<SRC>(src, x, y), both);
}

// Whether the aligned words of `count` bytes at `x` of a row hold bytes of the image alone. Where rows follow one another without
// a gap, a word may hold bytes of two of them.
template <int SRC>
__device__ __forceinline__ bool words_inside(const ImageParam& src, int x, int y, uint32_t count) {
    const uint32_t row_bytes = src.width * SRC;
    const uint64_t row = src.base + y * src.row_pitch;
    const uint64_t first = row + x * SRC;
    const bool dense = src.row_pitch == row_bytes;
    const uint64_t least = dense ? src.base : row;
    const uint64_t most = dense ? src.base + src.height * src.row_pitch : row + row_bytes;
    return (first & ~uint64_t(3)) >= least && ((first + count + 3) & ~uint64_t(3)) <= most;
}

// The four source pixels of an output pixel.
struct Block {
    Pair above;
    Pair below;
};

template <int SRC, bool WORDS>
__device__ __forceinline__ Block load_block(const ImageParam& src, const Column& column, const Tap& line) {
    const bool both = column.weights >> 16 != 0;
    Block block;
    block.above = pixels_at<SRC, WORDS>(src, column.left, line.index0, both);
    // All threads of a warp have the same row.
    if (line.weight1 != 0 && line.index1 != line.index0) {
        block.below = pixels_at<SRC, WORDS>(src, column.left, line.index1, both);
    } else {
        block.below = block.above;
    }
    return block;
}

template <int SRC>
__device__ __forceinline__ uint32_t combine(const SampleArgs& args, const Block& block, const Column& column, const Tap& line) {
    if (args.flags & BEFORE) {
        // Only the conversion to gray comes before the taps.
        uint32_t gray[4] = {block.above.first, block.above.second, block.below.first, block.below.second};
        convert_color<4>(args.before, gray);
        return bilinear<1>(Pair{gray[0], gray[1]}, Pair{gray[2], gray[3]}, column.weights, line);
    }
    return bilinear<SRC == NV12 ? 3 : SRC>(block.above, block.below, column.weights, line);
}

// Computes `COUNT` pixels of a column, from row `y` on. The lines are those of these rows.
template <int SRC, int COUNT, bool WORDS>
__device__ __forceinline__ void sample_column(const SampleArgs& args, const ImageParam& src, uint32_t constant, uint32_t frame,
                                              uint32_t x, uint32_t y, const Column& column, const Tap* lines) {
    Block blocks[COUNT];
    uint32_t pixels[COUNT];
#pragma unroll
    for (int i = 0; i < COUNT; ++i) {
        const Tap line = lines[i];
        if (!column.outside && (line.weight0 | line.weight1) != 0) {
            blocks[i] = load_block<SRC, WORDS>(src, column, line);
        } else {
            blocks[i] = Block{};
        }
    }
#pragma unroll
    for (int i = 0; i < COUNT; ++i) {
        pixels[i] = combine<SRC>(args, blocks[i], column, lines[i]);
    }
    finish<COUNT>(args, pixels);
#pragma unroll
    for (int i = 0; i < COUNT; ++i) {
        if (column.outside || (lines[i].weight0 | lines[i].weight1) == 0) {
            pixels[i] = constant;
        }
        if (y + i < args.dst.height) {
            write_pixels<1>(args, frame, x, y + i, pixels + i);
        }
    }
}

// Whether all words of the column in these rows are inside the image.
template <int SRC, int COUNT>
__device__ __forceinline__ bool all_words_inside(const ImageParam& src, const Column& column, const Tap* lines) {
    const uint32_t row_bytes = src.width * SRC;
    const uint32_t first = column.left * SRC;
    const uint32_t count = column.weights >> 16 != 0 ? 2 * SRC : SRC;
    // Far from the ends of a row the words are in the row.
    if (column.outside || (first >= 3 && first + count + 3 <= row_bytes)) {
        return true;
    }
    bool inside = true;
    for (int i = 0; i < COUNT; ++i) {
        inside = inside && words_inside<SRC>(src, column.left, lines[i].index0, count) &&
                 words_inside<SRC>(src, column.left, lines[i].index1, count);
    }
    return inside;
}

template <int SRC>
__device__ __forceinline__ void sample_images(const SampleArgs& args) {
    // NV12 frames are read byte by byte.
    constexpr bool WORDS = SRC != NV12;
    __shared__ Tap lines[MOST_LINES];
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    const uint32_t thread = threadIdx.y * blockDim.x + threadIdx.x;
    const uint32_t tile = blockDim.y * ROWS;
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        const MixedImage& image = *reinterpret_cast<const MixedImage*>(args.src.base + frame * args.src.batch_stride);
        const ImageParam src{image.base, image.row_pitch, 0, image.width, image.height, 0, 1};
        const uint32_t constant = image.outside;
        const Column column = column_at(image.columns, x);
        for (uint32_t top = blockIdx.y * tile; top < args.dst.height; top += gridDim.y * tile) {
            __syncthreads();
            for (uint32_t i = thread; i < tile; i += blockDim.x * blockDim.y) {
                // Rows behind the end of the output repeat the last one.
                lines[i] = line_at(image.lines, min(top + i, args.dst.height - 1));
            }
            __syncthreads();
            if (x >= args.dst.width) {
                continue;
            }
#pragma unroll 1
            for (uint32_t row = threadIdx.y * ROWS; row < (threadIdx.y + 1) * ROWS; row += GROUP) {
                const uint32_t y = top + row;
                if (y >= args.dst.height) {
                    break;
                }
                if (WORDS && !all_words_inside<SRC, GROUP>(src, column, lines + row)) {
#pragma unroll 1
                    for (uint32_t i = 0; i < GROUP; ++i) {
                        if (y + i < args.dst.height) {
                            sample_column<SRC, 1, false>(args, src, constant, frame, x, y + i, column, lines + row + i);
                        }
                    }
                } else {
                    sample_column<SRC, GROUP, WORDS>(args, src, constant, frame, x, y, column, lines + row);
                }
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256, RESIDENT) sample_mixed(const __grid_constant__ SampleArgs args) {
    sample_images<MODULE_SOURCE>(args);
}
