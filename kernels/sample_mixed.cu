// Sampling of images of any sizes, one of each frame of the output: crops, flips, one bilinear resize, pads, color, threshold and
// normalization. A table has an entry for each image, from which the kernel computes the taps that `resize` has in tables, in the
// same floating-point operations. A thread computes one column of several rows, and a warp writes consecutive pixels. A block first
// copies the parts of source rows that it needs into shared memory, in words of 16 bytes, all of them in flight together; where these
// are too long, since the resize skips most pixels, its threads load their pixels one by one. Compiled once for each kind of source.
#include "args/sample_mixed.cuh"
#include "descriptor.cuh"
#include "sample.cuh"
#include "sample_pixels.cuh"

// Rows of each thread. The grid knows it.
constexpr uint32_t ROWS = 8;
// Rows that a thread loads before the first of them is stored, where it loads from the image.
constexpr uint32_t GROUP = 2;
// Bytes for parts of source rows, and the least number of resident blocks of a multiprocessor: those of data centers have more shared
// memory than the others, and those of compute capability 7.5 run at most 1024 threads.
#if __CUDA_ARCH__ == 800 || __CUDA_ARCH__ == 900 || __CUDA_ARCH__ == 1000
constexpr uint32_t STAGE = 32768;
constexpr int RESIDENT = 5;
#else
constexpr uint32_t STAGE = 16384;
constexpr int RESIDENT = 4;
#endif

// The most rows of a block, so that a warp has a lane for each of their two source rows.
constexpr uint32_t MOST_LINES = 16;

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

// A part of a source row that a block copies to shared memory.
struct Part {
    // The address of the word of 16 bytes that has its first byte.
    uint64_t from;
    // The number of words.
    uint32_t words;
    // The words that hold bytes of the image alone, from this one on,
    uint32_t whole;
    // and how many they are.
    uint32_t count;
    // Where the bytes that may be read of the other words begin and end, counted from the first word.
    int least;
    int most;
    // Zero; fills the struct.
    uint32_t reserved;
};

// The source of an output row in shared memory.
struct StagedLine {
    // The addresses in shared memory at which the rows would begin.
    uint32_t above;
    uint32_t below;
    // Weights in 1/2048; 0 both for rows outside the source.
    uint32_t weight0;
    uint32_t weight1;
};

// What a block has in shared memory.
struct Stage {
    alignas(16) uint8_t bytes[STAGE];
    // The number of each sample of each channel, as the bits of a sample of the output.
    uint32_t numbers[4][256];
    Part parts[2 * MOST_LINES];
    StagedLine staged[MOST_LINES];
    Tap lines[MOST_LINES];
    // The first byte of each part in its row; negative where the parts do not fit.
    int first;
    // The number of parts.
    uint32_t count;
    // Bytes from a part to the next.
    uint32_t pitch;
};

// Bytes from a part to the next: the bytes of the longest one, the up to 15 before them in the first word, and a word that is read
// behind them.
__device__ __forceinline__ uint32_t part_pitch(uint32_t bytes) {
    return (bytes + 47) & ~15u;
}

// Finds the source rows of the block's output rows from `top` on, and their parts. Called by all lanes of the first warp: lane `i` has
// the first (even) or second (odd) source row of output row `i / 2`.
template <int SRC>
__device__ __forceinline__ void plan_stage(const SampleArgs& args, const MixedImage& image, const ImageParam& src, uint32_t top,
                                           uint32_t count, Stage& stage) {
    const uint32_t lane = threadIdx.x & 31;
    const uint32_t row = lane / 2;
    // Rows behind the end of the output repeat the last one.
    const Tap line = line_at(image.lines, min(top + row, args.dst.height - 1));
    if (row < count && (lane & 1) == 0) {
        stage.lines[row] = line;
    }
    if constexpr (SRC == NV12) {
        return;
    }
    // The first and the last column of the block that are not outside.
    const int left = max(static_cast<int>(blockIdx.x * blockDim.x), image.columns.first);
    const int right = min(min(static_cast<int>((blockIdx.x + 1) * blockDim.x), static_cast<int>(args.dst.width)), image.columns.end) - 1;
    const int end = column_at(image.columns, lane & 1 ? right : left).left;
    const int ends[2] = {__shfl_sync(~0u, end, 0), __shfl_sync(~0u, end, 1)};
    const bool empty = left > right;
    const uint32_t begin = empty ? 0 : min(ends[0], ends[1]) * SRC;
    const uint32_t bytes = empty ? 0 : min(max(ends[0], ends[1]) + 2, static_cast<int>(src.width)) * SRC - begin;
    const uint32_t pitch = part_pitch(bytes);

    const bool outside = (line.weight0 | line.weight1) == 0;
    // A row without weight is not read.
    const int index = lane & 1 && line.weight1 != 0 ? line.index1 : line.index0;
    const bool used = row < count && !outside && !empty;
    const uint32_t same = __match_any_sync(~0u, used ? index : -1 - static_cast<int>(lane));
    const uint32_t owner = __ffs(same) - 1;
    const uint32_t parts = __popc(__ballot_sync(~0u, used && owner == lane));
    const uint32_t slot = __popc(__ballot_sync(~0u, used && owner == lane) & ((1u << owner) - 1u));
    const bool fits = parts * pitch <= STAGE;

    const uint64_t start = src.base + index * src.row_pitch;
    const uint32_t skip = static_cast<uint32_t>(start + begin) & 15u;
    if (used && owner == lane) {
        const bool dense = src.row_pitch == src.width * SRC;
        // Where rows follow one another without a gap, a word may hold bytes of two of them.
        const uint64_t least = dense ? src.base : start;
        const uint64_t most = dense ? src.base + src.height * src.row_pitch : start + src.width * SRC;
        Part part;
        part.from = start + begin - skip;
        part.words = (skip + bytes + 15) / 16;
        part.least = part.from >= least ? 0 : static_cast<int>(least - part.from);
        part.most = min(most - part.from, uint64_t(16 * part.words));
        part.whole = (part.least + 15) / 16;
        part.count = max(part.most / 16 - static_cast<int>(part.whole), 0);
        part.reserved = 0;
        stage.parts[slot] = part;
    }
    const uint32_t place = static_cast<uint32_t>(__cvta_generic_to_shared(stage.bytes)) + (used ? slot * pitch + skip : 0) - begin;
    const uint32_t below = __shfl_down_sync(~0u, place, 1);
    if (row < count && (lane & 1) == 0) {
        stage.staged[row] = StagedLine{place, below, static_cast<uint32_t>(line.weight0), static_cast<uint32_t>(line.weight1)};
    }
    if (lane == 0) {
        stage.first = fits ? static_cast<int>(begin) : -1;
        stage.count = parts;
        stage.pitch = pitch;
    }
}

// Copies 16 bytes from global to shared memory.
__device__ __forceinline__ void copy_word(uint8_t* to, uint64_t from) {
#if __CUDA_ARCH__ >= 800
    const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(to));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address), "l"(from) : "memory");
#else
    *reinterpret_cast<uint4*>(to) = __ldg(reinterpret_cast<const uint4*>(from));
#endif
}

// Waits for the copies of this thread.
__device__ __forceinline__ void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

// Copies the parts to shared memory, a warp each.
__device__ __forceinline__ void copy_parts(Stage& stage, uint32_t thread, uint32_t threads) {
    const uint32_t lane = thread & 31;
    for (uint32_t slot = thread / 32; slot < stage.count; slot += threads / 32) {
        const Part part = stage.parts[slot];
        uint8_t* to = stage.bytes + slot * stage.pitch;
        for (uint32_t word = lane; word < part.words; word += 32) {
            if (word - part.whole < part.count) {
                copy_word(to + 16 * word, part.from + 16 * word);
            } else {
                const int end = min(part.most, static_cast<int>(16 * word + 16));
#pragma unroll 1
                for (int i = max(part.least, static_cast<int>(16 * word)); i < end; ++i) {
                    to[i] = load_byte(part.from + i);
                }
            }
        }
    }
}

__device__ __forceinline__ uint32_t load_shared(uint32_t address) {
    uint32_t word;
    asm volatile("ld.shared.u32 %0, [%1];" : "=r"(word) : "r"(address));
    return word;
}

// The first 8 bytes at an address in shared memory, of which 4 for gray.
template <int SRC>
__device__ __forceinline__ Pair staged_bytes(uint32_t at) {
    const uint32_t words = at & ~3u;
    const uint32_t middle = load_shared(words + 4);
    // The funnel shift takes its amount modulo 32.
    return Pair{__funnelshift_r(load_shared(words), middle, 8 * at), SRC == 1 ? 0 : __funnelshift_r(middle, load_shared(words + 8), 8 * at)};
}

// The weighted sums of the samples of the two pixels in these bytes.
template <int SRC>
__device__ __forceinline__ Sums staged_sums(Pair bytes, uint32_t weights) {
    Sums sums{};
    if constexpr (SRC == 1) {
        sums.of[0] = dp2a_lo(weights, bytes.first, 0);
        return sums;
    }
    // Samples 0 and 1 of both pixels, then 2 and 3.
    const uint32_t low = __byte_perm(bytes.first, bytes.second, SRC == 3 ? 0x4130 : 0x5140);
    const uint32_t high = __byte_perm(bytes.first, bytes.second, SRC == 3 ? 0x5252 : 0x7362);
    sums.of[0] = dp2a_lo(weights, low, 0);
    sums.of[1] = dp2a_hi(weights, low, 0);
    sums.of[2] = dp2a_lo(weights, high, 0);
    if (SRC > 3) {
        sums.of[3] = dp2a_hi(weights, high, 0);
    }
    return sums;
}

// The sums of two rows, as `bilinear` has them: each number is 4 times a sample, plus 2, and a rest below that.
template <int SRC>
__device__ __forceinline__ Sums staged_pixel(uint32_t byte, uint32_t weights, const StagedLine& line) {
    const Sums top = staged_sums<SRC>(staged_bytes<SRC>(byte + line.above), weights);
    const Sums bottom = staged_sums<SRC>(staged_bytes<SRC>(byte + line.below), weights);
    Sums sums{};
#pragma unroll
    for (int c = 0; c < SRC; ++c) {
        sums.of[c] = ((line.weight0 * (top.of[c] >> 4)) >> 16) + ((line.weight1 * (bottom.of[c] >> 4)) >> 16) + 2;
    }
    return sums;
}

// Stores the low `BYTES` bytes of a word to global memory.
template <int BYTES>
__device__ __forceinline__ void store_bits(uint64_t address, uint32_t bits) {
    if constexpr (BYTES == 4) {
        asm volatile("st.global.u32 [%0], %1;" ::"l"(address), "r"(bits) : "memory");
    } else {
        asm volatile("st.global.u16 [%0], %1;" ::"l"(address), "h"(static_cast<uint16_t>(bits)) : "memory");
    }
}

// Writes the rows of a thread as planes of numbers, for chains that end with a normalization and change no color.
template <int SRC, typename Sample>
__device__ __forceinline__ void write_planes(const SampleArgs& args, const Stage& stage, uint32_t constant, uint32_t frame, uint32_t x,
                                             uint32_t y, uint32_t row, uint32_t byte, const Column& column) {
    const uint64_t plane = args.dst.height * args.dst.row_pitch;
    uint64_t to = reinterpret_cast<uint64_t>(image_row<Sample>(args.dst, frame, y) + x);
    const uint32_t numbers = static_cast<uint32_t>(__cvta_generic_to_shared(stage.numbers));
#pragma unroll
    for (uint32_t i = 0; i < ROWS; ++i) {
        if (y + i >= args.dst.height) {
            return;
        }
        const StagedLine line = stage.staged[row + i];
        Sums sums;
        if (column.outside || (line.weight0 | line.weight1) == 0) {
#pragma unroll
            for (int c = 0; c < SRC; ++c) {
                sums.of[c] = 4 * ((constant >> (8 * c)) & 255u);
            }
        } else {
            sums = staged_pixel<SRC>(byte, column.weights, line);
        }
        uint64_t address = to;
#pragma unroll
        for (int c = 0; c < SRC; ++c) {
            const uint32_t bits = load_shared(numbers + 1024 * c + (sums.of[c] & ~3u));
            store_bits<sizeof(Sample)>(address, bits);
            address += plane;
        }
        to += args.dst.row_pitch;
    }
}

// Writes the rows of a thread in any form.
template <int SRC>
__device__ __forceinline__ void write_any(const SampleArgs& args, const Stage& stage, uint32_t constant, uint32_t frame, uint32_t x,
                                          uint32_t y, uint32_t row, uint32_t byte, const Column& column) {
#pragma unroll 1
    for (uint32_t i = 0; i < ROWS && y + i < args.dst.height; ++i) {
        const StagedLine line = stage.staged[row + i];
        uint32_t pixel = constant;
        if (!column.outside && (line.weight0 | line.weight1) != 0) {
            if (args.flags & BEFORE) {
                // Only the conversion to gray comes before the taps.
                const Pair above = staged_bytes<SRC>(byte + line.above);
                const Pair below = staged_bytes<SRC>(byte + line.below);
                uint32_t gray[4] = {above.first, SRC == 3 ? __byte_perm(above.first, above.second, 0x6543) : above.second,
                                    below.first, SRC == 3 ? __byte_perm(below.first, below.second, 0x6543) : below.second};
                convert_color<4>(args.before, gray);
                const Tap tap{0, 0, static_cast<int>(line.weight0), static_cast<int>(line.weight1)};
                pixel = bilinear<1>(Pair{gray[0], gray[1]}, Pair{gray[2], gray[3]}, column.weights, tap);
            } else {
                const Sums sums = staged_pixel<SRC>(byte, column.weights, line);
                pixel = pack(sums.of[0] >> 2, sums.of[1] >> 2, sums.of[2] >> 2, sums.of[3] >> 2);
            }
            finish<1>(args, &pixel);
        }
        write_pixels<1>(args, frame, x, y + i, &pixel);
    }
}

// Whether the numbers of samples are looked up.
__device__ __forceinline__ bool looks_up(const SampleArgs& args) {
    return (args.flags & (BEFORE | AFTER | THRESHOLD)) == 0 && (args.flags & PLANAR) && args.tables != 0;
}

// Computes the rows of a thread from the stage.
template <int SRC>
__device__ __forceinline__ void sample_stage(const SampleArgs& args, const Stage& stage, uint32_t constant, uint32_t frame, uint32_t x,
                                             uint32_t y, uint32_t row, const Column& column) {
    // The tap of a column outside the source may lie anywhere.
    const uint32_t byte = column.outside ? stage.first : column.left * SRC;
    if (looks_up(args) && (args.flags & F32_SAMPLES)) {
        write_planes<SRC, float>(args, stage, constant, frame, x, y, row, byte, column);
    } else if (looks_up(args)) {
        write_planes<SRC, F16>(args, stage, constant, frame, x, y, row, byte, column);
    } else {
        write_any<SRC>(args, stage, constant, frame, x, y, row, byte, column);
    }
}

// Computes the rows of a thread from the image.
template <int SRC>
__device__ __forceinline__ void sample_image(const SampleArgs& args, const ImageParam& src, uint32_t constant, uint32_t frame, uint32_t x,
                                             uint32_t y, const Column& column, const Tap* lines) {
    // NV12 frames are read byte by byte.
    constexpr bool WORDS = SRC != NV12;
#pragma unroll 1
    for (uint32_t i = 0; i < ROWS && y + i < args.dst.height; i += GROUP) {
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

template <int SRC>
__device__ __forceinline__ void sample_images(const SampleArgs& args) {
    __shared__ Stage stage;
    __shared__ MixedImage image;
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    const uint32_t thread = threadIdx.y * blockDim.x + threadIdx.x;
    const uint32_t threads = blockDim.x * blockDim.y;
    const uint32_t tile = blockDim.y * ROWS;
    if constexpr (SRC != NV12) {
        if (looks_up(args)) {
            for (uint32_t word = thread; word < 64 * SRC; word += threads) {
                copy_word(reinterpret_cast<uint8_t*>(stage.numbers) + 16 * word, args.tables + 16 * word);
            }
        }
    }
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        // The last image may still be read.
        __syncthreads();
        read_descriptor(image, descriptor_of<MixedImage>(args.src, frame), thread);
        __syncthreads();
        const ImageParam src{image.base, image.row_pitch, 0, image.width, image.height, 0, 1};
        const uint32_t constant = image.outside;
        const Column column = column_at(image.columns, x);
        for (uint32_t top = blockIdx.y * tile; top < args.dst.height; top += gridDim.y * tile) {
            __syncthreads();
            if (thread < 32) {
                plan_stage<SRC>(args, image, src, top, tile, stage);
            }
            __syncthreads();
            const bool staged = SRC != NV12 && stage.first >= 0;
            if (staged) {
                copy_parts(stage, thread, threads);
                wait_for_copies();
                __syncthreads();
            }
            const uint32_t row = threadIdx.y * ROWS;
            if (x >= args.dst.width || top + row >= args.dst.height) {
                continue;
            }
            if constexpr (SRC != NV12) {
                if (staged) {
                    sample_stage<SRC>(args, stage, constant, frame, x, top + row, row, column);
                    continue;
                }
            }
            sample_image<SRC>(args, src, constant, frame, x, top + row, column, stage.lines + row);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256, RESIDENT) sample_mixed(const __grid_constant__ SampleArgs args) {
    sample_images<MODULE_SOURCE>(args);
}
