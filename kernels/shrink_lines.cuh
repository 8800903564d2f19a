// Step 3 of shrink.cu: the vertical pass of eight rows of the output, and what follows it for whole pixels.
#pragma once

#include "args/shrink.cuh"
#include "matrix.cuh"
#include "resample.cuh"
#include "sample.cuh"

// Rounds whose weights are loaded at a time.
constexpr uint32_t ROUNDS_AT_ONCE = 5;

// The vertical pass of a warp's 16 samples of each row, as bytes: rows 2q and 2q + 1 of sample g, then of sample g + 8. `ring` is the
// lane's part of the first place of the ring.
template <int PLANES>
__device__ __forceinline__ void make_lines(const ShrinkArgs& args, const ShrinkLines& lines, const uint2* ring, uint32_t* samples) {
    int32_t sums[PLANES][4] = {};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        sums[0][i] = 1 << (args.line_shift - 1);
    }
    // The words of a lane for a round: one for each digit, and zeros up to a power of two.
    constexpr uint32_t WORDS = PLANES == 2 ? 2 : 4;
    const uint32_t* words =
        reinterpret_cast<const uint32_t*>(args.sample.tables + args.line_weights) + lines.weights + threadIdx.x % 32 * WORDS;
    const uint32_t place = args.ring_groups * 32;
    uint32_t slot = lines.slot;
#pragma unroll 1
    for (uint32_t round = lines.first; round < lines.end; round += ROUNDS_AT_ONCE) {
        uint32_t digits[ROUNDS_AT_ONCE][PLANES];
        uint2 rows[ROUNDS_AT_ONCE];
#pragma unroll
        for (uint32_t i = 0; i < ROUNDS_AT_ONCE; ++i) {
            const bool exists = round + i < lines.end;
            if constexpr (PLANES == 2) {
                const uint2 two = exists ? __ldg(reinterpret_cast<const uint2*>(words) + 32 * i) : make_uint2(0, 0);
                digits[i][0] = two.x;
                digits[i][1] = two.y;
            } else {
                const uint4 four = exists ? __ldg(reinterpret_cast<const uint4*>(words) + 32 * i) : make_uint4(0, 0, 0, 0);
                digits[i][0] = four.x;
                digits[i][1] = four.y;
                digits[i][2] = four.z;
            }
            rows[i] = ring[slot * place];
            slot = slot + 1 == args.ring_rounds ? 0 : slot + 1;
        }
#pragma unroll
        for (uint32_t i = 0; i < ROUNDS_AT_ONCE; ++i) {
#pragma unroll
            for (int plane = 0; plane < PLANES; ++plane) {
                if (plane == PLANES - 1) {
                    add_bytes_times_digits<true>(sums[plane], rows[i].x, rows[i].y, digits[i][plane]);
                } else {
                    add_bytes_times_digits<false>(sums[plane], rows[i].x, rows[i].y, digits[i][plane]);
                }
            }
        }
        words += ROUNDS_AT_ONCE * 32 * WORDS;
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        samples[i] = shifted_to_byte(from_digits<PLANES>(sums[0] + i, 4), args.line_shift);
    }
}

// How the bytes of eight rows lie in shared memory: for each row a plane for each channel, which begins with the byte of a column of
// the output at a multiple of four, where columns lie side by side.
struct Planes {
    // Bytes before the first column, and from a plane to the next: a multiple of four.
    uint32_t lead;
    uint32_t pitch;

    __device__ __forceinline__ Planes(const ShrinkArgs& args, const ShrinkTile& tile) {
        const uint4* entries = reinterpret_cast<const uint4*>(args.sample.tables + args.columns);
        lead = __ldg(&entries[tile.column].x) % 4;
        pitch = (lead + tile.columns + 3) / 4 * 4;
    }
};

// Writes the samples of a lane, as `make_lines` gives them, as bytes of eight rows in shared memory.
template <int CHANNELS>
__device__ __forceinline__ void store_samples(const ShrinkPart& part, const Planes& planes, const uint32_t* samples, uint8_t* bytes) {
#pragma unroll
    for (uint32_t half = 0; half < 2; ++half) {
        // Groups begin with whole pixels.
        const uint32_t sample = threadIdx.x % 32 / 4 + 8 * half;
        const uint32_t column = planes.lead + part.place / CHANNELS + sample / CHANNELS;
        uint8_t* out = bytes + (threadIdx.x % 4 * 2 * CHANNELS + sample % CHANNELS) * planes.pitch + column;
        if (sample < part.samples) {
            out[0] = samples[2 * half];
            out[CHANNELS * planes.pitch] = samples[2 * half + 1];
        }
    }
}

// The column of a tile that a thread finishes, in some rows of each group.
struct Column {
    ShrinkColumn entry;
    // Its number in the tile.
    uint32_t index;
    // The first row, and the number of rows from one to the next; no row for the threads that are left over.
    uint32_t line;
    uint32_t step;

    __device__ __forceinline__ Column(const ShrinkArgs& args, const ShrinkTile& tile) {
        const bool single = tile.columns == 1;
        line = single ? threadIdx.x : __umulhi(threadIdx.x, tile.inverse);
        step = single ? blockDim.x : __umulhi(blockDim.x, tile.inverse);
        index = threadIdx.x - line * tile.columns;
        const uint4* entries = reinterpret_cast<const uint4*>(args.sample.tables + args.columns);
        const uint4 four = __ldg(entries + tile.column + index);
        entry = ShrinkColumn{four.x, static_cast<int32_t>(four.y), four.z, four.w};
        line = line < step ? line : 0x7fffffffu;
    }
};

// A byte of a word as a number. The bits of 2^23 plus an integer below 2^23 end with the integer: cheaper than a conversion.
__device__ __forceinline__ float number_of_byte(uint32_t word, int i) {
    return __uint_as_float(__byte_perm(word, 0x4b000000u, 0x7440u | i)) - 8388608.0f;
}

// The four columns of a plane that a thread finishes in each group of rows, where the output is planar f16 or f32, and the columns of
// the tile lie side by side in it: the most frequent output of such chains.
struct Quad {
    // The row, 8 for threads that are left over, in 4 bits; which of the columns the tile has in 4 bits; the channel in 8; the first
    // column in 16. All ones: threads finish pixels.
    uint32_t packed;

    template <int CHANNELS>
    __device__ __forceinline__ static Quad of(const ShrinkArgs& args, const ShrinkTile& tile, const Planes& planes) {
        const ImageParam& dst = args.sample.dst;
        const bool is_planar = args.sample.flags == (F16_SAMPLES | PLANAR) || args.sample.flags == (F32_SAMPLES | PLANAR);
        // Four numbers are one store.
        const bool is_aligned = rows_aligned(dst, args.sample.flags & F16_SAMPLES ? 8 : 16);
        if (!tile.adjacent || !is_planar || !is_aligned || 2 * CHANNELS * planes.pitch > blockDim.x || dst.width > 0xffff) {
            return Quad{0xffffffffu};
        }
        const uint32_t plane = threadIdx.x / (planes.pitch / 4);
        const uint32_t place = threadIdx.x % (planes.pitch / 4) * 4;
        const uint4* entries = reinterpret_cast<const uint4*>(args.sample.tables + args.columns);
        const uint32_t x = __ldg(&entries[tile.column].x) - planes.lead + place;
        uint32_t packed = x << 16 | plane % CHANNELS << 8;
        // Alpha may be left out.
        packed |= plane % CHANNELS < dst.channels ? min(plane / CHANNELS, 8u) : 8u;
#pragma unroll
        for (uint32_t i = 0; i < 4; ++i) {
            packed |= (place + i >= planes.lead && place + i < planes.lead + tile.columns ? 16u : 0u) << i;
        }
        return Quad{packed};
    }

    __device__ __forceinline__ bool exists() const { return packed != 0xffffffffu; }
    __device__ __forceinline__ uint32_t line() const { return packed & 15u; }
    __device__ __forceinline__ bool has_all() const { return (packed & 0xf0u) == 0xf0u; }
    __device__ __forceinline__ bool has(int i) const { return packed >> (4 + i) & 1u; }
    __device__ __forceinline__ uint32_t channel() const { return packed >> 8 & 255u; }
    __device__ __forceinline__ uint32_t x() const { return packed >> 16; }
};

__device__ __forceinline__ void store_four(uint64_t address, const F16* numbers) {
    store(address, make_uint2(pair(numbers[0], numbers[1]), pair(numbers[2], numbers[3])));
}

__device__ __forceinline__ void store_four(uint64_t address, const float* numbers) {
    store(address, make_uint4(__float_as_uint(numbers[0]), __float_as_uint(numbers[1]), __float_as_uint(numbers[2]),
                              __float_as_uint(numbers[3])));
}

// Writes the numbers of a thread's four columns in row `y`. `word` are their samples.
template <typename Sample>
__device__ __forceinline__ void write_quad(const SampleArgs& args, const Quad& quad, uint32_t frame, uint32_t y, uint32_t word) {
    const uint32_t channel = quad.channel();
    const uint64_t address = reinterpret_cast<uint64_t>(image_row<Sample>(args.dst, frame, 0) + quad.x()) +
                             (static_cast<uint64_t>(channel) * args.dst.height + y) * args.dst.row_pitch;
    Sample numbers[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        numbers[i] = number_of<Sample>(args.normalize, number_of_byte(word, i), channel);
    }
    if (quad.has_all()) {
        store_four(address, numbers);
        return;
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        if (quad.has(i)) {
            store(address + i * sizeof(Sample), numbers[i]);
        }
    }
}

// Rows of the output whose samples are in shared memory, as bytes.
struct MadeLines {
    // The index of the first `ShrinkLine`, and the number of rows.
    uint32_t line;
    uint32_t lines;
    uint32_t frame;
};

// Color, threshold and normalization of the samples in `bytes`, and the stores.
template <int CHANNELS>
__device__ __forceinline__ void finish_lines(const ShrinkArgs& args, const ShrinkTile& tile, const Planes& planes, const Quad& quad,
                                             const MadeLines& made, const uint8_t* bytes) {
    const uint4* entries = reinterpret_cast<const uint4*>(args.sample.tables + args.lines) + made.line;
    if (quad.exists()) {
        if (quad.line() < made.lines) {
            const uint32_t y = __ldg(&entries[quad.line()].x);
            // Threads follow the order of the words.
            const uint32_t word = reinterpret_cast<const uint32_t*>(bytes)[threadIdx.x];
            if (args.sample.flags & F16_SAMPLES) {
                write_quad<F16>(args.sample, quad, made.frame, y, word);
            } else {
                write_quad<float>(args.sample, quad, made.frame, y, word);
            }
        }
        return;
    }
    const Column column(args, tile);
    for (uint32_t i = column.line; i < made.lines; i += column.step) {
        const uint32_t y = __ldg(&entries[i].x);
        uint32_t pixel = column.entry.pixel;
        if (column.entry.rank == 0) {
            uint32_t samples[4] = {};
            const uint8_t* samples_of = bytes + i * CHANNELS * planes.pitch + planes.lead + column.index;
#pragma unroll
            for (int c = 0; c < CHANNELS; ++c) {
                samples[c] = samples_of[c * planes.pitch];
            }
            pixel = pack(samples[0], samples[1], samples[2], samples[3]);
            finish<1>(args.sample, &pixel);
        }
        write_pixels<1>(args.sample, made.frame, column.entry.x, y, &pixel);
    }
}

// The pixels of a thread in the constant rows of all frames, of which the blocks of a column of the grid make some each.
__device__ __forceinline__ void finish_constant_lines(const ShrinkArgs& args, const ShrinkTile& tile) {
    if (args.sampled_lines == args.line_count) {
        return;
    }
    const Column column(args, tile);
    if (column.line >= column.step) {
        return;
    }
    const uint4* entries = reinterpret_cast<const uint4*>(args.sample.tables + args.lines);
    // Units of rows, of one frame after the other.
    const uint32_t units = (args.line_count - args.sampled_lines + column.step - 1) / column.step;
    uint32_t unit = blockIdx.y;
    for (uint32_t frame = 0; frame < args.sample.dst.batch; ++frame, unit -= units) {
        for (; unit < units; unit += gridDim.y) {
            const uint32_t i = args.sampled_lines + unit * column.step + column.line;
            if (i < args.line_count) {
                const uint4 line = __ldg(entries + i);
                const uint32_t pixel = column.entry.rank < static_cast<int32_t>(line.y) ? column.entry.pixel : line.z;
                write_pixels<1>(args.sample, frame, column.entry.x, line.x, &pixel);
            }
        }
    }
}
