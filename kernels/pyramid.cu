// The steps of a pyramid of 8-bit images; the arithmetic is that of the operators' references.
//
// One sample of some rows for each thread. A row is a row of samples: the neighbor of a sample is `channels` samples away.
#include "args/pyramid.cuh"
#include "border.cuh"
#include "common.cuh"

// [1 4 6 4 1] on both axes around every second pixel, with eight fractional bits.
extern "C" __global__ void __launch_bounds__(256) pyr_down(const __grid_constant__ PyrDownArgs args) {
    const int width = args.src.width;
    const int height = args.src.height;
    const int channels = args.src.channels;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        constexpr int weights[5] = {1, 4, 6, 4, 1};
        int columns[5];
#pragma unroll
        for (int i = 0; i < 5; ++i) {
            columns[i] = border_index(2 * x + i - 2, width, args.outside) * channels + c;
        }
        int sum = 128;
#pragma unroll
        for (int j = 0; j < 5; ++j) {
            const int row_index = border_index(2 * y + j - 2, height, args.outside);
            const uint8_t* row = image_row<const uint8_t>(args.src, frame, row_index);
            int line = 0;
#pragma unroll
            for (int i = 0; i < 5; ++i) {
                line += weights[i] * __ldg(row + columns[i]);
            }
            sum += weights[j] * line;
        }
        image_row<uint8_t>(args.dst, frame, y)[x * channels + c] = static_cast<uint8_t>(sum >> 8);
    });
}

// The three pixels of the source around pixel `index` / 2 of an axis, and their weights, which sum to 8. Before the first pixel lies
// the second one, behind the last pixel that pixel itself.
struct Triple {
    int places[3];
    int weights[3];
};

__device__ __forceinline__ Triple triple(int index, int length) {
    const int middle = index / 2;
    const int before = middle == 0 ? min(1, length - 1) : middle - 1;
    const int behind = min(middle + 1, length - 1);
    const bool between = index % 2 != 0;
    return {{before, middle, behind}, {between ? 0 : 1, between ? 4 : 6, between ? 4 : 1}};
}

// [1 6 1] at the pixels of the source and [4 4] between them, on both axes, with six fractional bits.
extern "C" __global__ void __launch_bounds__(256) pyr_up(const __grid_constant__ PyrUpArgs args) {
    const int channels = args.src.channels;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        const Triple across = triple(x, args.src.width);
        const Triple down = triple(y, args.src.height);
        int sum = 32;
#pragma unroll
        for (int j = 0; j < 3; ++j) {
            const uint8_t* row = image_row<const uint8_t>(args.src, frame, down.places[j]) + c;
            int line = 0;
#pragma unroll
            for (int i = 0; i < 3; ++i) {
                line += across.weights[i] * __ldg(row + across.places[i] * channels);
            }
            sum += down.weights[j] * line;
        }
        image_row<uint8_t>(args.dst, frame, y)[x * channels + c] = static_cast<uint8_t>(sum >> 6);
    });
}
