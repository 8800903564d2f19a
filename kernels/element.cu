// Erosion and dilation of 8-bit images with any structuring element; the arithmetic is that of the operators' references.
//
// One sample of some rows for each thread, which reads all samples of its window. A row is a row of samples: the neighbor of a sample is
// `channels` samples away.
#include "args/element.cuh"
#include "common.cuh"

struct Least {
    static constexpr uint32_t START = 255;
    static __device__ uint32_t combine(uint32_t a, uint32_t b) { return min(a, b); }
};
struct Most {
    static constexpr uint32_t START = 0;
    static __device__ uint32_t combine(uint32_t a, uint32_t b) { return max(a, b); }
};

// The index inside 0..length that is read at `index`; -1 where it is none.
__device__ __forceinline__ int position(int index, int length, uint32_t outside) {
    if (index >= 0 && index < length) {
        return index;
    }
    if (outside == ElementOutside::IGNORED || outside == ElementOutside::CONSTANT) {
        return -1;
    }
    if (outside == ElementOutside::REPLICATE || length == 1) {
        return index < 0 ? 0 : length - 1;
    }
    const int period = outside == ElementOutside::REFLECT ? 2 * length : 2 * length - 2;
    const int rest = index % period;
    const int folded = rest < 0 ? rest + period : rest;
    if (folded < length) {
        return folded;
    }
    return outside == ElementOutside::REFLECT ? period - 1 - folded : period - folded;
}

template <typename Op>
__device__ __forceinline__ void element_batch(const ElementArgs& args) {
    const int width = args.src.width;
    const int height = args.src.height;
    const int channels = args.src.channels;
    const uint32_t* runs = reinterpret_cast<const uint32_t*>(args.runs);
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        uint32_t result = Op::START;
        bool reads_outside = false;
        const int left = x - static_cast<int>(args.anchor_x);
        const int top = y - static_cast<int>(args.anchor_y);
        for (int j = 0; j < static_cast<int>(args.height); ++j) {
            const int row = position(top + j, height, args.outside);
            if (row < 0) {
                reads_outside = true;
                continue;
            }
            const uint8_t* samples = image_row<const uint8_t>(args.src, frame, row) + c;
            const int first = left + static_cast<int>(runs ? __ldg(runs + 2 * j) : 0);
            const int end = left + static_cast<int>(runs ? __ldg(runs + 2 * j + 1) : args.width);
            for (int i = first; i < end; ++i) {
                const int column = position(i, width, args.outside);
                if (column < 0) {
                    reads_outside = true;
                } else {
                    result = Op::combine(result, __ldg(samples + column * channels));
                }
            }
        }
        if (reads_outside && args.outside == ElementOutside::CONSTANT) {
            result = Op::combine(result, args.value[c]);
        }
        image_row<uint8_t>(args.dst, frame, y)[x * channels + c] = static_cast<uint8_t>(result);
    });
}

extern "C" __global__ void __launch_bounds__(256) erode_element(const __grid_constant__ ElementArgs args) {
    element_batch<Least>(args);
}

extern "C" __global__ void __launch_bounds__(256) dilate_element(const __grid_constant__ ElementArgs args) {
    element_batch<Most>(args);
}
