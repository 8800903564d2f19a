// Chains that resample to a much smaller size, whose rows begin at multiples of 16 bytes: both passes, and the steps behind them, in one
// pass over the source. Other chains with a resample have the kernels of resample.cu.
//
// A block makes a tile of columns of some rows of the output. It walks down the source in rounds of 16 rows:
// 1. The rows go to shared memory, all channels of a pixel side by side, while those of the round before are computed.
// 2. The horizontal pass is a product of matrices: 16 samples (columns times channels) by the bytes of a row with weights, times the
//    bytes of 16 rows. The weights of a sample are zero at the bytes of other channels, so that the channels need not be separated.
//    They stay in the registers of a warp; where they do not fit, several warps add up their sums. A weight has more digits than one
//    byte: the sums of each digit are exact, and so is their sum. The results are rounded to bytes, as the pass rounds them.
// 3. A lane has four rows of a sample as a word: just what it needs as a factor of the vertical pass, which is another product of
//    matrices. The words wait in a ring in shared memory until all rows are there that the next eight rows of the output are made
//    of. Their bytes go through shared memory to threads that have whole pixels, and convert and store them.
//
// The tables are made by crates/ops/src/fusion/sample/shrink. Compiled once for each number of channels.
#include "shrink_columns.cuh"
#include "shrink_lines.cuh"
#include "shrink_load.cuh"

extern __shared__ uint4 shared_units[];

template <typename Entry>
__device__ __forceinline__ const Entry* table(const ShrinkArgs& args, uint32_t offset) {
    return reinterpret_cast<const Entry*>(args.sample.tables + offset);
}

__device__ __forceinline__ ShrinkTile load_tile(const ShrinkArgs& args) {
    const uint4* entry = table<uint4>(args, args.tiles) + 2 * blockIdx.x;
    const uint4 a = __ldg(entry);
    const uint4 b = __ldg(entry + 1);
    return ShrinkTile{a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
}

// The part of a warp; one without steps for those that have none.
__device__ __forceinline__ ShrinkPart load_part(const ShrinkArgs& args, bool exists, uint32_t index) {
    if (!exists) {
        return ShrinkPart{};
    }
    const uint4* entry = table<uint4>(args, args.parts) + 2 * index;
    const uint4 a = __ldg(entry);
    const uint4 b = __ldg(entry + 1);
    return ShrinkPart{a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
}

__device__ __forceinline__ ShrinkLines load_lines(const ShrinkArgs& args, uint32_t index) {
    const uint4* entry = table<uint4>(args, args.line_groups) + 2 * index;
    const uint4 a = __ldg(entry);
    const uint4 b = __ldg(entry + 1);
    return ShrinkLines{a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
}

template <int CHANNELS, int PLANES>
__device__ __forceinline__ void shrink(const ShrinkArgs& args) {
    // Registers are scarce: what is rarely needed is loaded again.
    const uint32_t own_part = load_tile(args).part + threadIdx.x / 32;
    const bool has_part = threadIdx.x / 32 < load_tile(args).parts;
    ShrinkPart part = load_part(args, has_part, own_part);
    const uint32_t steps = part.steps;
    const bool has_samples = part.samples > 0;
    Weights<PLANES> weights;
    weights.load(table<uint4>(args, args.column_weights) + part.weights + threadIdx.x % 32, steps);

    // Shared memory: the rows of two rounds, the ring, sums that warps add up, and bytes of eight rows of the output, twice.
    uint8_t* const rows = reinterpret_cast<uint8_t*>(shared_units);
    const uint32_t round_bytes = ROWS * args.row_pitch;
    uint2* const ring = reinterpret_cast<uint2*>(rows + 2 * round_bytes) + part.slot * 32 + threadIdx.x % 32;
    int4* const partial = reinterpret_cast<int4*>(rows + 2 * round_bytes + args.ring_rounds * args.ring_groups * 256);
    uint8_t* const bytes = reinterpret_cast<uint8_t*>(partial + args.helpers * 64);
    // What a lane reads.
    const uint8_t* const pixels =
        rows + lane_row() * args.row_pitch + threadIdx.x % 4 * 16 + part.byte - load_tile(args).pixel * CHANNELS;

    // The rows of a round arrive by a barrier of their own, or by that of the block.
    __shared__ uint64_t arrived[2];
    if (BULK_COPIES) {
        if (threadIdx.x < 2) {
            begin_barrier(arrived + threadIdx.x, ROWS);
        }
        __syncthreads();
    }
    RowCopies<CHANNELS> copies(load_tile(args));
    const auto load = [&](uint32_t frame, uint32_t round, uint32_t buffer) {
        if (BULK_COPIES) {
            copies.copy(args, arrived + buffer, rows + buffer * round_bytes, round);
        } else {
            load_rows<CHANNELS>(args, load_tile(args), rows + buffer * round_bytes, frame, round);
        }
    };
    // The current buffer of rows, and the parity of its barrier.
    uint32_t buffer = 0;
    uint32_t phase = 0;
    uint32_t parity = 0;
    for (uint32_t frame = blockIdx.z; frame < args.sample.dst.batch; frame += gridDim.z) {
        for (uint32_t top = blockIdx.y * args.strip; top < args.line_group_count; top += gridDim.y * args.strip) {
            const uint32_t bottom = min(top + args.strip, args.line_group_count);
            const uint32_t end = load_lines(args, bottom - 1).end;
            uint32_t index = top;
            uint32_t round = load_lines(args, top).first;
            // The round behind the last one of the next rows to finish.
            uint32_t next = load_lines(args, top).end;
            uint32_t slot = load_lines(args, top).slot;
            copies.begin(args, load_tile(args), frame, round);
            load(frame, round, buffer);
            for (; round < end; ++round) {
                if (!BULK_COPIES) {
                    wait_for_copies();
                }
                __syncthreads();
                if (round + 1 < end) {
                    load(frame, round + 1, buffer ^ 1);
                }
                if (BULK_COPIES) {
                    wait_for_bytes(arrived + buffer, phase);
                }
                int32_t sums[2][4] = {};
                if (steps > 0) {
                    const int32_t half = has_samples ? 1 << (args.column_shift - 1) : 0;
                    sum_columns<PLANES>(weights, pixels + buffer * round_bytes, args.row_pitch, steps, half, sums);
                }
                if (args.helpers > 0) {
                    add_helpers(load_part(args, has_part, own_part), partial + threadIdx.x % 32, sums);
                }
                if (has_samples) {
                    ring[slot * args.ring_groups * 32] =
                        make_uint2(column_word(sums[0], args.column_shift), column_word(sums[1], args.column_shift));
                }
                slot = slot + 1 == args.ring_rounds ? 0 : slot + 1;
                phase ^= buffer;
                buffer ^= 1;
                // The ends ascend: the rows that can be finished are the next ones.
                while (next <= round + 1) {
                    const ShrinkLines lines = load_lines(args, index);
                    uint32_t samples[4];
                    if (has_samples) {
                        make_lines<PLANES>(args, lines, ring, samples);
                    }
                    part = load_part(args, has_part, own_part);
                    uint8_t* made = bytes + parity * 8 * args.out_pitch;
                    store_samples(args, part, samples, made);
                    __syncthreads();
                    finish_lines<CHANNELS>(args, load_tile(args), lines, frame, made);
                    // While some warps still read these bytes, others may already write the next ones.
                    parity ^= 1;
                    ++index;
                    if (index == bottom) {
                        break;
                    }
                    next = load_lines(args, index).end;
                }
            }
            // The next rows overwrite what other warps may still read.
            __syncthreads();
        }
        finish_constant_lines(args, load_tile(args), frame);
    }
}

extern "C" __global__ void __launch_bounds__(256, 2) shrink_2(const __grid_constant__ ShrinkArgs args) {
    shrink<MODULE_SOURCE, 2>(args);
}

extern "C" __global__ void __launch_bounds__(192, 2) shrink_3(const __grid_constant__ ShrinkArgs args) {
    shrink<MODULE_SOURCE, 3>(args);
}
