// With which guess of the next window the decoders of each window agree.
#pragma once

#include "jpeg_guess.cuh"

// Bits after which a decoder that meets no guess is given up.
constexpr uint32_t MOST_BITS = 65536;

// A slot of a window for a decoder that met none of its guesses, and whether it is its own. Decoders of several windows before may come
// in the same state: the later ones link to the slot of the first one, whose decoder goes on. Two that come at the same time get two
// slots, which does no harm.
__device__ __forceinline__ uint32_t slot_for(Meeting& meeting, uint32_t phases, uint32_t packed, bool& is_own) {
    is_own = false;
    for (uint32_t slot = phases; slot < NO_SLOT; ++slot) {
        // Written by other blocks of threads, from `NO_STATE` on.
        if (const_cast<const volatile uint16_t&>(meeting.ends[slot]) == packed) {
            return slot;
        }
    }
    const uint32_t slot = min(atomicAdd(&meeting.used, 1), NO_SLOT);
    if (slot != NO_SLOT) {
        is_own = true;
        meeting.ends[slot] = packed;
    }
    return slot;
}

// Goes on with a decoder behind the end of `window`, where it has the slots `mask`, until it meets a guess. In each window that it
// passes without meeting one, it has another slot. At the end of the stream all meet.
__device__ __forceinline__ void follow(const JpegEntropyArgs& args, const JpegScan& scan, Passer& passer, uint32_t window, uint32_t mask) {
    Meeting* meetings = meetings_of(args, scan);
    const uint32_t last = window + MOST_BITS / args.window_bits;
    bool is_met = false;
    while (mask != 0) {
        const uint32_t next = window + 1;
        uint32_t packed = 0;
        uint32_t link = NO_SLOT;
        for (uint32_t piece = 0; piece * args.piece_bits < args.window_bits && !is_met; ++piece) {
            packed = passer.pass(next * args.window_bits + (piece + 1) * args.piece_bits);
            link = piece_of(args, scan, next, piece)->find(packed);
            is_met = link != NO_SLOT;
        }
        bool goes_on = false;
        if (!is_met && next != last) {
            link = slot_for(meetings[next], scan.mcu_blocks, packed, goes_on);
        }
        for (uint32_t slot = 0; slot < NO_SLOT; ++slot) {
            if (mask >> slot & 1) {
                meetings[window].links[slot] = link;
            }
        }
        mask = goes_on ? 1u << link : 0;
        window = next;
    }
}

// Links the decoders of windows to those of the next windows.
extern "C" __global__ void __launch_bounds__(GUESSES) jpeg_meet(const __grid_constant__ JpegEntropyArgs args) {
    extern __shared__ uint4 shared_units[];
    GuessShared& shared = *reinterpret_cast<GuessShared*>(shared_units);
    uint16_t* tables = reinterpret_cast<uint16_t*>(shared_units + SYNCHRONIZE_BYTES / 16);
    if (threadIdx.x == 0) {
        shared.active_count = 0;
    }
    const Part part(args, shared.image);
    if (part.windows == 0) {
        return;
    }
    const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[part.image];
    const Stream stream(args, scan);
    load_tables(args, scan, tables, shared.mcu);
    Meeting* meetings = meetings_of(args, scan);
    if (threadIdx.x < part.windows * part.phases) {
        const uint32_t window = part.first_window + threadIdx.x / part.phases;
        const uint32_t phase = threadIdx.x % part.phases;
        const Slots& ends = *reinterpret_cast<const Slots*>(meetings[window].ends);
        if ((window + 1) * args.window_bits >= stream.bits) {
            meetings[window].links[phase] = 0;
        } else if (ends.find(meetings[window].ends[phase]) == phase) {
            shared.active[atomicAdd(&shared.active_count, 1)] = threadIdx.x;
        }
    }
    __syncthreads();
    if (threadIdx.x < shared.active_count) {
        const uint32_t guess = shared.active[threadIdx.x];
        const uint32_t window = part.first_window + guess / part.phases;
        const uint32_t phase = guess % part.phases;
        const uint32_t packed = meetings[window].ends[phase];
        const Slots& ends = *reinterpret_cast<const Slots*>(meetings[window].ends);
        uint32_t mask = 0;
#pragma unroll
        for (uint32_t i = 0; i < MCU_BLOCKS; ++i) {
            mask |= (i < part.phases && ends.has(i, packed)) << i;
        }
        const State state = State::unpacked(packed, (window + 1) * args.window_bits, stream);
        Passer passer(stream, tables, shared.mcu, state, stream.segment_at(state.bit));
        follow(args, scan, passer, window, mask);
    }
}
