// The states of a decoder at the beginnings of all windows of a stream, found by decoding from guesses until decoders meet.
#pragma once

#include "jpeg_stream.cuh"

// What is known of a window, in `windows` and `starts`: see `JpegEntropyArgs`.
struct Window {
    uint32_t blocks;
    // Sums of DC differences, or DC, of four components.
    uint32_t dc[2];
    uint32_t state;
};

// The sums over two stretches of a stream that follow one another.
__device__ __forceinline__ uint32_t add_halves(uint32_t a, uint32_t b) {
    return ((a & 0x7fff7fff) + (b & 0x7fff7fff)) ^ ((a ^ b) & 0x80008000);
}

__device__ __forceinline__ Window joined(const Window& a, const Window& b) {
    if (b.blocks & RESTARTED) {
        return b;
    }
    return {a.blocks + b.blocks, {add_halves(a.dc[0], b.dc[0]), add_halves(a.dc[1], b.dc[1])}, b.state};
}

constexpr uint32_t ALL_PIECES = WINDOWS * PIECES;
// Bits after which a decoder that has met no other one gives up.
constexpr uint32_t MOST_BITS = 65536;
// Pieces after which the decoders that are left are packed less often: once for each window.
constexpr uint32_t PACKED_PIECES = 8;

// The pieces of the windows of a block. Piece p of window w is at `p * WINDOWS + w`.
struct Pieces {
    // Sums of DC differences.
    uint16_t dc[ALL_PIECES][4];
    // Blocks that begin; the highest bit: since a restart.
    uint16_t blocks[ALL_PIECES];
    // The states at the ends.
    uint16_t states[ALL_PIECES];
    // The windows whose decoders go on, before and after a round; each counter is cleared two rounds before its use.
    uint8_t active[2][WINDOWS];
    uint32_t active_count[3];
    uint32_t image;
    JpegScanBlock mcu[MCU_BLOCKS];
};
static_assert(sizeof(Pieces) <= SYNCHRONIZE_BYTES);

// Decodes the piece `at`, which ends before the bit `end`, and stores it. Returns the state at its end.
__device__ __forceinline__ uint32_t decode_piece(Pieces& pieces, const Stream& stream, const uint16_t* tables, State& state, BitReader& reader, uint32_t& segment, uint32_t end, uint32_t at) {
    uint16_t* dc = pieces.dc[at];
    *reinterpret_cast<uint2*>(dc) = make_uint2(0, 0);
    uint32_t blocks = 0;
    if (state.bit < stream.bits) {
        blocks = pass_codes<true>(stream, tables, pieces.mcu, state, reader, segment, end, dc);
    }
    const uint32_t packed = state.packed(end, stream);
    pieces.blocks[at] = (blocks & 0x7fff) | (blocks & RESTARTED ? 0x8000 : 0);
    pieces.states[at] = packed;
    return packed;
}

// A place in the pieces, in the order of the stream.
__device__ __forceinline__ uint32_t place_of(uint32_t number) { return number % PIECES * WINDOWS + number / PIECES; }

// A block decodes its part of an image: the windows of the part and before them some more (the halo), so that the state at its first
// window is nearly always right. A thread decodes a window from the guess that a block of the first component begins with it. Then
// the decoders go on into the next windows, piece by piece, until they meet the state that is stored at the end of a piece. No two of
// them are in the same piece at a time, and a decoder that began earlier comes to a piece later: its state is the better one.
extern "C" __global__ void __launch_bounds__(WINDOWS) jpeg_synchronize(const __grid_constant__ JpegEntropyArgs args) {
    extern __shared__ uint4 shared_units[];
    Pieces& pieces = *reinterpret_cast<Pieces*>(shared_units);
    uint16_t* tables = reinterpret_cast<uint16_t*>(shared_units + SYNCHRONIZE_BYTES / 16);
    find_image(args, blockIdx.x, pieces.image, [](const JpegScan& scan) { return scan.first_part; });
    const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[pieces.image];
    uint32_t* status = reinterpret_cast<uint32_t*>(args.statuses) + pieces.image;
    // Blocks of the same image may set the status while others begin; the whole block has to go the same way.
    if (__syncthreads_or(*status != 0)) {
        return;
    }
    const Stream stream(args, scan);
    const uint32_t piece_bits = args.window_bits / PIECES;
    const uint32_t halo = HALO_BITS / args.window_bits;
    const uint32_t own = WINDOWS - halo;
    const uint32_t part = blockIdx.x - scan.first_part;
    if (part * own * args.window_bits >= stream.bits) {
        return;
    }
    load_tables(args, scan, tables, pieces.mcu);
    const uint32_t thread = threadIdx.x;
    if (thread < 3) {
        pieces.active_count[thread] = 0;
    }
    __syncthreads();

    // The first window of a part is that of thread `halo`. The threads before it have windows unless the part is the first one.
    const bool has_window = part > 0 || thread >= halo;
    const uint32_t window = part * own + thread - halo;
    const uint32_t first_bit = (part * own - halo) * args.window_bits;
    const uint32_t window_begin = window * args.window_bits;
    if (has_window) {
        State state = {min(window_begin, stream.bits), 0, 0};
        uint32_t segment = stream.segment_at(state.bit);
        BitReader reader(stream.words, state.bit);
        uint32_t packed = AT_END;
        for (uint32_t piece = 0; piece < PIECES; ++piece) {
            packed = decode_piece(pieces, stream, tables, state, reader, segment, window_begin + (piece + 1) * piece_bits,
                                  piece * WINDOWS + thread);
        }
        if (packed != AT_END && thread + 1 < WINDOWS) {
            pieces.active[0][atomicAdd(&pieces.active_count[0], 1)] = thread;
        }
    }
    __syncthreads();

    // Pieces that the decoders which are left have passed behind their windows: for all of them as many.
    uint32_t passed = 0;
    uint32_t round = 0;
    uint32_t count = pieces.active_count[0];
    while (count != 0 && passed * piece_bits < MOST_BITS) {
        const uint32_t side = round % 2;
        const uint32_t steps = passed < PACKED_PIECES ? 1 : PIECES;
        bool is_active = thread < count;
        const uint32_t flow = is_active ? pieces.active[side][thread] : 0;
        uint32_t number = (flow + 1) * PIECES + passed;
        uint32_t begin = first_bit + number * piece_bits;
        State state = {stream.bits, 0, 0};
        if (is_active) {
            state = State::unpacked(pieces.states[place_of(number - 1)], begin, stream);
        }
        uint32_t segment = stream.segment_at(state.bit);
        BitReader reader(stream.words, state.bit);
        for (uint32_t step = 0; step < steps; ++step) {
            if (is_active) {
                const uint32_t at = place_of(number);
                const uint32_t stored = pieces.states[at];
                begin += piece_bits;
                number += 1;
                const uint32_t packed = decode_piece(pieces, stream, tables, state, reader, segment, begin, at);
                is_active = packed != stored && number < ALL_PIECES;
            }
            if (!__syncthreads_or(is_active)) {
                break;
            }
        }
        uint32_t& next_count = pieces.active_count[(round + 1) % 3];
        if (is_active) {
            pieces.active[1 - side][atomicAdd(&next_count, 1)] = flow;
        }
        if (thread == 0) {
            pieces.active_count[(round + 2) % 3] = 0;
        }
        __syncthreads();
        count = next_count;
        passed += steps;
        round += 1;
    }
    if (count != 0 && thread == 0) {
        atomicOr(status, UNSYNCHRONIZED);
    }

    if (thread == halo) {
        // Before the first window of a stream is the state of its first bit.
        reinterpret_cast<uint32_t*>(args.guesses)[blockIdx.x] = part == 0 ? 0 : pieces.states[place_of(halo * PIECES - 1)];
    }
    if (thread >= halo && window_begin < stream.bits) {
        Window sum = {0, {0, 0}, 0};
        for (uint32_t piece = 0; piece < PIECES; ++piece) {
            const uint32_t at = piece * WINDOWS + thread;
            const uint32_t blocks = pieces.blocks[at];
            const uint2 dc = *reinterpret_cast<const uint2*>(pieces.dc[at]);
            sum = joined(sum, {(blocks & 0x7fff) | (blocks & 0x8000 ? RESTARTED : 0), {dc.x, dc.y}, pieces.states[at]});
        }
        reinterpret_cast<Window*>(args.windows)[scan.first_window + window] = sum;
    }
}
