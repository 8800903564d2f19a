// The coefficients of a stream, decoded from the states at the beginnings of its windows.
#pragma once

#include "jpeg_stream.cuh"

constexpr uint32_t FULL_WARP = 0xffffffffu;
// Lanes that store a block together, 16 bytes each.
constexpr uint32_t STORE_LANES = 8;
constexpr uint32_t BLOCK_BYTES = 128;
// Lanes go on with coefficients while more than this part of those that are active can.
constexpr uint32_t WAITING_RATIO = 2;

// Twice the place in rows of 8 of each coefficient in zigzag order, and of those behind the last one that damaged data can have.
constexpr uint32_t ZIGZAG_LENGTH = 80;
__constant__ uint8_t ZIGZAG_BYTES[ZIGZAG_LENGTH] = {
    0, 2, 16, 32, 18, 4, 6, 20, 34, 48, 64, 50, 36, 22, 8, 10,
    24, 38, 52, 66, 80, 96, 82, 68, 54, 40, 26, 12, 14, 28, 42, 56,
    70, 84, 98, 112, 114, 100, 86, 72, 58, 44, 30, 46, 60, 74, 88, 102,
    116, 118, 104, 90, 76, 62, 78, 92, 106, 120, 122, 108, 94, 110, 124, 126,
    126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126,
};

// A finished block: the lane that has it, and where it goes.
struct Finished {
    uint32_t lane;
    uint32_t block;
};

struct WriteShared {
    // A block for each thread. The units of 16 bytes are exchanged by the lane, so that the banks of equal coefficients differ.
    uint4 blocks[WRITE_THREADS][8];
    Finished finished[WRITE_THREADS];
    uint16_t dc[WRITE_THREADS][4];
    JpegScanBlock mcu[MCU_BLOCKS];
    uint8_t zigzag_bytes[ZIGZAG_LENGTH];
    uint32_t image;
    uint32_t reserved[3];
};
static_assert(sizeof(WriteShared) <= WRITE_BYTES);

// Stores the blocks of the lanes for which `is_finished` holds, and clears them. All lanes of the warp call it.
__device__ __forceinline__ void store_blocks(WriteShared& shared, uint64_t coefficients, bool is_finished, uint32_t block) {
    const uint32_t mask = __ballot_sync(FULL_WARP, is_finished);
    if (mask == 0) {
        return;
    }
    const uint32_t lane = threadIdx.x % 32;
    const uint32_t warp = threadIdx.x - lane;
    Finished* finished = shared.finished + warp;
    if (is_finished) {
        finished[__popc(mask & ((1u << lane) - 1))] = {lane, block};
    }
    __syncwarp();
    const uint32_t count = __popc(mask);
    const uint32_t unit = lane % STORE_LANES;
#pragma unroll 1
    for (uint32_t i = lane / STORE_LANES; i < count; i += 32 / STORE_LANES) {
        const Finished from = finished[i];
        uint4& place = shared.blocks[warp + from.lane][unit ^ (from.lane % STORE_LANES)];
        reinterpret_cast<uint4*>(coefficients)[from.block * static_cast<uint64_t>(STORE_LANES) + unit] = place;
        place = make_uint4(0, 0, 0, 0);
    }
    __syncwarp();
}

// What the blocks of a stream are numbered by.
struct Numbering {
    uint32_t mcu_blocks;
    uint32_t mcu_columns;
    uint32_t mcus;
    uint32_t segment_mcus;

    // The number of blocks of a segment.
    __device__ __forceinline__ uint32_t blocks_of(uint32_t segment) const {
        return min(segment_mcus, mcus - segment * segment_mcus) * mcu_blocks;
    }
};

// The thread that writes the blocks which begin in a window. It passes over the rest of the block before, and goes on behind the end of
// the window until its last block is whole, so that each block has one writer.
struct Writer {
    const Stream& stream;
    const Numbering& numbering;
    const JpegScanBlock* mcu;
    uint16_t* dc;
    State state;
    BitReader reader;
    JpegScanBlock info;
    uint32_t window_end;
    // The state at the end of the window that was found before.
    uint32_t expected;
    uint32_t segment;
    uint32_t segment_end;
    // Where something other than a code may come; 0 behind the last code.
    uint32_t limit;
    // Blocks of the segment before the next one that begins, and in all.
    uint32_t begun;
    uint32_t wanted;
    // The MCU of the block that is decoded, or of the next one.
    uint32_t mcu_x;
    uint32_t mcu_y;
    // The block that is decoded: its place, and whether it is one of the image and of this thread.
    uint32_t place;
    bool is_written;
    bool is_proved;
    bool is_active;
    uint32_t odd;

    __device__ __forceinline__ Writer(const Stream& stream, const Numbering& numbering, const JpegScanBlock* mcu, uint16_t* dc,
                                      const Window& start, uint32_t window_begin, uint32_t window_end, uint32_t expected)
        : stream(stream),
          numbering(numbering),
          mcu(mcu),
          dc(dc),
          state(State::unpacked(start.state, window_begin, stream)),
          reader(stream.words, state.bit),
          info(mcu[state.block]),
          window_end(window_end),
          expected(expected),
          segment(stream.segment_at(state.bit)),
          segment_end(stream.segment_end(segment)),
          limit(min(window_end, segment_end)),
          begun(start.blocks),
          wanted(numbering.blocks_of(segment)),
          place(0),
          is_written(false),
          is_proved(false),
          is_active(window_begin < stream.bits),
          odd(0) {
        if (!is_active) {
            stop();
        }
        *reinterpret_cast<uint2*>(dc) = make_uint2(start.dc[0], start.dc[1]);
        const uint32_t finished = begun - (state.zigzag != 0 && begun != 0);
        go_to_mcu(segment * numbering.segment_mcus + finished / numbering.mcu_blocks);
    }

    __device__ __forceinline__ void go_to_mcu(uint32_t number) {
        mcu_y = number / numbering.mcu_columns;
        mcu_x = number % numbering.mcu_columns;
    }

    // Ends the block after its last code.
    __device__ __forceinline__ void end_block() {
        if (is_written) {
            odd |= (is_odd_end(state.zigzag) ? CODE : 0) | (state.bit > segment_end ? MISSING : 0);
        }
        state.zigzag = 0;
        state.block = block_after(info);
        if (state.block == 0) {
            mcu_x += 1;
            if (mcu_x == numbering.mcu_columns) {
                mcu_x = 0;
                mcu_y += 1;
            }
        }
        info = mcu[state.block];
        if (is_proved) {
            stop();
        }
    }

    __device__ __forceinline__ void stop() {
        is_active = false;
        limit = 0;
    }

    // Goes on at `limit`: behind the end of a segment, or of the window.
    __device__ __forceinline__ void pass_limit() {
        while (is_active && state.bit >= segment_end) {
            // A segment ends; the next one begins in a known state.
            if (begun < wanted || (is_written && state.zigzag != 0)) {
                odd |= MISSING;
            }
            state = {segment_end, 0, 0};
            segment += 1;
            if (is_proved || segment == stream.segment_count) {
                is_active = false;
                break;
            }
            reader.seek(state.bit);
            segment_end = stream.segment_end(segment);
            *reinterpret_cast<uint2*>(dc) = make_uint2(0, 0);
            info = mcu[0];
            begun = 0;
            wanted = numbering.blocks_of(segment);
            go_to_mcu(segment * numbering.segment_mcus);
            is_written = false;
        }
        if (!is_proved && (state.bit >= window_end || !is_active)) {
            is_proved = true;
            if (state.packed(window_end, stream) != expected) {
                odd |= UNSYNCHRONIZED;
            }
            // Only a block that began here is still to be finished.
            is_active = is_active && is_written && state.zigzag != 0;
        }
        limit = !is_active ? 0 : is_proved ? segment_end : min(window_end, segment_end);
    }

    __device__ __forceinline__ uint32_t next_entry(const uint16_t* table, uint32_t& bits) {
        bits = reader.peek(state.bit);
        const uint32_t entry = code_entry(table, bits);
        const uint32_t from = state.bit;
        state.bit += entry_bits(entry);
        reader.advance(from, state.bit);
        return entry;
    }

    // Begins a block with its DC coefficient.
    __device__ __forceinline__ void begin_block(const uint16_t* tables, uint8_t* blocks, uint32_t own_block) {
        uint32_t bits;
        const uint32_t entry = next_entry(dc_table(tables, info), bits);
        uint16_t& sum = dc[component_of(info)];
        sum += entry_value(entry, bits);
        // The MCU is checked too: only in a stream that is not right, it can be another than that of the block's number.
        is_written = begun < wanted && mcu_y * numbering.mcu_columns < numbering.mcus;
        begun += 1;
        place = info.first + mcu_y * info.step_y + mcu_x * (info.kind & 0xff);
        state.zigzag = entry_step(entry);
        if (is_written) {
            *reinterpret_cast<uint16_t*>(blocks + own_block) = sum;
        }
    }

    // Whether the next code is that of an AC coefficient.
    __device__ __forceinline__ bool is_inside() const { return state.zigzag - 1 < 63 && state.bit < limit; }

    // Decodes an AC coefficient.
    __device__ __forceinline__ void decode_coefficient(const uint16_t* tables, uint8_t* blocks, uint32_t own_block, const uint8_t* zigzag_bytes) {
        uint32_t bits;
        const uint32_t entry = next_entry(ac_table(tables, info), bits);
        state.zigzag += entry_step(entry);
        if (is_written && entry_size(entry) != 0) {
            // The value is the last of the coefficients that the entry stands for.
            const uint32_t at = zigzag_bytes[state.zigzag - 1];
            *reinterpret_cast<int16_t*>(blocks + (own_block ^ at)) = entry_value(entry, bits);
        }
    }
};

// A thread writes the blocks of a window. Lanes that come to the end of their blocks wait until many do, so that the steps between
// blocks, which are long, are made by many lanes together.
//
// No number is taken on trust from the kernels that guess: jpeg_count began the first window of a stream right, and jpeg_scan compared
// the state in which it began each later window with the one in which it ended the window before, so that all its states, numbers of
// blocks and DC sums are right. A thread here begins in such a state, and must end its window in the one that jpeg_count found there.
extern "C" __global__ void __launch_bounds__(WRITE_THREADS) jpeg_write(const __grid_constant__ JpegEntropyArgs args) {
    extern __shared__ uint4 shared_units[];
    WriteShared& shared = *reinterpret_cast<WriteShared*>(shared_units);
    uint16_t* tables = reinterpret_cast<uint16_t*>(shared_units + WRITE_BYTES / 16);
    find_image(args, blockIdx.x, shared.image, [](const JpegScan& scan) { return scan.first_group; });
    const JpegScan& scan = reinterpret_cast<const JpegScan*>(args.scans)[shared.image];
    uint32_t* status = reinterpret_cast<uint32_t*>(args.statuses) + shared.image;
    // Blocks of the same image may set the status while others begin; the whole block has to go the same way.
    if (__syncthreads_or(*status != 0)) {
        return;
    }
    const Stream stream(args, scan);
    const uint32_t first_window = (blockIdx.x - scan.first_group) * WRITE_THREADS;
    if (first_window * args.window_bits >= stream.bits) {
        return;
    }
    load_tables(args, scan, tables, shared.mcu);
    if (threadIdx.x < ZIGZAG_LENGTH) {
        shared.zigzag_bytes[threadIdx.x] = ZIGZAG_BYTES[threadIdx.x];
    }
    for (uint32_t i = threadIdx.x; i < WRITE_THREADS * 8; i += WRITE_THREADS) {
        (&shared.blocks[0][0])[i] = make_uint4(0, 0, 0, 0);
    }
    __syncthreads();

    const uint32_t window = first_window + threadIdx.x;
    const uint32_t window_begin = window * args.window_bits;
    Window start = {0, {0, 0}, AT_END};
    uint32_t expected = AT_END;
    if (window_begin < stream.bits) {
        start = reinterpret_cast<const Window*>(args.starts)[scan.first_window + window];
        expected = reinterpret_cast<const Window*>(args.windows)[scan.first_window + window].state;
    }
    const Numbering numbering = {scan.mcu_blocks, scan.mcu_columns, scan.mcus, scan.segment_mcus};
    Writer writer(stream, numbering, shared.mcu, shared.dc[threadIdx.x], start, window_begin, window_begin + args.window_bits, expected);
    uint8_t* blocks = reinterpret_cast<uint8_t*>(shared.blocks);
    const uint32_t own_block = threadIdx.x * BLOCK_BYTES + threadIdx.x % STORE_LANES * 16;

    while (__any_sync(FULL_WARP, writer.is_active)) {
        const bool is_ended = writer.is_active && writer.state.zigzag >= 64;
        const bool is_finished = is_ended && writer.is_written;
        if (is_ended) {
            writer.end_block();
        }
        store_blocks(shared, args.coefficients, is_finished, writer.place);
        if (writer.is_active && writer.state.bit >= writer.limit) {
            writer.pass_limit();
        }
        if (writer.is_active && writer.state.zigzag == 0) {
            writer.begin_block(tables, blocks, own_block);
        }
        const uint32_t enough = __popc(__ballot_sync(FULL_WARP, writer.is_active)) / WAITING_RATIO;
        do {
            if (writer.is_inside()) {
                writer.decode_coefficient(tables, blocks, own_block, shared.zigzag_bytes);
            }
        } while (__popc(__ballot_sync(FULL_WARP, writer.is_inside())) > enough);
    }
    if (writer.odd != 0) {
        atomicOr(status, writer.odd);
    }
}
