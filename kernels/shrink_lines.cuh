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

// Writes the samples of a lane, as `make_lines` gives them, as bytes of eight rows in shared memory.
__device__ __forceinline__ void store_samples(const ShrinkArgs& args, const ShrinkPart& part, const uint32_t* samples, uint8_t* bytes) {
    const uint32_t first = threadIdx.x % 32 / 4;
    uint8_t* out = bytes + threadIdx.x % 4 * 2 * args.out_pitch + part.place + first;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        if (first + 8 * (i / 2) < part.samples) {
            out[i % 2 * args.out_pitch + 8 * (i / 2)] = samples[i];
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

// Writes the samples of a pixel as one number of each plane, the most frequent output of such chains.
template <typename Sample, int CHANNELS>
__device__ __forceinline__ void write_planes(const SampleArgs& args, uint32_t frame, uint32_t x, uint32_t y, const uint32_t* samples) {
    const uint64_t plane = args.dst.height * args.dst.row_pitch;
    uint64_t address = reinterpret_cast<uint64_t>(image_row<Sample>(args.dst, frame, y) + x);
#pragma unroll
    for (int c = 0; c < CHANNELS; ++c) {
        // Alpha may be left out.
        if (c < args.dst.channels) {
            store(address, number_of<Sample>(args.normalize, samples[c], c));
        }
        address += plane;
    }
}

// Color, threshold and normalization of the pixels of a thread in some rows, whose samples are in `bytes`.
template <int CHANNELS>
__device__ __forceinline__ void finish_lines(const ShrinkArgs& args, const ShrinkTile& tile, const ShrinkLines& lines,
                                             uint32_t frame, const uint8_t* bytes) {
    const Column column(args, tile);
    const uint4* entries = reinterpret_cast<const uint4*>(args.sample.tables + args.lines) + lines.line;
    for (uint32_t i = column.line; i < lines.lines; i += column.step) {
        const uint32_t y = __ldg(&entries[i].x);
        uint32_t pixel = column.entry.pixel;
        if (column.entry.rank == 0) {
            uint32_t samples[4] = {};
            const uint8_t* made = bytes + i * args.out_pitch + column.index * CHANNELS;
#pragma unroll
            for (int c = 0; c < CHANNELS; ++c) {
                samples[c] = made[c];
            }
            if (args.sample.flags == (F16_SAMPLES | PLANAR)) {
                write_planes<F16, CHANNELS>(args.sample, frame, column.entry.x, y, samples);
                continue;
            }
            if (args.sample.flags == (F32_SAMPLES | PLANAR)) {
                write_planes<float, CHANNELS>(args.sample, frame, column.entry.x, y, samples);
                continue;
            }
            pixel = pack(samples[0], samples[1], samples[2], samples[3]);
            finish<1>(args.sample, &pixel);
        }
        write_pixels<1>(args.sample, frame, column.entry.x, y, &pixel);
    }
}

// The pixels of a thread in the constant rows, of which the blocks of a column of the grid make some each.
__device__ __forceinline__ void finish_constant_lines(const ShrinkArgs& args, const ShrinkTile& tile, uint32_t frame) {
    if (args.sampled_lines == args.line_count) {
        return;
    }
    const Column column(args, tile);
    const uint4* entries = reinterpret_cast<const uint4*>(args.sample.tables + args.lines);
    const uint32_t count = args.line_count - args.sampled_lines;
    for (uint32_t i = blockIdx.y * column.step + column.line; column.line < column.step && i < count; i += gridDim.y * column.step) {
        const uint4 line = __ldg(entries + args.sampled_lines + i);
        const uint32_t pixel = column.entry.rank < static_cast<int32_t>(line.y) ? column.entry.pixel : line.z;
        write_pixels<1>(args.sample, frame, column.entry.x, line.x, &pixel);
    }
}
