// Any linear filter of 8-bit images; the arithmetic is that of the operator's reference.
//
// One sample of some rows for each thread. A row is a row of samples: the neighbor of a sample is `channels` samples away. All threads
// read the taps in the same order, so that one read serves a warp.
#include "args/filter2d.cuh"
#include "border.cuh"
#include "common.cuh"

// The sample that a tap weighs: column `x` and row `y` may be outside the image.
__device__ __forceinline__ float filtered_sample(const Filter2dArgs& args, uint32_t frame, int x, int y, int c) {
    const int width = args.src.width;
    const int height = args.src.height;
    const bool outside = x < 0 || x >= width || y < 0 || y >= height;
    if (outside && args.outside == WarpOutside::CONSTANT) {
        return 0.0f;
    }
    const uint8_t* row = image_row<const uint8_t>(args.src, frame, border_index(y, height, args.outside));
    return static_cast<float>(__ldg(row + border_index(x, width, args.outside) * args.src.channels + c));
}

extern "C" __global__ void __launch_bounds__(256) filter2d(const __grid_constant__ Filter2dArgs args) {
    const FilterTap* taps = reinterpret_cast<const FilterTap*>(args.taps);
    const int channels = args.src.channels;
    const int samples = args.src.width * args.src.channels;
    // The last samples of a row, fewer than four, are sums without fused operations, as in OpenCV.
    const int fused = samples & ~3;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        const int sample = x * channels + c;
        float sum = args.delta;
        for (uint32_t i = 0; i < args.count; ++i) {
            const float weight = __ldg(&taps[i].weight);
            const float value = filtered_sample(args, frame, x + __ldg(&taps[i].x), y + __ldg(&taps[i].y), c);
            sum = sample < fused ? __fmaf_rn(value, weight, sum) : __fadd_rn(sum, __fmul_rn(value, weight));
        }
        // The operator refuses kernels whose sums do not fit an int.
        const int rounded = __float2int_rn(sum);
        if (args.clamp != 0) {
            image_row<uint8_t>(args.dst, frame, y)[sample] = static_cast<uint8_t>(min(max(rounded, 0), 255));
        } else {
            image_row<int16_t>(args.dst, frame, y)[sample] = static_cast<int16_t>(min(max(rounded, -32768), 32767));
        }
    });
}
