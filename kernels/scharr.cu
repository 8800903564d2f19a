// Scharr derivatives of 8-bit images; the arithmetic is that of the operator's reference.
//
// One sample of some rows for each thread. A row is a row of samples: the neighbor of a sample is `channels` samples away.
#include "args/scharr.cuh"
#include "common.cuh"

// [-1 0 1] along the derivative, [3 10 3] across it, mirrored at the border: results from -4080 to 4080.
extern "C" __global__ void __launch_bounds__(256) scharr(const __grid_constant__ ScharrArgs args) {
    const int width = args.src.width;
    const int height = args.src.height;
    const int channels = args.src.channels;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        const uint8_t* row = image_row<const uint8_t>(args.src, frame, y) + c;
        const uint8_t* above = image_row<const uint8_t>(args.src, frame, reflect_101(y - 1, height)) + c;
        const uint8_t* below = image_row<const uint8_t>(args.src, frame, reflect_101(y + 1, height)) + c;
        const int at = x * channels;
        const int left = reflect_101(x - 1, width) * channels;
        const int right = reflect_101(x + 1, width) * channels;
        // The corners count in both directions; the samples between them depend on the direction.
        const int down_left = __ldg(below + left) - __ldg(above + right);
        const int down_right = __ldg(below + right) - __ldg(above + left);
        const int value = args.along_y == 0
                              ? 3 * (down_right - down_left) + 10 * (__ldg(row + right) - __ldg(row + left))
                              : 3 * (down_right + down_left) + 10 * (__ldg(below + at) - __ldg(above + at));
        image_row<int16_t>(args.dst, frame, y)[at + c] = static_cast<int16_t>(value);
    });
}
