// Laplacian of 8-bit images; the arithmetic is that of the operator's reference.
//
// One sample of some rows for each thread. A row is a row of samples: the neighbor of a sample is `channels` samples away.
#include "args/laplacian.cuh"
#include "common.cuh"

// [0 1 0; 1 -4 1; 0 1 0], mirrored at the border: results from -1020 to 1020.
extern "C" __global__ void __launch_bounds__(256) laplacian(const __grid_constant__ LaplacianArgs args) {
    const int width = args.src.width;
    const int height = args.src.height;
    const int channels = args.src.channels;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        const uint8_t* row = image_row<const uint8_t>(args.src, frame, y) + c;
        const uint8_t* above = image_row<const uint8_t>(args.src, frame, reflect_101(y - 1, height)) + c;
        const uint8_t* below = image_row<const uint8_t>(args.src, frame, reflect_101(y + 1, height)) + c;
        const int at = x * channels;
        const int value = __ldg(above + at) + __ldg(below + at) + __ldg(row + reflect_101(x - 1, width) * channels) +
                          __ldg(row + reflect_101(x + 1, width) * channels) - 4 * __ldg(row + at);
        if (args.clamp == 0) {
            image_row<int16_t>(args.dst, frame, y)[at + c] = static_cast<int16_t>(value);
        } else {
            image_row<uint8_t>(args.dst, frame, y)[at + c] = static_cast<uint8_t>(min(max(value, 0), 255));
        }
    });
}
