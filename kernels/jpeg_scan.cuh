// Where each window begins: its first block, DC and state, from sums over the windows before.
#pragma once

#include "jpeg_stream.cuh"

// The sums over two stretches of a stream that follow one another.
__device__ __forceinline__ Window joined(const Window& a, const Window& b) {
    if (b.blocks & RESTARTED) {
        return b;
    }
    return {a.blocks + b.blocks, {add_halves(a.dc[0], b.dc[0]), add_halves(a.dc[1], b.dc[1])}, b.state};
}

struct CountShared {
    uint32_t image;
    uint32_t reserved[3];
    JpegScanBlock mcu[MCU_BLOCKS];
};
static_assert(sizeof(CountShared) <= SYNCHRONIZE_BYTES);

// Counts the blocks of each window and adds up their DC differences. A thread does this for one window.
extern "C" __global__ void __launch_bounds__(WRITE_THREADS) jpeg_count(const __grid_constant__ JpegEntropyArgs args) {
    extern __shared__ uint4 shared_units[];
    CountShared& shared = *reinterpret_cast<CountShared*>(shared_units);
    uint16_t* tables = reinterpret_cast<uint16_t*>(shared_units + SYNCHRONIZE_BYTES / 16);
    find_image(args, blockIdx.x, shared.image, [](const JpegScan& scan) { return scan.first_group; });
    const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[shared.image];
    if (reinterpret_cast<const uint32_t*>(args.statuses)[shared.image] != 0) {
        return;
    }
    const Stream stream(args, scan);
    const uint32_t first_window = (blockIdx.x - scan.first_group) * WRITE_THREADS;
    if (first_window * args.window_bits >= stream.bits) {
        return;
    }
    load_tables(args, scan, tables, shared.mcu);
    __syncthreads();
    const uint32_t window = first_window + threadIdx.x;
    const uint32_t window_begin = window * args.window_bits;
    if (window_begin >= stream.bits) {
        return;
    }
    const uint32_t packed = reinterpret_cast<const Window*>(args.starts)[scan.first_window + window].state;
    const State state = State::unpacked(packed, window_begin, stream);
    Passer passer(stream, tables, shared.mcu, state, stream.segment_at(state.bit));
    Window sum = {0, {0, 0}, 0};
    sum.state = passer.pass<true>(window_begin + args.window_bits, sum);
    reinterpret_cast<Window*>(args.windows)[scan.first_window + window] = sum;
}

// The value of `window` in the lane `distance` below this one.
__device__ __forceinline__ Window shifted_up(const Window& window, uint32_t distance) {
    return {__shfl_up_sync(0xffffffffu, window.blocks, distance),
            {__shfl_up_sync(0xffffffffu, window.dc[0], distance), __shfl_up_sync(0xffffffffu, window.dc[1], distance)},
            __shfl_up_sync(0xffffffffu, window.state, distance)};
}

// Adds up the windows before each one, and compares the states in which jpeg_count began them with those in which it ended the windows
// before. A block does this for one image. Each thread has some windows that follow one another.
extern "C" __global__ void __launch_bounds__(SCAN_THREADS) jpeg_scan(const __grid_constant__ JpegEntropyArgs args) {
    __shared__ Window warp_sums[SCAN_THREADS / 32];
    const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[blockIdx.x];
    uint32_t* status = reinterpret_cast<uint32_t*>(args.statuses) + blockIdx.x;
    if (*status != 0) {
        return;
    }
    const Stream stream(args, scan);
    const uint32_t count = (stream.bits + args.window_bits - 1) / args.window_bits;
    const uint32_t thread = threadIdx.x;
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
    // Whether jpeg_count began a window in another state than it ended the one before.
    bool is_broken = false;
    for (uint32_t window = first; window < end; ++window) {
        is_broken |= starts[window].state != before.state;
        starts[window] = {before.blocks & ~RESTARTED, {before.dc[0], before.dc[1]}, before.state};
        before = joined(before, windows[window]);
    }
    if (is_broken) {
        atomicOr(status, UNSYNCHRONIZED);
    }
}
