// The pixels of sample_mixed.cu that are loaded from the image itself: those of NV12 frames, and of resizes that skip most pixels, whose
// source rows do not fit into shared memory.
#pragma once

#include "mixed_taps.cuh"
#include "sample.cuh"
#include "sample_pixels.cuh"

// Rows that a thread loads before the first of them is stored.
constexpr uint32_t GROUP = 2;

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
        if (!column.outside && !is_outside(line)) {
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
        if (column.outside || is_outside(lines[i])) {
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

// Computes `COUNT` rows of a column, from row `y` on.
template <int SRC, uint32_t COUNT>
__device__ __forceinline__ void sample_image(const SampleArgs& args, const ImageParam& src, uint32_t constant, uint32_t frame, uint32_t x,
                                             uint32_t y, const Column& column, const Tap* lines) {
    // NV12 frames are read byte by byte.
    constexpr bool WORDS = SRC != NV12;
#pragma unroll 1
    for (uint32_t i = 0; i < COUNT && y + i < args.dst.height; i += GROUP) {
        if (WORDS && !all_words_inside<SRC, GROUP>(src, column, lines + i)) {
#pragma unroll 1
            for (uint32_t j = i; j < i + GROUP; ++j) {
                sample_column<SRC, 1, false>(args, src, constant, frame, x, y + j, column, lines + j);
            }
        } else {
            sample_column<SRC, GROUP, WORDS>(args, src, constant, frame, x, y + i, column, lines + i);
        }
    }
}
