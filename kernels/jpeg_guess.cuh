// The first of three steps that find the states of a decoder at the ends of all windows of a stream: each window is decoded from a guess
// for each block of the MCU. Then `jpeg_meet` finds with which guess of the next window each of them agrees in the end, and
// `jpeg_choose` follows the right one from window to window.
#pragma once

#include "jpeg_stream.cuh"

// Decoders that a window can have: one for each guess, and some that come from the windows before without meeting a guess.
constexpr uint32_t SLOTS = 16;
// The slot that stands for a decoder which was given up. There is no decoder in it.
constexpr uint32_t NO_SLOT = SLOTS - 1;
// The packed state of a slot whose decoder has met another one of the same window, or of none.
constexpr uint32_t NO_STATE = 0xfffe;

// The packed states of the decoders of a window at one place.
struct alignas(16) Slots {
    uint32_t pairs[SLOTS / 2];

    // Whether slot i, a constant, is in this state.
    __device__ __forceinline__ bool has(uint32_t i, uint32_t packed) const { return (pairs[i / 2] >> 16 * (i % 2) & 0xffff) == packed; }

    // The first slot in this state, or `NO_SLOT`.
    __device__ __forceinline__ uint32_t find(uint32_t packed) const {
        uint32_t found = NO_SLOT;
#pragma unroll
        for (uint32_t i = NO_SLOT; i-- > 0;) {
            found = has(i, packed) ? i : found;
        }
        return found;
    }
};
static_assert(sizeof(Slots) == PIECE_BYTES);

// What becomes of the decoders of a window.
struct alignas(16) Meeting {
    // Their packed states at its end.
    uint16_t ends[SLOTS];
    // The slot of the next window that each goes on in.
    uint8_t links[SLOTS];
    // The slots in use.
    uint32_t used;
    uint32_t reserved[3];
};
static_assert(sizeof(Meeting) == MEETING_BYTES);

struct GuessShared {
    // Of each guess: the state at the end of a piece, and its segment. Guess g of window w is at w * (blocks of the MCU) + g.
    uint16_t states[GUESSES];
    uint32_t segments[GUESSES];
    // The guess of its window that it has met, or itself.
    uint8_t met[GUESSES];
    // The guesses that are still decoded.
    uint8_t active[GUESSES];
    uint32_t active_count;
    uint32_t image;
    JpegScanBlock mcu[MCU_BLOCKS];
};
static_assert(sizeof(GuessShared) <= SYNCHRONIZE_BYTES);

// The work of a block of threads: windows of one image.
struct Part {
    uint32_t image;
    // Guesses for a window.
    uint32_t phases;
    uint32_t first_window;
    // Windows that begin before the end of the stream; 0 if the image is given up.
    uint32_t windows;

    // All threads of the block call it, with a shared place for the image.
    __device__ __forceinline__ Part(const JpegEntropyArgs& args, uint32_t& shared_image) : windows(0) {
        image = find_image(args, blockIdx.x, shared_image, [](const JpegScan& scan) { return scan.first_part; });
        const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[image];
        phases = scan.mcu_blocks;
        const uint32_t most = GUESSES / phases;
        first_window = (blockIdx.x - scan.first_part) * most;
        if (reinterpret_cast<const uint32_t*>(args.statuses)[image] != 0) {
            return;
        }
        const Stream stream(args, scan);
        const uint32_t all = (stream.bits + args.window_bits - 1) / args.window_bits;
        windows = first_window < all ? min(most, all - first_window) : 0;
    }
};

__device__ __forceinline__ Meeting* meetings_of(const JpegEntropyArgs& args, const JpegScan& scan) {
    return reinterpret_cast<Meeting*>(args.meetings) + scan.first_window;
}

// Where the states at the end of a piece are.
__device__ __forceinline__ Slots* piece_of(const JpegEntropyArgs& args, const JpegScan& scan, uint32_t window, uint32_t piece) {
    const uint64_t pieces = args.window_bits / args.piece_bits;
    return reinterpret_cast<Slots*>(args.pieces) + (scan.first_window + window) * pieces + piece;
}

// The states of the guesses of window `window` of the block; `state(i)` is that of guess i of the block.
template <typename Get>
__device__ __forceinline__ Slots slots_of(uint32_t window, uint32_t phases, Get state) {
    Slots slots;
#pragma unroll
    for (uint32_t i = 0; i < SLOTS / 2; ++i) {
        const uint32_t low = 2 * i < phases ? state(window * phases + 2 * i) : NO_STATE;
        const uint32_t high = 2 * i + 1 < phases ? state(window * phases + 2 * i + 1) : NO_STATE;
        slots.pairs[i] = low | high << 16;
    }
    return slots;
}

// Decodes windows from the guesses that each of the blocks of an MCU begins with them. A guess that comes to the state of another one of
// its window ends there; most do soon. Those that are left are packed into fewer warps.
extern "C" __global__ void __launch_bounds__(GUESSES) jpeg_guess(const __grid_constant__ JpegEntropyArgs args) {
    extern __shared__ uint4 shared_units[];
    GuessShared& shared = *reinterpret_cast<GuessShared*>(shared_units);
    uint16_t* tables = reinterpret_cast<uint16_t*>(shared_units + SYNCHRONIZE_BYTES / 16);
    const Part part(args, shared.image);
    if (part.windows == 0) {
        return;
    }
    const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[part.image];
    const Stream stream(args, scan);
    load_tables(args, scan, tables, shared.mcu);
    const uint32_t thread = threadIdx.x;
    const uint32_t phases = part.phases;
    shared.met[thread] = thread;
    if (thread == 0) {
        shared.active_count = 0;
    }
    __syncthreads();

    uint32_t guess = thread;
    uint32_t begin = (part.first_window + guess / phases) * args.window_bits;
    bool is_active = guess < part.windows * phases;
    const uint32_t first_bit = is_active ? begin : 0;
    Passer passer(stream, tables, shared.mcu, {first_bit, is_active ? guess % phases : 0, 0}, stream.segment_at(first_bit));
    uint32_t warps = GUESSES / 32;
    uint32_t packed_before = 0;
    const uint32_t pieces = args.window_bits / args.piece_bits;
    for (uint32_t piece = 0; piece < pieces; ++piece) {
        const uint32_t piece_end = (piece + 1) * args.piece_bits;
        uint32_t packed = NO_STATE;
        if (is_active) {
            packed = passer.pass(begin + piece_end);
            shared.states[guess] = packed;
            shared.segments[guess] = passer.segment;
        }
        __syncthreads();
        if (thread < part.windows) {
            *piece_of(args, scan, part.first_window + thread, piece) =
                slots_of(thread, phases, [&](uint32_t i) -> uint32_t { return shared.states[i]; });
        }
        uint32_t other = guess - guess % phases;
        while (is_active && other < guess && shared.states[other] != packed) {
            other += 1;
        }
        const bool is_met = is_active && other < guess;
        is_active = is_active && !is_met;
        const uint32_t count = __syncthreads_count(is_active);
        if (is_met) {
            shared.states[guess] = NO_STATE;
            shared.met[guess] = other;
        }
        if ((count + 31) / 32 < warps) {
            if (is_active) {
                shared.active[atomicAdd(&shared.active_count, 1) - packed_before] = guess;
            }
            __syncthreads();
            packed_before += count;
            warps = (count + 31) / 32;
            is_active = thread < count;
            if (is_active) {
                guess = shared.active[thread];
                begin = (part.first_window + guess / phases) * args.window_bits;
                passer.seek(State::unpacked(shared.states[guess], begin + piece_end, stream), shared.segments[guess]);
            }
        }
    }
    __syncthreads();
    if (thread < part.windows) {
        Meeting& meeting = meetings_of(args, scan)[part.first_window + thread];
        *reinterpret_cast<Slots*>(meeting.ends) = slots_of(thread, phases, [&](uint32_t i) -> uint32_t {
            while (shared.met[i] != i) {
                i = shared.met[i];
            }
            return shared.states[i];
        });
        meeting.used = phases;
    }
}
