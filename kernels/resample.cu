// Chains with a resample whose weights are fixed-point numbers: color conversion, the horizontal pass, the vertical pass, threshold
// and normalization in one pass over the source.
//
// A block makes a tile of columns of some rows of the output. It walks down the source, 16 rows at a time:
// 1. The rows go to shared memory, each channel by itself, four pixels in a word.
// 2. Each warp makes eight columns of the horizontal pass with matrix instructions: pixels (16 rows by 64 positions) times weights
//    (64 positions by 8 columns). A weight has more digits than one byte: the sums of each digit are exact, and so is their sum.
//    The results, rounded to bytes as the pass rounds them, go to a ring in shared memory, four rows of a column in a word.
// 3. Rows of the output whose source rows are all in the ring are finished: the vertical pass, four rows at a time, and what
//    follows it.
// The tables are made by crates/ops/src/fusion/sample/resample. Compiled once for each kind of source.
#include "matrix.cuh"
#include "resample_load.cuh"

template <typename Entry>
__device__ __forceinline__ const Entry* table(const ResampleArgs& args, uint32_t offset) {
    return reinterpret_cast<const Entry*>(args.sample.tables + offset);
}

// Adds the products of 16 rows by 32 positions of bytes (`a`) with 32 positions by 8 columns of digits (`b`) to the 16 by 8 sums of
// a warp, which has four of them in each lane. SIGNED: the digits are signed bytes.
template <bool SIGNED>
__device__ __forceinline__ void multiply(int32_t* sums, const uint32_t* a, const uint32_t* b) {
#if __CUDA_ARCH__ >= 800
    if constexpr (SIGNED) {
        asm("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    } else {
        asm("mma.sync.aligned.m16n8k32.row.col.s32.u8.u8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    }
#else
    // The same by instructions for 8 rows and 16 positions: a[0] and a[2] are rows 0 to 7, a[1] and a[3] rows 8 to 15.
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        int32_t* half = sums + 2 * (i % 2);
        if constexpr (SIGNED) {
            asm("mma.sync.aligned.m8n8k16.row.col.s32.u8.s8.s32 {%0,%1}, {%2}, {%3}, {%0,%1};"
                : "+r"(half[0]), "+r"(half[1])
                : "r"(a[i]), "r"(b[i / 2]));
        } else {
            asm("mma.sync.aligned.m8n8k16.row.col.s32.u8.u8.s32 {%0,%1}, {%2}, {%3}, {%0,%1};"
                : "+r"(half[0]), "+r"(half[1])
                : "r"(a[i]), "r"(b[i / 2]));
        }
    }
#endif
}

// Step 2: the horizontal pass of the rows in shared memory, to the ring from its row `slot` on.
template <int CHANNELS, int PLANES>
__device__ __forceinline__ void make_columns(const ResampleArgs& args, const ResampleTile& tile, uint32_t* ring, uint32_t slot) {
    const uint32_t lane = threadIdx.x % 32;
    const uint32_t row = lane / 4;
    for (uint32_t i = threadIdx.x / 32; i < tile.groups; i += blockDim.x / 32) {
        const uint4 entry = __ldg(table<uint4>(args, args.groups) + tile.group + i);
        const ResampleGroup group{entry.x, entry.y, entry.z, entry.w};
        if (group.steps == 0) {
            continue;
        }
        // The sums begin with what rounds them.
        int32_t sums[PLANES * CHANNELS * 4] = {};
#pragma unroll
        for (int j = 0; j < CHANNELS * 4; ++j) {
            sums[j] = 1 << (args.column_shift - 1);
        }
        const uint4* pixels = reinterpret_cast<const uint4*>(shared_words + row * args.row_pitch + (group.word - tile.word)) + lane % 4;
        const uint4* weights = reinterpret_cast<const uint4*>(table<uint32_t>(args, args.column_weights) + group.weights) + lane;
#pragma unroll 1
        for (uint32_t step = 0; step < group.steps; ++step) {
            uint4 digits[PLANES];
#pragma unroll
            for (int plane = 0; plane < PLANES; ++plane) {
                digits[plane] = __ldg(weights + 32 * plane);
            }
#pragma unroll
            for (int c = 0; c < CHANNELS; ++c) {
                const uint4* at = pixels + c * (args.row_words / 4);
                const uint4 upper = at[0];
                const uint4 lower = at[2 * args.row_pitch];
                const uint32_t first[4] = {upper.x, lower.x, upper.y, lower.y};
                const uint32_t second[4] = {upper.z, lower.z, upper.w, lower.w};
#pragma unroll
                for (int plane = 0; plane < PLANES; ++plane) {
                    const uint32_t b[4] = {digits[plane].x, digits[plane].y, digits[plane].z, digits[plane].w};
                    int32_t* own = sums + (plane * CHANNELS + c) * 4;
                    if (plane == PLANES - 1) {
                        multiply<true>(own, first, b);
                        multiply<true>(own, second, b + 2);
                    } else {
                        multiply<false>(own, first, b);
                        multiply<false>(own, second, b + 2);
                    }
                }
            }
            pixels += 4;
            weights += 32 * PLANES;
        }
        // A lane has the sums of two columns in its row, and in the one that is eight rows below.
        uint8_t* out = reinterpret_cast<uint8_t*>(ring + 8 * i + 2 * (lane % 4)) + row % 4;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            uint32_t at = slot + row / 4 + 2 * half;
            at = at >= args.ring_rows ? at - args.ring_rows : at;
#pragma unroll
            for (int c = 0; c < CHANNELS; ++c) {
                uint8_t* words = out + (at * CHANNELS + c) * args.ring_columns * 4;
                const int32_t* own = sums + c * 4 + 2 * half;
                words[0] = shifted_to_byte(from_digits<PLANES>(own, CHANNELS * 4), args.column_shift);
                words[4] = shifted_to_byte(from_digits<PLANES>(own + 1, CHANNELS * 4), args.column_shift);
            }
        }
    }
}

// The vertical pass: the samples of a pixel of a row of the output, in a column of the ring. Unit `first` of the source is in the
// ring's row `slot`.
template <int CHANNELS, int PLANES>
__device__ __forceinline__ void make_pixel(const ResampleArgs& args, const ResampleLine& line, const uint32_t* ring, uint32_t column,
                                           uint32_t slot, uint32_t* out) {
    int32_t sums[PLANES * CHANNELS] = {};
#pragma unroll
    for (int c = 0; c < CHANNELS; ++c) {
        sums[c] = 1 << (args.line_shift - 1);
    }
    const uint32_t* weights = table<uint32_t>(args, args.line_weights) + line.weights;
    const uint32_t step = CHANNELS * args.ring_columns;
    const uint32_t* words = ring + slot * step + column;
    const uint32_t* end = ring + args.ring_rows * step;
    for (uint32_t i = 0; i < line.words; ++i) {
        uint32_t bytes[CHANNELS];
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            bytes[c] = words[c * args.ring_columns];
        }
#pragma unroll
        for (int plane = 0; plane < PLANES; ++plane) {
            const uint32_t digits = __ldg(weights + plane);
#pragma unroll
            for (int c = 0; c < CHANNELS; ++c) {
                int32_t& sum = sums[plane * CHANNELS + c];
                sum = plane == PLANES - 1 ? dot<true>(bytes[c], digits, sum) : dot<false>(bytes[c], digits, sum);
            }
        }
        weights += PLANES;
        words += step;
        words = words >= end ? words - args.ring_rows * step : words;
    }
#pragma unroll
    for (int c = 0; c < CHANNELS; ++c) {
        out[c] = shifted_to_byte(from_digits<PLANES>(sums + c, CHANNELS), args.line_shift);
    }
    if constexpr (CHANNELS == 4) {
        if (args.premultiplied) {
#pragma unroll
            for (int c = 0; c < 3; ++c) {
                out[c] = by_alpha(out[c], out[3]);
            }
        }
    }
}

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

__device__ __forceinline__ ResampleLine load_line(const ResampleArgs& args, uint32_t index) {
    const uint4* entry = table<uint4>(args, args.lines) + 2 * index;
    const uint4 a = __ldg(entry);
    const uint4 b = __ldg(entry + 1);
    return ResampleLine{a.x, static_cast<int32_t>(a.y), a.z, a.w, b.x, b.y, b.z, b.w};
}

// The column of the output that a thread makes.
struct Column {
    ResampleColumn entry;
    // Its place in the ring.
    uint32_t place;
    // The first row of each round of a block that the thread's warp makes, and the rows of a round.
    uint32_t line;
    uint32_t lines;
};

// Gives each warp 32 columns of a tile, which has at most 64, and every second row or all rows of a round.
__device__ __forceinline__ Column own_column(const ResampleArgs& args, const ResampleTile& tile) {
    const uint32_t warp = threadIdx.x / 32;
    const uint32_t parts = tile.groups > 4 ? 2 : 1;
    const uint32_t place = warp % parts * 32 + threadIdx.x % 32;
    Column column{{-1, 0, 0, 0}, place, warp / parts, blockDim.x / 32 / parts};
    if (place < tile.groups * 8) {
        const uint4 entry = __ldg(table<uint4>(args, args.columns) + tile.group * 8 + place);
        column.entry = ResampleColumn{static_cast<int32_t>(entry.x), static_cast<int32_t>(entry.y), entry.z, entry.w};
    }
    return column;
}

// Step 3: the rows of the output from `first` to `last`. Constant rows (`sampled` is false) need no ring.
template <int CHANNELS, int PLANES>
__device__ __forceinline__ void make_lines(const ResampleArgs& args, const Column& column, const uint32_t* ring, uint32_t frame,
                                           uint32_t first, uint32_t last, bool sampled) {
    if (column.entry.x < 0) {
        return;
    }
    for (uint32_t i = first + column.line; i < last; i += column.lines) {
        const ResampleLine line = load_line(args, i);
        uint32_t pixel;
        if (!sampled) {
            pixel = column.entry.rank < line.rank ? column.entry.pixel : line.pixel;
        } else if (column.entry.rank != 0) {
            pixel = column.entry.pixel;
        } else {
            uint32_t samples[4] = {};
            make_pixel<CHANNELS, PLANES>(args, line, ring, column.place, line.slot, samples);
            const uint32_t steps = args.sample.flags & ~BEFORE;
            if (steps == (F16_SAMPLES | PLANAR)) {
                write_planes<F16, CHANNELS>(args.sample, frame, column.entry.x, line.y, samples);
                continue;
            }
            if (steps == (F32_SAMPLES | PLANAR)) {
                write_planes<float, CHANNELS>(args.sample, frame, column.entry.x, line.y, samples);
                continue;
            }
            pixel = pack(samples[0], samples[1], samples[2], samples[3]);
            finish<1>(args.sample, &pixel);
        }
        write_pixels<1>(args.sample, frame, column.entry.x, line.y, &pixel);
    }
}

template <int SRC, int CHANNELS, int PLANES>
__device__ __forceinline__ void resample(const ResampleArgs& args) {
    const ResampleTile tile = table<ResampleTile>(args, args.tiles)[blockIdx.x];
    const ResampleLine* lines = table<ResampleLine>(args, args.lines);
    uint32_t* ring = shared_words + ROWS * args.row_pitch;
    const uint32_t lane = threadIdx.x % 32;
    const Column column = own_column(args, tile);
    const bool aligned = SRC != NV12 && rows_aligned(args.sample.src, 16);
    for (uint32_t frame = blockIdx.z; frame < args.sample.dst.batch; frame += gridDim.z) {
        for (uint32_t top = blockIdx.y * args.strip; top < args.line_count; top += gridDim.y * args.strip) {
            const uint32_t bottom = min(top + args.strip, args.line_count);
            const uint32_t sampled = min(bottom, args.sampled_lines);
            uint32_t next = top;
            uint32_t row = top < sampled ? lines[top].first * 4 : 0;
            const uint32_t end = top < sampled ? lines[sampled - 1].end : 0;
            while (next < sampled) {
                if constexpr (SRC == NV12) {
                    load_rows<SRC, CHANNELS>(args, tile, frame, row, end);
                } else if (aligned) {
                    load_aligned_rows<SRC, CHANNELS>(args, tile, frame, row, end);
                } else {
                    load_rows<SRC, CHANNELS>(args, tile, frame, row, end);
                }
                __syncthreads();
                if constexpr (SRC != NV12) {
                    prefetch_rows<SRC>(args, tile, frame, row + ROWS, end);
                }
                make_columns<CHANNELS, PLANES>(args, tile, ring, row / 4 % args.ring_rows);
                __syncthreads();
                row += ROWS;
                // The ends ascend: the rows that can be finished are the next ones.
                uint32_t ready = next;
                while (true) {
                    const bool is_ready = ready + lane < sampled && lines[ready + lane].end <= row;
                    const uint32_t count = __popc(__ballot_sync(0xffffffffu, is_ready));
                    ready += count;
                    if (count < 32) {
                        break;
                    }
                }
                make_lines<CHANNELS, PLANES>(args, column, ring, frame, next, ready, true);
                next = ready;
            }
            make_lines<CHANNELS, PLANES>(args, column, ring, frame, max(top, sampled), bottom, false);
            // The next rows overwrite what other warps may still read.
            __syncthreads();
        }
    }
}

extern "C" __global__ void __launch_bounds__(256, 4) resample_2(const __grid_constant__ ResampleArgs args) {
    resample<MODULE_SOURCE, MODULE_SOURCE == NV12 ? 3 : MODULE_SOURCE, 2>(args);
}

extern "C" __global__ void __launch_bounds__(256, 2) resample_3(const __grid_constant__ ResampleArgs args) {
    resample<MODULE_SOURCE, MODULE_SOURCE == NV12 ? 3 : MODULE_SOURCE, 3>(args);
}

// The colors become gray before the passes.
#if MODULE_SOURCE != 1
extern "C" __global__ void __launch_bounds__(256, 4) resample_gray_2(const __grid_constant__ ResampleArgs args) {
    resample<MODULE_SOURCE, 1, 2>(args);
}

extern "C" __global__ void __launch_bounds__(256, 2) resample_gray_3(const __grid_constant__ ResampleArgs args) {
    resample<MODULE_SOURCE, 1, 3>(args);
}
#endif
