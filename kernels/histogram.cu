// Histograms of 8-bit images, the tables of `equalize_hist`, `equalize`, `autocontrast` and `otsu_threshold` that are made from them, and
// the numbers of `histogram`, `mean_std`, `minmax` and `sum`.
//
// Each block of `histogram` counts a part of an image into memory of its own, so that no memory has to be cleared, and
// `measured_tables` and `measure` add the parts up: integers, whose sum does not depend on an order.
#include "args/histogram.cuh"
#include "common.cuh"

constexpr uint32_t THREADS = 256;
constexpr uint32_t WARPS = THREADS / 32;

// The counts of part `blockIdx.x` of each image: 256 numbers for each channel. A warp takes every `WARPS * parts`th row.
// Images have at most CHANNELS channels.
template <uint32_t CHANNELS>
__device__ __forceinline__ void count_part(const HistogramArgs& args) {
    __shared__ uint32_t counts[WARPS][CHANNELS * 256];
    const uint32_t warp = threadIdx.x / 32;
    const uint32_t lane = threadIdx.x % 32;
    const uint32_t channels = args.src.channels;
    const uint32_t samples = args.src.width * channels;
    const uint32_t bins = channels * 256;
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (uint32_t i = lane; i < bins; i += 32) {
            counts[warp][i] = 0;
        }
        __syncwarp();
        for (uint32_t y = blockIdx.x * WARPS + warp; y < args.src.height; y += args.parts * WARPS) {
            const uint8_t* row = image_row<const uint8_t>(args.src, frame, y);
            for (uint32_t x = lane; x < samples; x += 32) {
                atomicAdd(&counts[warp][x % channels * 256 + __ldg(row + x)], 1u);
            }
        }
        __syncthreads();
        uint32_t* out = reinterpret_cast<uint32_t*>(args.histograms) + (size_t(frame) * args.parts + blockIdx.x) * bins;
        for (uint32_t i = threadIdx.x; i < bins; i += THREADS) {
            uint32_t sum = 0;
            for (uint32_t from = 0; from < WARPS; ++from) {
                sum += counts[from][i];
            }
            out[i] = sum;
        }
        __syncthreads();
    }
}

extern "C" __global__ void __launch_bounds__(256) histogram(const __grid_constant__ HistogramArgs args) {
    count_part<3>(args);
}

extern "C" __global__ void __launch_bounds__(256) histogram_4(const __grid_constant__ HistogramArgs args) {
    count_part<4>(args);
}

// The counts of the value of this thread in a channel of an image: the sum of those of its parts.
__device__ __forceinline__ uint32_t count_of_channel(
    uint64_t histograms, uint32_t parts, uint32_t channels, uint32_t frame, uint32_t channel) {
    const uint32_t* counts =
        reinterpret_cast<const uint32_t*>(histograms) + (size_t(frame) * parts * channels + channel) * 256 + threadIdx.x;
    uint32_t sum = 0;
    for (uint32_t part = 0; part < parts; ++part) {
        sum += __ldg(counts + size_t(part) * channels * 256);
    }
    return sum;
}

// `sums[i]` becomes the sum of the values of the threads 0 to i.
__device__ __forceinline__ void running_sums(uint32_t value, uint32_t (&sums)[THREADS]) {
    const uint32_t i = threadIdx.x;
    sums[i] = value;
    __syncthreads();
    for (uint32_t distance = 1; distance < THREADS; distance *= 2) {
        const uint32_t before = i >= distance ? sums[i - distance] : 0;
        __syncthreads();
        sums[i] += before;
        __syncthreads();
    }
}

// `crates/ops/src/measured_table/tables.rs` has the same numbers and formulas.
enum Measured : uint32_t { EQUALIZE_HIST = 0, EQUALIZE = 1, AUTOCONTRAST = 2, OTSU = 3 };

// The entry of this thread's value. `count` is its count, `sum` that of all values up to it, `all` that of all pixels; `first` and `last`
// are the least and the largest value that are used, with the counts `of_first` and `of_last`.
__device__ __forceinline__ uint32_t entry(
    uint32_t kind, uint32_t count, uint32_t sum, uint32_t all, uint32_t first, uint32_t last, uint32_t of_first,
    uint32_t of_last) {
    const uint32_t value = threadIdx.x;
    if (kind == EQUALIZE_HIST) {
        if (all == of_first) {
            return value;
        }
        const float scale = __fdiv_rn(255.0f, __uint2float_rn(all - of_first));
        const uint32_t above = value > first ? sum - of_first : 0;
        return static_cast<uint32_t>(min(__float2int_rn(__fmul_rn(__uint2float_rn(above), scale)), 255));
    }
    if (kind == EQUALIZE) {
        const uint32_t step = (all - of_last) / 255;
        if (step == 0) {
            return value;
        }
        return value == 0 ? 0 : min((sum - count + step / 2) / step, 255u);
    }
    if (first == last) {
        return value;
    }
    const float width = __fmul_rn(static_cast<float>(last - first), static_cast<float>(1.0 / 255.0));
    const float quotient = __fdiv_rn(static_cast<float>(int(value) - int(first)), width);
    return static_cast<uint32_t>(__float2int_rz(fminf(fmaxf(quotient, 0.0f), 255.0f)));
}

// OpenCV's threshold by Otsu, of one thread: each step needs the one before it, and all roundings are those of OpenCV.
__device__ __noinline__ uint32_t otsu(const uint32_t (&counts)[THREADS], uint32_t pixels) {
    uint64_t total = 0;
    for (uint32_t value = 0; value < THREADS; ++value) {
        total += uint64_t(value) * counts[value];
    }
    // The epsilon of f32.
    constexpr double LEAST = 1.1920928955078125e-07;
    const double scale = __drcp_rn(__uint2double_rn(pixels));
    const double mean = __dmul_rn(__ull2double_rn(total), scale);
    double below = 0.0;
    double mean_below = 0.0;
    double best = 0.0;
    uint32_t found = 0;
    for (uint32_t value = 0; value < THREADS; ++value) {
        const double part = __dmul_rn(__uint2double_rn(counts[value]), scale);
        mean_below = __dmul_rn(mean_below, below);
        below = __dadd_rn(below, part);
        const double above = __dsub_rn(1.0, below);
        if (fmin(below, above) < LEAST || fmax(below, above) > 1.0 - LEAST) {
            continue;
        }
        mean_below = __ddiv_rn(__dadd_rn(mean_below, __dmul_rn(__uint2double_rn(value), part)), below);
        const double mean_above = __ddiv_rn(__dsub_rn(mean, __dmul_rn(below, mean_below)), above);
        const double distance = __dsub_rn(mean_below, mean_above);
        const double variance = __dmul_rn(__dmul_rn(__dmul_rn(below, above), distance), distance);
        if (variance > best) {
            best = variance;
            found = value;
        }
    }
    return found;
}

// The numbers of the variants of `ThresholdType` in crates/ops/src/threshold.
enum ThresholdType : uint32_t { BINARY = 0, BINARY_INV = 1, TRUNC = 2, TO_ZERO = 3, TO_ZERO_INV = 4 };

__device__ __forceinline__ uint32_t thresholded(uint32_t value, uint32_t threshold, uint32_t type, uint32_t maximum) {
    const bool above = value > threshold;
    switch (type) {
        case BINARY: return above ? maximum : 0;
        case BINARY_INV: return above ? 0 : maximum;
        case TRUNC: return above ? threshold : value;
        case TO_ZERO: return above ? value : 0;
        default: return above ? 0 : value;
    }
}

// The table of channel `blockIdx.x` of each image, one entry in each thread.
extern "C" __global__ void __launch_bounds__(256) measured_tables(const __grid_constant__ MeasuredTablesArgs args) {
    __shared__ uint32_t sums[THREADS];
    __shared__ uint32_t first, last, of_first, of_last, threshold;
    const uint32_t value = threadIdx.x;
    const uint32_t channel = blockIdx.x;
    for (uint32_t frame = blockIdx.z; frame < args.batch; frame += gridDim.z) {
        const uint32_t count = count_of_channel(args.histograms, args.parts, args.channels, frame, channel);
        running_sums(count, sums);
        const uint32_t sum = sums[value];
        if (count > 0 && sum == count) {
            first = value;
            of_first = count;
        }
        if (count > 0 && sum == args.pixels) {
            last = value;
            of_last = count;
        }
        __syncthreads();
        uint8_t* table = reinterpret_cast<uint8_t*>(args.tables) + (size_t(frame) * args.channels + channel) * 256;
        uint32_t result;
        if (args.kind == OTSU) {
            sums[value] = count;
            __syncthreads();
            if (value == 0) {
                threshold = otsu(sums, args.pixels);
            }
            __syncthreads();
            result = thresholded(value, threshold, args.threshold_type, args.maximum);
        } else {
            result = entry(args.kind, count, sum, args.pixels, first, last, of_first, of_last);
        }
        table[value] = static_cast<uint8_t>(result);
        __syncthreads();
    }
}

// The kinds of numbers. `crates/ops/src/measure/mod.rs` has the same ones.
enum Measure : uint32_t { COUNTS = 0, EXTREMES = 1, MEAN_STD = 2, SUM = 3 };

// The sum of some samples of a channel, the sum of their squares, and the least and the largest of them.
struct Moments {
    uint64_t sum;
    uint64_t squares;
    uint32_t least;
    uint32_t most;
};

// The numbers of a channel with these moments.
__device__ __forceinline__ void write_numbers(const MeasureArgs& args, const Moments& moments, double* out) {
    // All sums are below 2^53, so that they become f64 without an error.
    const double sum = __ull2double_rn(moments.sum);
    if (args.kind == EXTREMES) {
        out[0] = __uint2double_rn(moments.least);
        out[1] = __uint2double_rn(moments.most);
    } else if (args.kind == MEAN_STD) {
        // The operations of OpenCV, each rounded by itself.
        const double scale = __drcp_rn(__uint2double_rn(args.src.width * args.src.height));
        const double mean = __dmul_rn(sum, scale);
        const double of_squares = __dmul_rn(__ull2double_rn(moments.squares), scale);
        out[0] = mean;
        out[1] = __dsqrt_rn(fmax(__dsub_rn(of_squares, __dmul_rn(mean, mean)), 0.0));
    } else {
        out[0] = sum;
    }
}

// The numbers of channel `blockIdx.x` of each image. A thread has the count of one value.
extern "C" __global__ void __launch_bounds__(256) measure(const __grid_constant__ MeasureArgs args) {
    __shared__ Moments moments[THREADS];
    const uint32_t value = threadIdx.x;
    const uint32_t channel = blockIdx.x;
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        const uint32_t count = count_of_channel(args.histograms, args.parts, args.src.channels, frame, channel);
        if (args.kind == COUNTS) {
            image_row<float>(args.dst, frame, channel)[value] = __uint2float_rn(count);
            continue;
        }
        const uint64_t sum = uint64_t(count) * value;
        moments[value] = {sum, sum * value, count > 0 ? value : 255u, count > 0 ? value : 0u};
        for (uint32_t half = THREADS / 2; half > 0; half /= 2) {
            __syncthreads();
            if (value < half) {
                Moments& mine = moments[value];
                const Moments& other = moments[value + half];
                mine.sum += other.sum;
                mine.squares += other.squares;
                mine.least = min(mine.least, other.least);
                mine.most = max(mine.most, other.most);
            }
        }
        if (value == 0) {
            write_numbers(args, moments[0], image_row<double>(args.dst, frame, channel));
        }
        __syncthreads();
    }
}
