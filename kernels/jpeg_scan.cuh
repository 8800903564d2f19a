// Where each window begins: its first block, DC and state, from sums over the windows before.
#pragma once

#include "jpeg_synchronize.cuh"

// Goes on with the decoder of part `part` - 1 into `part`, where their states differ at the border, until it meets the state at the
// end of a window. Returns false if it does not before the end of the part.
__device__ __forceinline__ bool repair(const JpegEntropyArgs& args, const JpegScan& scan, const Stream& stream, uint32_t part,
                                       uint32_t own, uint16_t* dc) {
    Window* windows = reinterpret_cast<Window*>(args.windows) + scan.first_window;
    const uint32_t first = part * own;
    const uint32_t packed = windows[first - 1].state;
    if (packed == reinterpret_cast<const uint32_t*>(args.guesses)[scan.first_part + part]) {
        return true;
    }
    const uint16_t* tables = reinterpret_cast<const uint16_t*>(args.tables) + scan.tables;
    State state = State::unpacked(packed, first * args.window_bits, stream);
    uint32_t segment = stream.segment_at(state.bit);
    BitReader reader(stream.words, state.bit);
    const uint32_t end = min(first + MOST_BITS / args.window_bits, first + own);
    for (uint32_t window = first; window < end && window * args.window_bits < stream.bits; ++window) {
        const uint32_t window_end = (window + 1) * args.window_bits;
        dc[0] = dc[1] = dc[2] = dc[3] = 0;
        uint32_t blocks = 0;
        if (state.bit < stream.bits) {
            blocks = pass_codes<true>(stream, tables, scan.blocks, state, reader, segment, window_end, dc);
        }
        const uint2 sums = *reinterpret_cast<const uint2*>(dc);
        const uint32_t met = windows[window].state;
        windows[window] = {blocks, {sums.x, sums.y}, state.packed(window_end, stream)};
        if (windows[window].state == met) {
            return true;
        }
    }
    return false;
}

// The value of `window` in the lane `distance` below this one.
__device__ __forceinline__ Window shifted_up(const Window& window, uint32_t distance) {
    return {__shfl_up_sync(0xffffffffu, window.blocks, distance),
            {__shfl_up_sync(0xffffffffu, window.dc[0], distance), __shfl_up_sync(0xffffffffu, window.dc[1], distance)},
            __shfl_up_sync(0xffffffffu, window.state, distance)};
}

// A block does this for one image. Each thread has some windows that follow one another.
extern "C" __global__ void __launch_bounds__(SCAN_THREADS) jpeg_scan(const __grid_constant__ JpegEntropyArgs args) {
    __shared__ uint2 repair_dc[SCAN_THREADS];
    __shared__ Window warp_sums[SCAN_THREADS / 32];
    const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[blockIdx.x];
    uint32_t* status = reinterpret_cast<uint32_t*>(args.statuses) + blockIdx.x;
    if (*status != 0) {
        return;
    }
    const Stream stream(args, scan);
    const uint32_t own = WINDOWS - HALO_BITS / args.window_bits;
    const uint32_t count = (stream.bits + args.window_bits - 1) / args.window_bits;
    const uint32_t thread = threadIdx.x;
    for (uint32_t part = 1 + thread; part * own < count; part += SCAN_THREADS) {
        if (!repair(args, scan, stream, part, own, reinterpret_cast<uint16_t*>(&repair_dc[thread]))) {
            atomicOr(status, UNSYNCHRONIZED);
        }
    }
    __syncthreads();

    const Window* windows = reinterpret_cast<const Window*>(args.windows) + scan.first_window;
    const uint32_t each = (count + SCAN_THREADS - 1) / SCAN_THREADS;
    const uint32_t first = min(thread * each, count);
    const uint32_t end = min(first + each, count);
    // A stream begins like a segment.
    Window sum = {thread == 0 ? RESTARTED : 0, {0, 0}, 0};
    for (uint32_t window = first; window < end; ++window) {
        sum = joined(sum, windows[window]);
    }
    const uint32_t lane = thread % 32;
    const uint32_t warp = thread / 32;
    for (uint32_t distance = 1; distance < 32; distance *= 2) {
        const Window other = shifted_up(sum, distance);
        if (lane >= distance) {
            sum = joined(other, sum);
        }
    }
    if (lane == 31) {
        warp_sums[warp] = sum;
    }
    __syncthreads();
    Window before = {RESTARTED, {0, 0}, 0};
    for (uint32_t i = 0; i < warp; ++i) {
        before = joined(before, warp_sums[i]);
    }
    const Window lanes_before = shifted_up(sum, 1);
    if (lane > 0) {
        before = joined(before, lanes_before);
    }
    Window* starts = reinterpret_cast<Window*>(args.starts) + scan.first_window;
    for (uint32_t window = first; window < end; ++window) {
        starts[window] = {before.blocks & ~RESTARTED, {before.dc[0], before.dc[1]}, before.state};
        before = joined(before, windows[window]);
    }
}
