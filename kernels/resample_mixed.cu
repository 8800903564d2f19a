// Mixed chains with a resample: images of any sizes, each resampled as its descriptor says, with color conversion, crops, flips, pads,
// threshold and normalization in one pass over the sources.
//
// A block makes a tile of columns of some rows of the output of one image:
// 1. It computes the windows of these columns and rows and their weights, by the operations of the host in their order.
// 2. It walks down the source, ROWS rows at a time: their pixels go to shared memory, and the results of the horizontal pass to a ring
//    in shared memory. For fixed-point weights a word has four samples of one channel, so that one instruction adds four products with
//    one digit of their weights.
// 3. Rows of the output whose source rows are all in the ring are finished: the vertical pass, and what follows it.
// Compiled once for each kind of source.
#include "args/resample_mixed.cuh"
#include "descriptor.cuh"
#include "quad.cuh"
#include "resample_mixed_sums.cuh"
#include "resample_windows.cuh"
#include "sample.cuh"

// Source rows of a step of a block.
constexpr uint32_t ROWS = 16;
// Rows of the output that a block makes, a power of two.
constexpr uint32_t STRIP = 32;
constexpr uint32_t STRIP_LOG2 = 5;
// The most columns of a tile.
constexpr uint32_t MOST_COLUMNS = 32;
constexpr uint32_t THREADS = 256;
static_assert(STRIP == 32, "a lane of a warp for each row");

// In this order: the weights of columns and of rows, tap by tap or word by word; the staged pixels; the ring. While weights are made,
// they lie as numbers of the windows' precision behind their place.
extern __shared__ uint4 shared_units[];

// The parts of shared memory of one image.
template <typename Sums>
struct Memory {
    typename Sums::Weight* column_weights;
    typename Sums::Weight* line_weights;
    typename Sums::Number* numbers;
    uint32_t* stage;
    typename Sums::Word* ring;
    uint32_t ring_rows;

    __device__ explicit Memory(const ResampleMixedImage& image) {
        column_weights = reinterpret_cast<typename Sums::Weight*>(shared_units);
        line_weights = column_weights + (Sums::column_words(image.column_taps) << image.tile);
        numbers = reinterpret_cast<typename Sums::Number*>(line_weights + STRIP * image.line_taps);
        stage = reinterpret_cast<uint32_t*>(numbers);
        ring = reinterpret_cast<typename Sums::Word*>(stage + ROWS * Sums::row_words(image.stage_pitch));
        ring_rows = image.line_taps + ROWS;
    }
};

// The columns, or the rows, of the output that a block makes: the positions from `first` on, of which there are `count`; those of the
// source ascend or descend with them.
struct Part {
    int first;
    int count;
    int step;
};

// The positions of the output from `begin` to `end` that show the source.
__device__ __forceinline__ Part shown(const ResampleMixedAxis& axis, uint32_t begin, uint32_t end) {
    const int first = max(static_cast<int>(begin), axis.first);
    return Part{first, max(min(static_cast<int>(end), axis.end) - first, 0), 1};
}

// Finds the windows of a part.
template <typename Number>
__device__ __forceinline__ void find_windows(const ResampleMixedAxis& axis, const Part& part, Window<Number>* windows) {
    for (int i = threadIdx.x; i < part.count; i += THREADS) {
        windows[i] = window_at<Number>(axis, axis.after_first + axis.after_step * (part.first + part.step * i));
    }
}

// The filter at the positions of the windows, tap by tap: window `i` of 2^`log2` has the numbers `i`, `i` + 2^`log2` and so on.
template <typename Number>
__device__ __forceinline__ void apply_filter(const ResampleMixedAxis& axis, uint32_t filter, const Part& part, uint32_t log2, uint32_t taps,
                                             const Window<Number>* windows, Number* numbers) {
    for (uint32_t i = threadIdx.x; i < taps << log2; i += THREADS) {
        const int place = i & ((1u << log2) - 1u);
        if (place < part.count && (i >> log2) < windows[place].count) {
            numbers[i] = number_at(axis, filter, windows[place], i >> log2);
        }
    }
}

// The sum of the numbers of a window, in the order of its positions.
template <typename Number>
__device__ __forceinline__ Number sum_of(const Number* numbers, uint32_t log2, uint32_t count) {
    Number sum = 0;
    for (uint32_t tap = 0; tap < count; ++tap) {
        sum += numbers[tap << log2];
    }
    return sum;
}

// Divides the numbers by the sums of their windows, and calls `set(window, tap, weight)`.
template <typename Weight, typename Number, typename Set>
__device__ __forceinline__ void make_weights(const Part& part, uint32_t log2, uint32_t taps, const Window<Number>* windows, const Number* sums,
                                             const Number* numbers, uint32_t shift, Set set) {
    for (uint32_t i = threadIdx.x; i < taps << log2; i += THREADS) {
        const int place = i & ((1u << log2) - 1u);
        const uint32_t tap = i >> log2;
        if (place < part.count && tap < windows[place].count) {
            set(place, tap, weight_of<Weight>(share(numbers[i], sums[place]), shift));
        }
    }
}

// The part of the source that a block reads: columns from `left`, a multiple of four, to `right`, and rows from `top` to `bottom`.
struct Area {
    uint32_t left;
    uint32_t right;
    uint32_t top;
    uint32_t bottom;
};

// The area of the first and the last column of a tile, in either order, and of its first and last row in the order of the source.
template <typename Number>
__device__ __forceinline__ Area area_of(const Window<Number>& column, const Window<Number>& last_column, const Window<Number>& line,
                                        const Window<Number>& last_line) {
    return Area{min(column.first, last_column.first) & ~3u, max(column.first + column.count, last_column.first + last_column.count), line.first,
                last_line.first + last_line.count};
}

// Brings `ROWS` rows of the area from `row` on to the L2 cache, those that there are.
template <int SRC>
__device__ __forceinline__ void prefetch_rows(const ImageParam& src, const Area& area, uint32_t row) {
    constexpr uint32_t LINE = 128;
    const uint32_t lane = threadIdx.x % 32;
    for (uint32_t y = row + threadIdx.x / 32; y < min(row + ROWS, area.bottom); y += THREADS / 32) {
        const uint64_t pixels = reinterpret_cast<uint64_t>(image_row<const uint8_t>(src, 0, y));
        const uint64_t begin = pixels + area.left * SRC;
        const uint64_t end = pixels + area.right * SRC;
        for (uint64_t line = begin / LINE * LINE + lane * LINE; line < end; line += 32 * LINE) {
            // Not before the row.
            asm volatile("prefetch.global.L2 [%0];" ::"l"(max(line, begin)));
        }
    }
}

// Loads the pixels of `ROWS` rows of the area from `row` on. Those behind its end are the last row again.
template <int SRC, int CHANNELS, typename Sums>
__device__ __forceinline__ void load_rows(const SampleArgs& sample, const ImageParam& src, bool premultiplied, const Area& area, uint32_t row,
                                          uint32_t* stage, uint32_t pitch) {
    // The rows of a warp, which are loaded before the first one is stored.
    constexpr uint32_t WARPS = THREADS / 32;
    constexpr uint32_t OWN = ROWS / WARPS;
    const uint32_t quads = (area.right - area.left + 3) / 4;
    const uint32_t warp = threadIdx.x / 32;
    for (uint32_t quad = threadIdx.x % 32; quad < quads; quad += 32) {
        const uint32_t x = area.left + 4 * quad;
        const uint32_t count = min(src.width - x, 4u);
        const bool edge = at_edge<SRC>(src, src.width, x, count);
        LoadedQuad<SRC> loaded[OWN];
#pragma unroll
        for (uint32_t i = 0; i < OWN; ++i) {
            const uint32_t y = min(row + warp + i * WARPS, area.bottom - 1);
            const uint8_t* pixels = image_row<const uint8_t>(src, 0, y) + x * SRC;
            loaded[i] = load_quad<SRC>(reinterpret_cast<uint64_t>(pixels), count, edge);
        }
#pragma unroll
        for (uint32_t i = 0; i < OWN; ++i) {
            uint32_t pixels[4];
            unpack(loaded[i], pixels);
            if (sample.flags & BEFORE) {
                convert_color<4>(sample.before, pixels);
            }
            if (CHANNELS == 4 && premultiplied) {
#pragma unroll
                for (int p = 0; p < 4; ++p) {
                    const uint32_t alpha = pixels[p] >> 24;
                    pixels[p] = pack(times_alpha(pixels[p] & 255u, alpha), times_alpha((pixels[p] >> 8) & 255u, alpha),
                                     times_alpha((pixels[p] >> 16) & 255u, alpha), alpha);
                }
            }
            Sums::stage(stage + (warp + i * WARPS) * Sums::row_words(pitch), pitch, quad, pixels);
        }
    }
}

// The horizontal pass of one column in `COUNT` rows of the stage, `distance` words apart. Writes to the ring what is valid.
template <typename Sums, int COUNT>
__device__ __forceinline__ void make_column(const typename Sums::Weight* weights, uint32_t log2, uint32_t first, uint32_t taps,
                                            const uint32_t* row, uint32_t pitch, uint32_t distance, uint32_t shift,
                                            typename Sums::Word* const* ring) {
    Sums sums[COUNT];
    Sums::template add_columns<COUNT>(sums, weights, log2, first, taps, row, pitch, distance);
#pragma unroll
    for (int i = 0; i < COUNT; ++i) {
        if (ring[i] != nullptr) {
            sums[i].keep(ring[i], 1u << log2, shift);
        }
    }
}

// The vertical pass of one pixel, whose first source row is in the ring's row `slot`.
template <typename Sums>
__device__ __forceinline__ uint32_t make_pixel(const Memory<Sums>& memory, uint32_t line, uint32_t taps, uint32_t column, uint32_t log2,
                                               uint32_t slot, uint32_t shift) {
    Sums sums;
    const uint32_t step = Sums::WORDS << log2;
    const typename Sums::Word* at = memory.ring + slot * step + column;
    const typename Sums::Word* end = memory.ring + memory.ring_rows * step;
    for (uint32_t tap = 0; tap < taps; ++tap) {
        sums.add_kept(memory.line_weights[tap * STRIP + line], at, 1u << log2);
        at += step;
        at = at >= end ? at - memory.ring_rows * step : at;
    }
    return sums.pixel(shift);
}

// Makes the columns from `left` on of the rows of the output from `top` to `bottom`.
template <int SRC, int CHANNELS, typename Sums>
__device__ __forceinline__ void make_tile(const ResampleMixedArgs& args, const ResampleMixedImage& image, uint32_t frame, uint32_t left,
                                          uint32_t top, uint32_t bottom) {
    using Number = typename Sums::Number;
    __shared__ Window<Number> columns[MOST_COLUMNS];
    __shared__ Window<Number> lines[STRIP];
    __shared__ Number sums[MOST_COLUMNS + STRIP];
    const SampleArgs& sample = args.sample;
    const ImageParam src{image.base, image.row_pitch, 0, image.columns.length, image.lines.length, SRC, 1};
    const Memory<Sums> memory(image);
    const uint32_t log2 = image.tile;
    const Part across = shown(image.columns, left, min(left + (1u << log2), sample.dst.width));
    Part down = shown(image.lines, top, bottom);
    const Part strip = down;
    if (image.lines.after_step < 0) {
        // In the order of the source.
        down = Part{down.first + down.count - 1, down.count, -1};
    }
    const uint32_t* bits = reinterpret_cast<const uint32_t*>(args.bits) + 2 * frame;
    const uint32_t column_shift = args.bits == 0 ? args.shift : __ldg(bits);
    const uint32_t line_shift = args.bits == 0 ? args.shift : __ldg(bits + 1);
    const bool empty = across.count == 0 || down.count == 0;
    Area area{};
    if (!empty) {
        find_windows<Number>(image.columns, across, columns);
        find_windows<Number>(image.lines, down, lines);
        __syncthreads();
        area = area_of(columns[0], columns[across.count - 1], lines[0], lines[down.count - 1]);
        prefetch_rows<SRC>(src, area, area.top);
        Number* line_numbers = memory.numbers + (image.column_taps << log2);
        apply_filter<Number>(image.columns, args.filter, across, log2, image.column_taps, columns, memory.numbers);
        apply_filter<Number>(image.lines, args.filter, down, STRIP_LOG2, image.line_taps, lines, line_numbers);
        __syncthreads();
        const int place = threadIdx.x % 32;
        if (threadIdx.x < 32 && place < across.count) {
            sums[place] = sum_of<Number>(memory.numbers + place, log2, columns[place].count);
        } else if (threadIdx.x / 32 == 1 && place < down.count) {
            sums[MOST_COLUMNS + place] = sum_of<Number>(line_numbers + place, STRIP_LOG2, lines[place].count);
        }
        Sums::clear(memory.column_weights, image.column_taps, log2);
        __syncthreads();
        using Weight = typename Sums::Weight;
        make_weights<Weight>(across, log2, image.column_taps, columns, sums, memory.numbers, column_shift,
                             [&](int place, uint32_t tap, Weight weight) {
                                 const uint32_t position = Sums::WHOLE_WORDS ? columns[place].first % 4 + tap : tap;
                                 Sums::set_column(memory.column_weights + place, log2, position, weight);
                             });
        make_weights<Weight>(down, STRIP_LOG2, image.line_taps, lines, sums + MOST_COLUMNS, line_numbers, line_shift,
                             [&](int place, uint32_t tap, Weight weight) { memory.line_weights[tap * STRIP + place] = weight; });
        // The numbers make room for pixels.
        __syncthreads();
    }
    const uint32_t column = threadIdx.x & ((1u << log2) - 1u);
    const uint32_t group = threadIdx.x >> log2;
    const uint32_t groups = THREADS >> log2;
    const uint32_t x = left + column;
    const int place = static_cast<int>(x) - across.first;
    const bool is_shown = place >= 0 && place < across.count;
    const auto write = [&](uint32_t y, uint32_t pixel) { write_pixels<1>(sample, frame, x, y, &pixel); };
    if (x < sample.dst.width) {
        for (uint32_t y = top + group; y < bottom; y += groups) {
            const int line = static_cast<int>(y) - strip.first;
            if (!is_shown || line < 0 || line >= strip.count) {
                write(y, image.outside);
            }
        }
    }
    if (empty) {
        return;
    }
    const Window<Number> own = columns[is_shown ? place : 0];
    const uint32_t ring_step = Sums::WORDS << log2;
    // Each lane has a row of the output: where its source rows end.
    const int lane = threadIdx.x % 32;
    const uint32_t line_end = lane < down.count ? lines[lane].first + lines[lane].count : ~0u;
    int next = 0;
    uint32_t slot = 0;
    for (uint32_t row = area.top; row < area.bottom; row += ROWS) {
        load_rows<SRC, CHANNELS, Sums>(sample, src, image.premultiplied, area, row, memory.stage, image.stage_pitch);
        __syncthreads();
        prefetch_rows<SRC>(src, area, row + ROWS);
        if (is_shown) {
            const uint32_t rows = min(area.bottom - row, ROWS);
            const auto in_ring = [&](uint32_t i) -> typename Sums::Word* {
                const uint32_t at = slot + i >= memory.ring_rows ? slot + i - memory.ring_rows : slot + i;
                return i < rows ? memory.ring + at * ring_step + column : nullptr;
            };
            const uint32_t row_words = Sums::row_words(image.stage_pitch);
            const uint32_t* staged = memory.stage + group * row_words;
            const auto* weights = memory.column_weights + place;
            typename Sums::Word* const ring[2] = {in_ring(group), in_ring(group + groups)};
            if (groups < ROWS) {
                make_column<Sums, 2>(weights, log2, own.first - area.left, own.count, staged, image.stage_pitch, groups * row_words, column_shift, ring);
            } else if (group < ROWS) {
                make_column<Sums, 1>(weights, log2, own.first - area.left, own.count, staged, image.stage_pitch, 0, column_shift, ring);
            }
        }
        __syncthreads();
        slot += ROWS;
        slot = slot >= memory.ring_rows ? slot - memory.ring_rows : slot;
        // The ends ascend: the rows that can be finished are the next ones.
        const int ready = __popc(__ballot_sync(~0u, line_end <= row + ROWS));
        if (is_shown) {
            for (int i = next + static_cast<int>(group); i < ready; i += groups) {
                const Window<Number> line = lines[i];
                uint32_t pixel = make_pixel<Sums>(memory, i, line.count, column, log2, (line.first - area.top) % memory.ring_rows, line_shift);
                if (CHANNELS == 4 && image.premultiplied) {
                    const uint32_t alpha = pixel >> 24;
                    pixel = pack(by_alpha(pixel & 255u, alpha), by_alpha((pixel >> 8) & 255u, alpha), by_alpha((pixel >> 16) & 255u, alpha),
                                 alpha);
                }
                finish<1>(sample, &pixel);
                write(down.first + down.step * i, pixel);
            }
        }
        next = ready;
    }
}

template <int SRC, int CHANNELS, typename Sums>
__device__ __forceinline__ void resample_images(const ResampleMixedArgs& args) {
    __shared__ ResampleMixedImage image;
    const ImageParam& dst = args.sample.dst;
    const ImageParam& table = args.sample.src;
    for (uint32_t frame = blockIdx.z; frame < dst.batch; frame += gridDim.z) {
        __syncthreads();
        read_descriptor(image, descriptor_of<ResampleMixedImage>(table, frame), threadIdx.x);
        __syncthreads();
        for (uint32_t top = blockIdx.y * STRIP; top < dst.height; top += gridDim.y * STRIP) {
            for (uint32_t tile = blockIdx.x; tile << image.tile < dst.width; tile += gridDim.x) {
                // The last tile may still be read.
                __syncthreads();
                make_tile<SRC, CHANNELS, Sums>(args, image, frame, tile << image.tile, top, min(top + STRIP, dst.height));
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, 4) resample_fixed_2(const __grid_constant__ ResampleMixedArgs args) {
    resample_images<MODULE_SOURCE, MODULE_SOURCE, FixedSums<MODULE_SOURCE, 2>>(args);
}

extern "C" __global__ void __launch_bounds__(THREADS, 4) resample_fixed_3(const __grid_constant__ ResampleMixedArgs args) {
    resample_images<MODULE_SOURCE, MODULE_SOURCE, FixedSums<MODULE_SOURCE, 3>>(args);
}

extern "C" __global__ void __launch_bounds__(THREADS, 4) resample_single(const __grid_constant__ ResampleMixedArgs args) {
    resample_images<MODULE_SOURCE, MODULE_SOURCE, SingleSums<MODULE_SOURCE>>(args);
}

// The colors become gray before the passes.
#if MODULE_SOURCE != 1
extern "C" __global__ void __launch_bounds__(THREADS, 4) resample_gray_fixed_2(const __grid_constant__ ResampleMixedArgs args) {
    resample_images<MODULE_SOURCE, 1, FixedSums<1, 2>>(args);
}

extern "C" __global__ void __launch_bounds__(THREADS, 4) resample_gray_fixed_3(const __grid_constant__ ResampleMixedArgs args) {
    resample_images<MODULE_SOURCE, 1, FixedSums<1, 3>>(args);
}

extern "C" __global__ void __launch_bounds__(THREADS, 4) resample_gray_single(const __grid_constant__ ResampleMixedArgs args) {
    resample_images<MODULE_SOURCE, 1, SingleSums<1>>(args);
}
#endif
