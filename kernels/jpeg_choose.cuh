// The states of the right decoder, which begins with the stream.
#pragma once

#include "jpeg_guess.cuh"

// For each slot of a window a slot of a later one, four bits each.
struct Path {
    uint64_t slots;

    __device__ __forceinline__ uint32_t from(uint32_t slot) const { return slots >> 4 * slot & (SLOTS - 1); }

    // This path, and another one behind it.
    __device__ __forceinline__ Path then(const Path& behind) const {
        Path path = {0};
#pragma unroll
        for (uint32_t slot = 0; slot < SLOTS; ++slot) {
            path.slots |= static_cast<uint64_t>(behind.from(from(slot))) << 4 * slot;
        }
        return path;
    }

    // The value of this thread's lane of the one `distance` below it.
    __device__ __forceinline__ Path shifted_up(uint32_t distance) const {
        const uint32_t low = __shfl_up_sync(0xffffffffu, static_cast<uint32_t>(slots), distance);
        const uint32_t high = __shfl_up_sync(0xffffffffu, static_cast<uint32_t>(slots >> 32), distance);
        return {low | static_cast<uint64_t>(high) << 32};
    }
};

// From every slot to itself.
constexpr uint64_t STAY = 0xfedcba9876543210;

// Four bytes below 16 as four bits each.
__device__ __forceinline__ uint32_t nibbles(uint32_t word) {
    word &= 0x0f0f0f0f;
    word = (word | word >> 4) & 0x00ff00ff;
    return (word | word >> 8) & 0xffff;
}

// The path from a window to the next one. Slots that are not in use lead anywhere.
__device__ __forceinline__ Path path_of(const Meeting& meeting) {
    const uint4 links = *reinterpret_cast<const uint4*>(meeting.links);
    const uint32_t low = nibbles(links.x) | nibbles(links.y) << 16;
    const uint32_t high = nibbles(links.z) | nibbles(links.w) << 16 | NO_SLOT << 28;
    return {low | static_cast<uint64_t>(high) << 32};
}

// Follows the decoder that begins with the stream, slot 0 of the first window, through all windows, and stores its states. A block does
// this for one image. Each thread has some windows that follow one another.
extern "C" __global__ void __launch_bounds__(SCAN_THREADS) jpeg_choose(const __grid_constant__ JpegEntropyArgs args) {
    __shared__ Path warp_paths[SCAN_THREADS / 32];
    const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[blockIdx.x];
    uint32_t* status = reinterpret_cast<uint32_t*>(args.statuses) + blockIdx.x;
    if (*status != 0) {
        return;
    }
    const Stream stream(args, scan);
    const uint32_t count = (stream.bits + args.window_bits - 1) / args.window_bits;
    const uint32_t thread = threadIdx.x;
    const uint32_t each = (count + SCAN_THREADS - 1) / SCAN_THREADS;
    const uint32_t first = min(thread * each, count);
    const uint32_t end = min(first + each, count);
    const Meeting* meetings = meetings_of(args, scan);
    Path path = {STAY};
    for (uint32_t window = first; window < end; ++window) {
        path = path.then(path_of(meetings[window]));
    }
    const uint32_t lane = thread % 32;
    const uint32_t warp = thread / 32;
    for (uint32_t distance = 1; distance < 32; distance *= 2) {
        const Path before = path.shifted_up(distance);
        if (lane >= distance) {
            path = before.then(path);
        }
    }
    if (lane == 31) {
        warp_paths[warp] = path;
    }
    __syncthreads();
    uint32_t slot = 0;
    for (uint32_t i = 0; i < warp; ++i) {
        slot = warp_paths[i].from(slot);
    }
    const Path lanes_before = path.shifted_up(1);
    if (lane > 0) {
        slot = lanes_before.from(slot);
    }
    Window* starts = reinterpret_cast<Window*>(args.starts) + scan.first_window;
    if (thread == 0) {
        starts[0].state = 0;
    }
    for (uint32_t window = first; window < end && slot != NO_SLOT; ++window) {
        if (window + 1 < count) {
            starts[window + 1].state = meetings[window].ends[slot];
        }
        slot = path_of(meetings[window]).from(slot);
    }
    if (slot == NO_SLOT) {
        atomicOr(status, UNSYNCHRONIZED);
    }
}
