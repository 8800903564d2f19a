// Chains that resample to a much smaller size, whose rows begin at multiples of 16 bytes: both passes, and the steps behind them, in one
// pass over the source. Other chains with a resample have the kernels of resample.cu.
//
// A block makes a tile of columns of some rows of the output, which may go on through several frames. It walks down the source in
// rounds of 16 rows:
// 1. The rows go to shared memory, all channels of a pixel side by side, while those of the round before are computed.
// 2. The horizontal pass is a product of matrices: 16 samples (columns times channels) by the bytes of a row with weights, times the
//    bytes of 16 rows. The weights of a sample are zero at the bytes of other channels, so that the channels need not be separated;
//    sparse products leave out most of those zeros. The weights stay in the registers of a warp; where they do not fit, several
//    warps add up their sums. A weight has more digits than one byte: the sums of each digit are exact, and so is their sum. The
//    results are rounded to bytes, as the pass rounds them.
// 3. A lane has four rows of a sample as a word: just what it needs as a factor of the vertical pass, which is another product of
//    matrices. The words wait in a ring in shared memory until all rows are there that the next eight rows of the output are made
//    of. Their bytes go through shared memory to threads that convert and store them a round later.
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

// The rows of the output that a block makes, in groups `ShrinkLines`: those of a frame from `index` on, then those of the next frames.
struct Run {
    uint32_t frame;
    uint32_t index;
    uint32_t groups;

    __device__ __forceinline__ explicit Run(const ShrinkArgs& args) : frame(0), index(0), groups(0) {
        const uint64_t first = static_cast<uint64_t>(blockIdx.y) * args.strip;
        const uint64_t all = static_cast<uint64_t>(args.line_group_count) * args.sample.dst.batch;
        if (first < all) {
            frame = static_cast<uint32_t>(first / args.line_group_count);
            index = static_cast<uint32_t>(first % args.line_group_count);
            groups = all - first < args.strip ? static_cast<uint32_t>(all - first) : args.strip;
        }
    }

    // Takes the groups of this frame from the run, and gives the index behind the last one.
    __device__ __forceinline__ uint32_t take(const ShrinkArgs& args) {
        const uint32_t own = min(args.line_group_count - index, groups);
        groups -= own;
        return index + own;
    }
};

template <int CHANNELS, int PLANES>
__device__ __forceinline__ void shrink(const ShrinkArgs& args) {
    // Registers are scarce: of the tile and the part, what is rarely needed is loaded again.
    const uint32_t own_part = load_tile(args).part + threadIdx.x / 32;
    const bool has_part = threadIdx.x / 32 < load_tile(args).parts;
    const ShrinkPart part = load_part(args, has_part, own_part);
    const uint32_t steps = part.steps;
    const bool has_samples = part.samples > 0;
    Weights<CHANNELS, PLANES> weights;
    weights.load(table<uint32_t>(args, args.column_weights) + 4 * part.weights, steps);
    const Planes planes(args, load_tile(args));

    // Shared memory: the rows of some rounds, the ring, sums that warps add up, and bytes of eight rows of the output, twice.
    uint8_t* const rows = reinterpret_cast<uint8_t*>(shared_units);
    const uint32_t round_bytes = ROWS * args.row_pitch;
    uint2* const ring = reinterpret_cast<uint2*>(rows + STAGES * round_bytes) + part.slot * 32 + threadIdx.x % 32;
    int4* const partial = reinterpret_cast<int4*>(rows + STAGES * round_bytes + args.ring_rounds * args.ring_groups * 256);
    uint8_t* const bytes = reinterpret_cast<uint8_t*>(partial + args.helpers * 64);
    // What a lane reads.
    const uint8_t* const pixels =
        rows + lane_row() * args.row_pitch + threadIdx.x % 4 * 16 + part.byte - load_tile(args).pixel * CHANNELS;

    // The rows of a round arrive by a barrier of their own, or by that of the block.
    __shared__ uint64_t arrived[STAGES];
    if (BULK_COPIES) {
        if (threadIdx.x < STAGES) {
            begin_barrier(arrived + threadIdx.x, ROWS);
        }
        __syncthreads();
    }
    // Loads the rows of the next round, which has this number among all rounds of the block.
    RowCopies<CHANNELS> copies(load_tile(args));
    Run loads(args);
    uint32_t load_round = 0;
    uint32_t load_end = 0;
    const auto begin_loads = [&]() {
        load_round = load_lines(args, loads.index).first;
        load_end = load_lines(args, loads.take(args) - 1).end;
        copies.begin(args, load_tile(args), loads.frame, load_round);
    };
    const auto load = [&](uint32_t number) {
        if (load_round == load_end) {
            if (loads.groups == 0) {
                return;
            }
            ++loads.frame;
            loads.index = 0;
            begin_loads();
        }
        const uint32_t stage = number % STAGES;
        if (BULK_COPIES) {
            copies.copy(args, arrived + stage, rows + stage * round_bytes, load_round);
        } else {
            load_rows<CHANNELS>(args, load_tile(args), rows + stage * round_bytes, loads.frame, load_round);
        }
        ++load_round;
    };
    if (loads.groups > 0) {
        begin_loads();
    }
#pragma unroll 1
    for (uint32_t number = 0; number + 1 < STAGES; ++number) {
        load(number);
    }

    const Quad quad = Quad::of<CHANNELS>(args, load_tile(args), planes);
    // The number of the round, of all of the block.
    uint32_t number = 0;
    // The rows that are made and not finished yet, and which half of the bytes is the next one's.
    MadeLines pending{};
    uint32_t parity = 0;
    for (Run run(args); run.groups > 0; ++run.frame, run.index = 0) {
        // The next rows to make, loaded before they are waited for.
        ShrinkLines group = load_lines(args, run.index);
        uint32_t slot = group.slot;
        uint32_t round = group.first;
#pragma unroll 1
        for (; run.groups > 0 && run.index < args.line_group_count; ++round, ++number) {
            if (!BULK_COPIES) {
                wait_for_copies();
            }
            // All warps have read the rows of the round before, whose place the next ones take, and have written the bytes that
            // are finished in this one.
            __syncthreads();
            load(number + STAGES - 1);
            const uint32_t stage = number % STAGES;
            if (BULK_COPIES) {
                wait_for_bytes(arrived + stage, number / STAGES % 2);
            }
            int32_t sums[2][4] = {};
            if (steps > 0) {
                const int32_t half = has_samples ? 1 << (args.column_shift - 1) : 0;
                sum_columns(weights, pixels + stage * round_bytes, args.row_pitch, steps, half, sums);
            }
            if (args.helpers > 0) {
                add_helpers(load_part(args, has_part, own_part), partial + threadIdx.x % 32, sums);
            }
            if (has_samples) {
                ring[slot * args.ring_groups * 32] =
                    make_uint2(column_word(sums[0], args.column_shift), column_word(sums[1], args.column_shift));
            }
            slot = slot + 1 == args.ring_rounds ? 0 : slot + 1;
            // The rows that were made in the round before are finished, and the next ones are made. Those are finished in the next
            // round, behind its barrier, unless there are more in this round, or no round follows.
            bool behind_barrier = true;
            bool more = true;
            while (more) {
                if (pending.lines > 0) {
                    if (!behind_barrier) {
                        __syncthreads();
                    }
                    const uint8_t* made = bytes + (parity ^ 1) * 8 * args.out_pitch;
                    finish_lines<CHANNELS>(args, load_tile(args), planes, quad, pending, made);
                    pending.lines = 0;
                }
                behind_barrier = false;
                more = false;
                if (group.end <= round + 1) {
                    uint32_t samples[4];
                    if (has_samples) {
                        make_lines<PLANES>(args, group, ring, samples);
                    }
                    store_samples<CHANNELS>(part, planes, samples, bytes + parity * 8 * args.out_pitch);
                    // While some warps still read these bytes, others may already write the next ones.
                    parity ^= 1;
                    pending = MadeLines{group.line, group.lines, run.frame};
                    ++run.index;
                    --run.groups;
                    // The ends ascend: the rows that can be made are the next ones.
                    if (run.groups > 0 && run.index < args.line_group_count) {
                        group = load_lines(args, run.index);
                        more = group.end <= round + 1;
                    } else {
                        group.end = 0xffffffffu;
                        more = run.groups == 0;
                    }
                }
            }
        }
    }
    finish_constant_lines(args, load_tile(args));
}

extern "C" __global__ void __launch_bounds__(256, 2) shrink_2(const __grid_constant__ ShrinkArgs args) {
    shrink<MODULE_SOURCE, 2>(args);
}

extern "C" __global__ void __launch_bounds__(192, 2) shrink_3(const __grid_constant__ ShrinkArgs args) {
    shrink<MODULE_SOURCE, 3>(args);
}
