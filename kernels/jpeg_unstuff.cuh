// Entropy-coded data to streams: without the zero bytes behind FF and without restart markers, whose places go to the segment table.
#pragma once

#include "jpeg_stream.cuh"

constexpr uint32_t THREAD_BYTES = 16;
constexpr uint32_t NO_MARKER = 0xffffffffu;

// What jpeg_stuffing finds in a chunk.
struct Chunk {
    // Bytes of the stream.
    uint32_t kept;
    uint32_t restarts;
    // The first marker that ends the data, as a byte of the batch.
    uint32_t marker;
    // 1 if that is no marker, but two bytes FF.
    uint32_t is_fill;
};

// What the 16 bytes of a thread are; bit i stands for byte i.
struct Bytes {
    uint32_t first;
    uint32_t kept;
    // Bytes FF of restart markers.
    uint32_t restarts;
    alignas(16) uint8_t values[THREAD_BYTES];
    // The byte behind them.
    uint8_t next;

    // Forgets the byte at `end` and those behind it.
    __device__ __forceinline__ void cut(uint32_t end) {
        const uint32_t left = end > first ? end - first : 0;
        const uint32_t inside = left >= THREAD_BYTES ? 0xffff : (1u << left) - 1;
        kept &= inside;
        restarts &= inside;
    }

    __device__ __forceinline__ uint32_t value_behind(uint32_t i) const { return i + 1 < THREAD_BYTES ? values[i + 1] : next; }
};

// Whether the segment that the marker at this byte of the batch ends has no byte: the marker is the first of the data, or directly behind
// a restart marker. It must be the marker that ends the data, or one before that, where each FF begins a stuffed byte or a marker.
__device__ __forceinline__ bool ends_empty_segment(const JpegEntropyArgs& args, const JpegScan& scan, uint32_t at) {
    const uint8_t* data = reinterpret_cast<const uint8_t*>(args.bytes);
    return at == scan.data || (at >= scan.data + 2 && data[at - 2] == 0xff && (data[at - 1] & 0xf8) == 0xd0);
}

// Loads and classifies the bytes of this thread. `marker` becomes the first byte that ends the data, or `NO_MARKER`.
__device__ __forceinline__ Bytes classify(const JpegEntropyArgs& args, const JpegScan& scan, uint32_t chunk, uint32_t& marker,
                                          bool& is_fill) {
    const uint8_t* data = reinterpret_cast<const uint8_t*>(args.bytes);
    Bytes bytes;
    bytes.first = (scan.data & ~(THREAD_BYTES - 1)) + chunk * CHUNK_BYTES + threadIdx.x * THREAD_BYTES;
    bytes.kept = 0;
    bytes.restarts = 0;
    bytes.next = 0;
    marker = NO_MARKER;
    is_fill = false;
    if (bytes.first >= scan.data_end) {
        return bytes;
    }
    *reinterpret_cast<uint4*>(bytes.values) = *reinterpret_cast<const uint4*>(data + bytes.first);
    if (bytes.first + THREAD_BYTES < scan.data_end) {
        bytes.next = data[bytes.first + THREAD_BYTES];
    }
    uint32_t before = bytes.first > scan.data ? data[bytes.first - 1] : 0;
#pragma unroll
    for (uint32_t i = 0; i < THREAD_BYTES; ++i) {
        const uint32_t at = bytes.first + i;
        const uint32_t value = bytes.values[i];
        const uint32_t behind = at + 1 < scan.data_end ? bytes.value_behind(i) : 0;
        if (at < scan.data) {
            before = 0;
            continue;
        }
        if (at < scan.data_end && before != 0xff) {
            const bool is_restart = value == 0xff && (behind & 0xf8) == 0xd0;
            bytes.restarts |= is_restart << i;
            bytes.kept |= !is_restart << i;
            if (value == 0xff && behind != 0 && !is_restart && marker == NO_MARKER) {
                marker = at;
                is_fill = behind == 0xff;
            }
        }
        before = value;
    }
    return bytes;
}

// The sums of a pair of numbers below 65536, in one, over the threads of the block before this one, and over all threads.
__device__ __forceinline__ uint32_t sum_before(uint32_t value, uint32_t* warp_sums, uint32_t& all) {
    const uint32_t lane = threadIdx.x % 32;
    const uint32_t warp = threadIdx.x / 32;
    uint32_t sum = value;
    for (uint32_t distance = 1; distance < 32; distance *= 2) {
        const uint32_t other = __shfl_up_sync(0xffffffffu, sum, distance);
        sum += lane >= distance ? other : 0;
    }
    if (lane == 31) {
        warp_sums[warp] = sum;
    }
    __syncthreads();
    uint32_t before = 0;
    all = 0;
    for (uint32_t i = 0; i < blockDim.x / 32; ++i) {
        before += i < warp ? warp_sums[i] : 0;
        all += warp_sums[i];
    }
    return before + sum - value;
}

// The first marker of all threads of the block.
__device__ __forceinline__ uint32_t first_marker(uint32_t marker, uint32_t& shared) {
    if (threadIdx.x == 0) {
        shared = NO_MARKER;
    }
    __syncthreads();
    if (marker != NO_MARKER) {
        atomicMin(&shared, marker);
    }
    __syncthreads();
    return shared;
}

// Counts in each chunk what jpeg_unstuff needs to know of the chunks before its own.
extern "C" __global__ void __launch_bounds__(CHUNK_BYTES / THREAD_BYTES)
    jpeg_stuffing(const __grid_constant__ JpegEntropyArgs args) {
    __shared__ uint32_t image;
    __shared__ uint32_t shared_marker;
    __shared__ uint32_t warp_sums[CHUNK_BYTES / THREAD_BYTES / 32];
    find_image(args, blockIdx.x, image, [](const JpegScan& scan) { return scan.first_chunk; });
    const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[image];

    uint32_t marker;
    bool is_fill;
    Bytes bytes = classify(args, scan, blockIdx.x - scan.first_chunk, marker, is_fill);
    const uint32_t end = first_marker(marker, shared_marker);
    bytes.cut(end);
    uint32_t all;
    sum_before(__popc(bytes.kept) | (__popc(bytes.restarts) << 16), warp_sums, all);
    // The thread that has the marker tells what it is; without one, the first thread tells that there is none.
    if (end == NO_MARKER ? threadIdx.x == 0 : marker == end) {
        reinterpret_cast<Chunk*>(args.chunks)[blockIdx.x] = {all & 0xffff, all >> 16, end, is_fill};
    }
}

// Writes the stream of each chunk, and its entries of the segment table.
extern "C" __global__ void __launch_bounds__(CHUNK_BYTES / THREAD_BYTES)
    jpeg_unstuff(const __grid_constant__ JpegEntropyArgs args) {
    __shared__ uint32_t image;
    __shared__ uint32_t shared_marker;
    __shared__ uint32_t warp_sums[CHUNK_BYTES / THREAD_BYTES / 32];
    __shared__ uint32_t kept_before;
    __shared__ uint32_t restarts_before;
    __shared__ uint32_t ended_before;
    __shared__ uint4 staged[CHUNK_BYTES / 16 + 2];
    if (threadIdx.x == 0) {
        kept_before = 0;
        restarts_before = 0;
        ended_before = 0;
    }
    find_image(args, blockIdx.x, image, [](const JpegScan& scan) { return scan.first_chunk; });
    const JpegScan* scans = reinterpret_cast<const JpegScan*>(args.scans);
    const JpegScan& scan = scans[image];
    const Chunk* chunks = reinterpret_cast<const Chunk*>(args.chunks);
    uint32_t* status = reinterpret_cast<uint32_t*>(args.statuses) + image;
    uint32_t* segments = reinterpret_cast<uint32_t*>(args.segments) + scan.first_segment;

    uint32_t kept = 0;
    uint32_t restarts = 0;
    bool ended = false;
    for (uint32_t i = scan.first_chunk + threadIdx.x; i < blockIdx.x; i += blockDim.x) {
        kept += chunks[i].kept;
        restarts += chunks[i].restarts;
        ended |= chunks[i].marker != NO_MARKER;
    }
    if (kept | restarts | ended) {
        atomicAdd(&kept_before, kept);
        atomicAdd(&restarts_before, restarts);
        atomicOr(&ended_before, ended);
    }
    __syncthreads();
    if (ended_before) {
        return;
    }

    uint32_t marker;
    bool is_fill;
    Bytes bytes = classify(args, scan, blockIdx.x - scan.first_chunk, marker, is_fill);
    const uint32_t end = first_marker(marker, shared_marker);
    bytes.cut(end);
    uint32_t all;
    const uint32_t before = sum_before(__popc(bytes.kept) | (__popc(bytes.restarts) << 16), warp_sums, all);

    // The bytes are staged at their place modulo 16, so that they are stored in units of 16. In each word of a stream the first byte
    // is the highest one, as the reader needs it.
    const uint32_t shift = kept_before % 16;
    uint8_t* staged_bytes = reinterpret_cast<uint8_t*>(staged);
    uint32_t place = before & 0xffff;
    uint32_t segment = restarts_before + (before >> 16);
#pragma unroll
    for (uint32_t i = 0; i < THREAD_BYTES; ++i) {
        if (bytes.kept & (1u << i)) {
            staged_bytes[(shift + place) ^ 3] = bytes.values[i];
            place += 1;
        }
        if (bytes.restarts & (1u << i)) {
            // Markers count from RST0 on, modulo 8.
            if ((bytes.value_behind(i) & 7) != segment % 8) {
                atomicOr(status, MARKER);
            }
            // The decoders of the next kernels take a step for each segment; with a byte in each, the steps are bounded by the bits.
            if (ends_empty_segment(args, scan, bytes.first + i)) {
                atomicOr(status, MISSING);
            }
            segment += 1;
            if (segment < scan.segment_count) {
                segments[segment] = kept_before + place;
            } else {
                atomicOr(status, RESTARTS);
            }
        }
    }
    __syncthreads();

    const uint32_t length = all & 0xffff;
    uint8_t* out = reinterpret_cast<uint8_t*>(args.streams + scan.stream) + (kept_before - shift);
    for (uint32_t unit = threadIdx.x; unit * 16 < shift + length; unit += blockDim.x) {
        if (unit * 16 >= shift && unit * 16 + 16 <= shift + length) {
            reinterpret_cast<uint4*>(out)[unit] = staged[unit];
        } else {
            for (uint32_t i = max(unit * 16, shift); i < min(unit * 16 + 16, shift + length); ++i) {
                out[i ^ 3] = staged_bytes[i ^ 3];
            }
        }
    }

    if (blockIdx.x == scan.first_chunk && threadIdx.x == 0) {
        segments[0] = 0;
    }
    const bool is_last = blockIdx.x + 1 == scans[image + 1].first_chunk;
    if (end != NO_MARKER || is_last) {
        // Readers look ahead; what they find there changes no result, but should be the same every time.
        if (threadIdx.x < PADDING) {
            out[(shift + length + threadIdx.x) ^ 3] = 0;
        }
        if (threadIdx.x == 0) {
            segments[scan.segment_count] = kept_before + length;
            const uint32_t found = restarts_before + (all >> 16) + 1;
            const uint32_t last = end == NO_MARKER ? CUT : ends_empty_segment(args, scan, end) ? MISSING : 0;
            const uint32_t odd = (found == scan.segment_count ? 0 : RESTARTS) | last;
            if (odd) {
                atomicOr(status, odd);
            }
        }
        if (marker == end && is_fill) {
            atomicOr(status, MARKER);
        }
    }
}
