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
#include "matrix.cuh"
#include "quad.cuh"
#include "resample.cuh"
#include "resample_digits.cuh"
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

// Sums of fixed-point weights. The stage has a plane for each channel, with four samples in a word; the ring has the rounded samples of a
// pixel in a word. A column has its weights by words of the stage: for each word one word of each of `PLANES` digits, of which the highest is
// signed.
template <int CHANNELS, int PLANES>
struct FixedSums {
    using Number = double;
    using Weight = int32_t;
    using Word = uint32_t;
    static constexpr uint32_t WORDS = 1;
    // Whether the weights of a column begin with the first position of a word of the stage.
    static constexpr bool WHOLE_WORDS = true;

    // The sums of each digit.
    int32_t digits[PLANES * CHANNELS] = {};

    // Words of the weights of a column of at most `taps` positions, which begin anywhere in a word.
    __device__ static uint32_t column_words(uint32_t taps) { return (taps + 6) / 4 * PLANES; }

    // Words of a staged row of `pitch` pixels.
    __device__ static uint32_t row_words(uint32_t pitch) { return CHANNELS * (pitch / 4); }

    // Stores four pixels.
    __device__ __forceinline__ static void stage(uint32_t* row, uint32_t pitch, uint32_t quad, const uint32_t* pixels) {
        uint32_t words[CHANNELS];
        planar_quad<CHANNELS>(pixels, words);
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            row[c * (pitch / 4) + quad] = words[c];
        }
    }

    // Makes room for the weights of a column: all of its bytes are 0.
    __device__ __forceinline__ static void clear(int32_t* weights, uint32_t taps, uint32_t log2) {
        for (uint32_t i = threadIdx.x; i < column_words(taps) << log2; i += THREADS) {
            weights[i] = 0;
        }
    }

    // Stores the weight of a position of the column at `weights`, counted from the first word that has one of the column's.
    __device__ __forceinline__ static void set_column(int32_t* weights, uint32_t log2, uint32_t position, int32_t weight) {
        uint8_t* bytes = reinterpret_cast<uint8_t*>(weights + ((position / 4 * PLANES) << log2)) + position % 4;
#pragma unroll
        for (int plane = 0; plane < PLANES; ++plane) {
            bytes[4 * plane << log2] = static_cast<uint8_t>(weight >> (8 * plane));
        }
    }

    // Adds a column's products with pixels of `COUNT` staged rows, `distance` words apart.
    template <int COUNT>
    __device__ __forceinline__ static void add_columns(FixedSums* sums, const int32_t* weights, uint32_t log2, uint32_t first, uint32_t taps,
                                                       const uint32_t* row, uint32_t pitch, uint32_t distance) {
        const uint32_t words = (first % 4 + taps + 3) / 4;
        const uint32_t* at = row + first / 4;
        for (uint32_t word = 0; word < words; ++word) {
            uint32_t of_planes[PLANES];
#pragma unroll
            for (int plane = 0; plane < PLANES; ++plane) {
                of_planes[plane] = weights[(word * PLANES + plane) << log2];
            }
#pragma unroll
            for (int i = 0; i < COUNT; ++i) {
#pragma unroll
                for (int c = 0; c < CHANNELS; ++c) {
                    const uint32_t bytes = at[word + c * (pitch / 4) + i * distance];
#pragma unroll
                    for (int plane = 0; plane < PLANES; ++plane) {
                        int32_t& sum = sums[i].digits[plane * CHANNELS + c];
                        sum = plane == PLANES - 1 ? dot<true>(bytes, of_planes[plane], sum) : dot<false>(bytes, of_planes[plane], sum);
                    }
                }
            }
        }
    }

    __device__ __forceinline__ uint32_t pixel(uint32_t shift) const {
        uint32_t word = 0;
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            word |= fixed_to_byte(from_digits<PLANES>(digits + c, CHANNELS), shift) << (8 * c);
        }
        return word;
    }

    __device__ __forceinline__ void keep(uint32_t* ring, uint32_t, uint32_t shift) const { *ring = pixel(shift); }

    // Adds the products of one weight with the samples of a pixel of the ring: all to the sums of the lowest digit.
    __device__ __forceinline__ void add_kept(int32_t weight, const uint32_t* ring, uint32_t) {
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            digits[c] += weight * static_cast<int32_t>((*ring >> (8 * c)) & 255u);
        }
    }
};

// Sums in single precision, which are not rounded between the passes. The first product is added to 0, which changes none of its bits
// but the sign of 0. The stage has a pixel
// in a word, and the ring a row of numbers for each channel.
template <int CHANNELS>
struct SingleSums {
    using Number = float;
    using Weight = float;
    using Word = float;
    static constexpr uint32_t WORDS = CHANNELS;
    static constexpr bool WHOLE_WORDS = false;

    float of[CHANNELS] = {};

    __device__ static uint32_t column_words(uint32_t taps) { return taps; }

    __device__ static uint32_t row_words(uint32_t pitch) { return pitch; }

    __device__ __forceinline__ static void stage(uint32_t* row, uint32_t, uint32_t quad, const uint32_t* pixels) {
        reinterpret_cast<uint4*>(row)[quad] = make_uint4(pixels[0], pixels[1], pixels[2], pixels[3]);
    }

    __device__ __forceinline__ static void clear(float*, uint32_t, uint32_t) {}

    __device__ __forceinline__ static void set_column(float* weights, uint32_t log2, uint32_t position, float weight) {
        weights[position << log2] = weight;
    }

    template <int COUNT>
    __device__ __forceinline__ static void add_columns(SingleSums* sums, const float* weights, uint32_t log2, uint32_t first, uint32_t taps,
                                                       const uint32_t* row, uint32_t, uint32_t distance) {
        for (uint32_t tap = 0; tap < taps; ++tap) {
            const float weight = weights[tap << log2];
#pragma unroll
            for (int i = 0; i < COUNT; ++i) {
                const uint32_t pixel = row[first + tap + i * distance];
#pragma unroll
                for (int c = 0; c < CHANNELS; ++c) {
                    sums[i].of[c] = __fmaf_rn(weight, static_cast<float>((pixel >> (8 * c)) & 255u), sums[i].of[c]);
                }
            }
        }
    }

    __device__ __forceinline__ uint32_t pixel(uint32_t) const {
        uint32_t word = 0;
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            word |= static_cast<uint32_t>(__float2int_rn(fminf(fmaxf(of[c], 0.0f), 255.0f))) << (8 * c);
        }
        return word;
    }

    __device__ __forceinline__ void keep(float* ring, uint32_t columns, uint32_t) const {
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            ring[c * columns] = of[c];
        }
    }

    __device__ __forceinline__ void add_kept(float weight, const float* ring, uint32_t columns) {
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            of[c] = __fmaf_rn(weight, ring[c * columns], of[c]);
        }
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

// Loads pixels of the source rows from `row` on, those before `end`: the columns from `left`, a multiple of four, to `right`.
template <int SRC, int CHANNELS, typename Sums>
__device__ __forceinline__ void load_rows(const SampleArgs& sample, const ImageParam& src, bool premultiplied, uint32_t left, uint32_t right,
                                          uint32_t row, uint32_t end, uint32_t* stage, uint32_t pitch) {
    const uint32_t quads = (right - left + 3) / 4;
    const uint32_t lane = threadIdx.x % 32;
    for (uint32_t i = threadIdx.x / 32; i < ROWS && row + i < end; i += THREADS / 32) {
        const uint64_t bytes = reinterpret_cast<uint64_t>(image_row<const uint8_t>(src, 0, row + i));
        for (uint32_t quad = lane; quad < quads; quad += 32) {
            const uint32_t x = left + 4 * quad;
            const uint32_t count = min(src.width - x, 4u);
            uint32_t pixels[4];
            read_quad<SRC>(bytes + x * SRC, count, at_edge<SRC>(src, src.width, x, count), pixels);
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
            Sums::stage(stage + i * Sums::row_words(pitch), pitch, quad, pixels);
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
    if (!empty) {
        find_windows<Number>(image.columns, across, columns);
        find_windows<Number>(image.lines, down, lines);
        __syncthreads();
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
    const Window<Number> first_column = columns[0];
    const Window<Number> last_column = columns[across.count - 1];
    const uint32_t begin = min(first_column.first, last_column.first) & ~3u;
    const uint32_t right = max(first_column.first + first_column.count, last_column.first + last_column.count);
    const uint32_t origin = lines[0].first;
    const uint32_t end = lines[down.count - 1].first + lines[down.count - 1].count;
    const Window<Number> own = columns[is_shown ? place : 0];
    const uint32_t ring_step = Sums::WORDS << log2;
    int next = 0;
    uint32_t slot = 0;
    for (uint32_t row = origin; row < end; row += ROWS) {
        load_rows<SRC, CHANNELS, Sums>(sample, src, image.premultiplied, begin, right, row, end, memory.stage, image.stage_pitch);
        __syncthreads();
        if (is_shown) {
            const uint32_t rows = min(end - row, ROWS);
            const auto in_ring = [&](uint32_t i) -> typename Sums::Word* {
                const uint32_t at = slot + i >= memory.ring_rows ? slot + i - memory.ring_rows : slot + i;
                return i < rows ? memory.ring + at * ring_step + column : nullptr;
            };
            const uint32_t row_words = Sums::row_words(image.stage_pitch);
            const uint32_t* staged = memory.stage + group * row_words;
            const auto* weights = memory.column_weights + place;
            typename Sums::Word* const ring[2] = {in_ring(group), in_ring(group + groups)};
            if (groups < ROWS) {
                make_column<Sums, 2>(weights, log2, own.first - begin, own.count, staged, image.stage_pitch, groups * row_words, column_shift, ring);
            } else if (group < ROWS) {
                make_column<Sums, 1>(weights, log2, own.first - begin, own.count, staged, image.stage_pitch, 0, column_shift, ring);
            }
        }
        __syncthreads();
        slot += ROWS;
        slot = slot >= memory.ring_rows ? slot - memory.ring_rows : slot;
        // The ends of the windows ascend: the rows that can be finished are the next ones.
        int ready = next;
        while (ready < down.count && lines[ready].first + lines[ready].count <= row + ROWS) {
            ++ready;
        }
        if (is_shown) {
            for (int i = next + static_cast<int>(group); i < ready; i += groups) {
                const Window<Number> line = lines[i];
                uint32_t pixel = make_pixel<Sums>(memory, i, line.count, column, log2, (line.first - origin) % memory.ring_rows, line_shift);
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
