// The warp of a block of sample_mixed.cu that goes ahead of the others: it reads descriptors, finds the source rows of a tile, and
// begins to copy them to shared memory.
#pragma once

#include "common.cuh"
#include "descriptor.cuh"
#include "mixed_tile.cuh"
#include "sample_load.cuh"

// Bytes from a part to the next: the bytes of the longest one, the up to 15 before them in the first word, and a word that is read
// behind them.
__device__ __forceinline__ uint32_t part_pitch(uint32_t bytes) {
    return (bytes + 47) & ~15u;
}

// Copies the bytes of the words at the ends of a part that hold bytes outside the image as well. Called by all lanes of a warp: half of
// them have the word before the whole ones, the others the one behind them.
__device__ __forceinline__ void copy_ends(const Part& part, uint8_t* to) {
    const int lane = threadIdx.x & 31;
    const int whole = part.whole;
    const int at = lane < 16 ? lane : 16 * (whole + static_cast<int>(part.count)) + lane - 16;
    if (lane < 16 ? at >= part.least && at < min(part.most, 16 * whole) : at < part.most) {
        to[at] = load_byte(part.from + at);
    }
}

// The tile that is planned next, and what its strip has for all of its tiles.
template <int SRC>
struct Planner {
    const SampleArgs& args;
    const Tiles& tiles;
    Shared& shared;
    // The next tile: its frame, its strip of columns and its place in the strip.
    uint32_t frame;
    uint32_t strip;
    uint32_t place;
    // The last frame of the block.
    uint32_t last;
    // A word of the next descriptor, which takes up to 2 us to come. Each lane has one.
    uint64_t word;
    // The first byte of the strip's parts in their rows, and the number of their bytes.
    uint32_t begin;
    uint32_t bytes;
    // Whether all columns of the strip show the source.
    bool shown;

    static constexpr uint32_t WORDS = sizeof(MixedImage) / 8;

    // `first` and `end` are the tiles of the block.
    __device__ __forceinline__ Planner(const SampleArgs& args, const Tiles& tiles, Shared& shared, uint64_t first, uint64_t end)
        : args(args), tiles(tiles), shared(shared), word(0), begin(0), bytes(0), shown(false) {
        const uint64_t of_frame = tiles.of_frame();
        frame = first / of_frame;
        const uint32_t rest = first - frame * of_frame;
        strip = rest / tiles.down;
        place = rest % tiles.down;
        last = (end - 1) / of_frame;
        read_word(frame);
        begin_strip(true);
    }

    __device__ __forceinline__ void read_word(uint32_t of) {
        const uint32_t lane = threadIdx.x & 31;
        if (lane < WORDS) {
            const auto* from = descriptor_of<MixedImage>(args.src, of);
            word = __ldg(reinterpret_cast<const unsigned long long*>(from) + lane);
        }
    }

    __device__ __forceinline__ void begin_strip(bool is_new_frame) {
        const uint32_t lane = threadIdx.x & 31;
        const MixedImage& image = shared.image;
        if (is_new_frame) {
            __syncwarp();
            if (lane < WORDS) {
                reinterpret_cast<uint64_t*>(&shared.image)[lane] = word;
            }
            __syncwarp();
            if (frame < last) {
                read_word(frame + 1);
            }
        }
        if constexpr (SRC != NV12) {
            // The first and the last column of the strip that are not outside.
            const MixedAxis& columns = image.columns;
            const int from = strip * tiles.across;
            const int to = min(from + static_cast<int>(tiles.across), static_cast<int>(args.dst.width));
            const int left = max(from, columns.first);
            const int right = min(to, columns.end) - 1;
            const int end = column_at(columns, lane & 1 ? right : left).left;
            const int ends[2] = {__shfl_sync(~0u, end, 0), __shfl_sync(~0u, end, 1)};
            const bool empty = left > right;
            begin = empty ? 0 : min(ends[0], ends[1]) * SRC;
            bytes = empty ? 0 : min(max(ends[0], ends[1]) + 2, static_cast<int>(image.width)) * SRC - begin;
            shown = left == from && right == to - 1;
        }
    }

    // Plans the next tile, and begins to copy its parts to a stage. Lane `i` has the first (even) or second (odd) source row of the
    // tile's row `i / 2`.
    __device__ __forceinline__ void plan(Tile& tile, uint32_t stage) {
        const uint32_t lane = threadIdx.x & 31;
        const MixedImage& image = shared.image;
        const uint32_t row = lane / 2;
        const uint32_t top = place * tiles.rows;
        const uint32_t y = top + row;
        const bool has_row = row < tiles.rows && y < args.dst.height;
        // Rows behind the end of the output repeat the last one.
        const Tap line = line_at(image.lines, min(y, args.dst.height - 1));
        if (row < tiles.rows && (lane & 1) == 0) {
            tile.taps[row] = line;
        }
        if (lane < WORDS) {
            reinterpret_cast<uint64_t*>(&tile.image)[lane] = reinterpret_cast<const uint64_t*>(&image)[lane];
        }
        if (lane == 0) {
            tile.frame = frame;
            tile.left = strip * tiles.across;
            tile.top = top;
            tile.first = -1;
        }
        if constexpr (SRC != NV12) {
            stage_rows(tile, stage, line, row < tiles.rows, has_row);
        }
        if (++place == tiles.down) {
            place = 0;
            strip = strip + 1 == tiles.strips ? 0 : strip + 1;
            frame += strip == 0;
            if (frame <= last) {
                begin_strip(strip == 0);
            }
        }
    }

    __device__ __forceinline__ void stage_rows(Tile& tile, uint32_t stage, const Tap& line, bool in_tile, bool has_row) {
        const uint32_t lane = threadIdx.x & 31;
        const MixedImage& image = shared.image;
        const uint32_t pitch = part_pitch(bytes);
        // A row without weight is not read.
        const int index = lane & 1 && line.weight1 != 0 ? line.index1 : line.index0;
        const bool used = has_row && !is_outside(line) && bytes != 0;
        const uint32_t same = __match_any_sync(~0u, used ? index : -1 - static_cast<int>(lane));
        const uint32_t owner = __ffs(same) - 1;
        const uint32_t owners = __ballot_sync(~0u, used && owner == lane);
        const uint32_t count = __popc(owners);
        const uint32_t slot = __popc(owners & ((1u << owner) - 1u));
        const bool fits = count * pitch <= STAGE;
        const bool owns = used && owner == lane && fits;
        const bool plain = __all_sync(~0u, !in_tile || used) && shown;

        const uint64_t start = image.base + index * image.row_pitch;
        const uint32_t skip = static_cast<uint32_t>(start + begin) & 15u;
        Part part{};
        if (owns) {
            const bool dense = image.row_pitch == image.width * SRC;
            // Where rows follow one another without a gap, a word may hold bytes of two of them.
            const uint64_t least = dense ? image.base : start;
            const uint64_t most = dense ? image.base + image.height * image.row_pitch : start + image.width * SRC;
            part.from = start + begin - skip;
            part.words = (skip + bytes + 15) / 16;
            part.least = part.from >= least ? 0 : static_cast<int>(least - part.from);
            part.most = min(most - part.from, uint64_t(16 * part.words));
            part.whole = (part.least + 15) / 16;
            part.count = max(part.most / 16 - static_cast<int>(part.whole), 0);
        }
        const uint32_t place = stage * STAGE + (used ? slot * pitch + skip : 0) - begin;
        const uint32_t below = __shfl_down_sync(~0u, place, 1);
        if (in_tile && (lane & 1) == 0) {
            tile.lines[lane / 2] = line_of(place, below, line);
        }
        if (lane == 0) {
            tile.pitch = pitch;
            tile.count = fits ? count : 0;
            tile.first = fits ? static_cast<int>(begin) : -1;
            tile.plain = plain;
        }
        if constexpr (AHEAD) {
            copy(part, shared.bytes + stage * STAGE + slot * pitch, owns, shared.arrived + stage);
        } else if (owns) {
            tile.parts[slot] = part;
        }
    }

    __device__ __forceinline__ static Line line_of(uint32_t above, uint32_t below, const Tap& line) {
        // See `staged_sum`.
        const float sum = static_cast<float>(line.weight0 + line.weight1);
        return Line{above,
                    below,
                    static_cast<float>(line.weight0) * 0x1p-22f,
                    static_cast<float>(line.weight1) * 0x1p-22f,
                    3145728.5f - sum * 32.0f,
                    is_outside(line)};
    }

    // Begins to copy the parts, each of which is the owner's.
    __device__ __forceinline__ static void copy(const Part& part, uint8_t* to, bool owns, uint64_t* arrived) {
#if __CUDA_ARCH__ >= 900
        // Bytes that this warp or the others have written or read before come before those of the copies.
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
        const uint32_t total = __reduce_add_sync(~0u, 16 * part.count);
        if ((threadIdx.x & 31) == 0) {
            expect_bytes(arrived, total);
        }
        __syncwarp();
        if (part.count != 0) {
            copy_bulk(to + 16 * part.whole, reinterpret_cast<const void*>(part.from + 16 * part.whole), 16 * part.count, arrived);
        }
        for (uint32_t rest = __ballot_sync(~0u, owns && part.count != part.words); rest != 0; rest &= rest - 1) {
            const int owner = __ffs(rest) - 1;
            Part other{};
            other.from = __shfl_sync(~0u, part.from, owner);
            other.whole = __shfl_sync(~0u, part.whole, owner);
            other.count = __shfl_sync(~0u, part.count, owner);
            other.least = __shfl_sync(~0u, part.least, owner);
            other.most = __shfl_sync(~0u, part.most, owner);
            copy_ends(other, reinterpret_cast<uint8_t*>(__shfl_sync(~0u, reinterpret_cast<uint64_t>(to), owner)));
        }
#endif
    }
};

// Copies 16 bytes from global to shared memory.
__device__ __forceinline__ void copy_word(uint8_t* to, uint64_t from) {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(from) : "memory");
#else
    *reinterpret_cast<uint4*>(to) = __ldg(reinterpret_cast<const uint4*>(from));
#endif
}

// Copies the parts of a tile to shared memory, a warp each, and waits for those of this thread.
__device__ __forceinline__ void copy_parts(const Tile& tile, uint8_t* bytes) {
    const uint32_t lane = threadIdx.x & 31;
    for (uint32_t slot = threadIdx.x / 32; slot < tile.count; slot += blockDim.x / 32) {
        const Part part = tile.parts[slot];
        uint8_t* to = bytes + slot * tile.pitch;
        for (uint32_t word = part.whole + lane; word < part.whole + part.count; word += 32) {
            copy_word(to + 16 * word, part.from + 16 * word);
        }
        if (part.count != part.words) {
            copy_ends(part, to);
        }
    }
    wait_for_copies();
}
