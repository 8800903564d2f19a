// The connected components of the pixels of gray 8-bit images that are not 0, numbered in the order of their first pixels, row by row, from 1 on.
//
// Six launches: labels; components; the number of roots, which are the first pixels, of each row; the number of those above each row; the number of each
// root; and the numbers of all pixels.
#include "args/components.cuh"
#include "common.cuh"
#include "union_find.cuh"

// `rows_grid` and `offsets_grid` in crates/ops/src/connected_components/cuda.rs have the same number.
constexpr uint32_t THREADS = 256;

__device__ __forceinline__ uint32_t* labels_of(const ComponentsArgs& args, uint32_t frame) {
    return reinterpret_cast<uint32_t*>(args.labels) + size_t(frame) * args.src.width * args.src.height;
}

// The number of roots of each row of an image, and then of all rows above it.
__device__ __forceinline__ uint32_t* rows_of(const ComponentsArgs& args, uint32_t frame) {
    return reinterpret_cast<uint32_t*>(args.rows) + size_t(frame) * args.src.height;
}

// The sum of the counts of the threads of a block before this one; `all` becomes the sum of all. All threads of the block call it; `sums` is theirs.
__device__ __forceinline__ uint32_t sum_before(uint32_t count, uint32_t (&sums)[THREADS], uint32_t& all) {
    const uint32_t thread = threadIdx.x;
    sums[thread] = count;
    __syncthreads();
    for (uint32_t distance = 1; distance < THREADS; distance *= 2) {
        const uint32_t before = thread >= distance ? sums[thread - distance] : 0;
        __syncthreads();
        sums[thread] += before;
        __syncthreads();
    }
    all = sums[THREADS - 1];
    const uint32_t sum = sums[thread] - count;
    // The next call writes the sums.
    __syncthreads();
    return sum;
}

// The label of each pixel of a component is its index.
extern "C" __global__ void __launch_bounds__(256) components_labels(const __grid_constant__ ComponentsArgs args) {
    for_each_sample(args.src, [&](uint32_t frame, int x, int, int y) {
        if (__ldg(image_row<const uint8_t>(args.src, frame, y) + x) != 0) {
            const uint32_t pixel = static_cast<uint32_t>(y) * args.src.width + x;
            labels_of(args, frame)[pixel] = pixel;
        }
    });
}

template <bool DIAGONALS>
__device__ __forceinline__ void merge(const ComponentsArgs& args) {
    for_each_sample(args.src, [&](uint32_t frame, int x, int, int y) {
        const auto part = [&](int column, int row) {
            return __ldg(image_row<const uint8_t>(args.src, frame, row) + column) != 0;
        };
        if (part(x, y)) {
            join_before<DIAGONALS>(labels_of(args, frame), x, y, args.src.width, part);
        }
    });
}

// Joins the pixels with their neighbors.
extern "C" __global__ void __launch_bounds__(256) components_merge(const __grid_constant__ ComponentsArgs args) {
    if (args.connectivity == 8) {
        merge<true>(args);
    } else {
        merge<false>(args);
    }
}

// Makes the label of each pixel that of its root, and counts the roots of each row. A block for each row of each image.
extern "C" __global__ void __launch_bounds__(256) components_count(const __grid_constant__ ComponentsArgs args) {
    __shared__ uint32_t roots;
    const uint32_t y = blockIdx.x;
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        if (threadIdx.x == 0) {
            roots = 0;
        }
        __syncthreads();
        uint32_t* labels = labels_of(args, frame);
        const uint8_t* row = image_row<const uint8_t>(args.src, frame, y);
        uint32_t count = 0;
        for (uint32_t x = threadIdx.x; x < args.src.width; x += THREADS) {
            if (__ldg(row + x) == 0) {
                continue;
            }
            const uint32_t pixel = y * args.src.width + x;
            const uint32_t root = root_of<false>(labels, pixel);
            if (root == pixel) {
                ++count;
            } else {
                labels[pixel] = root;
            }
        }
        if (count > 0) {
            atomicAdd(&roots, count);
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            rows_of(args, frame)[y] = roots;
        }
        __syncthreads();
    }
}

// Turns the number of roots of each row into that of all rows above it. A block for each image.
extern "C" __global__ void __launch_bounds__(256) components_offsets(const __grid_constant__ ComponentsArgs args) {
    __shared__ uint32_t sums[THREADS];
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        uint32_t* rows = rows_of(args, frame);
        uint32_t above = 0;
        for (uint32_t first = 0; first < args.src.height; first += THREADS) {
            const uint32_t y = first + threadIdx.x;
            const uint32_t count = y < args.src.height ? rows[y] : 0;
            uint32_t all;
            const uint32_t before = sum_before(count, sums, all);
            if (y < args.src.height) {
                rows[y] = above + before;
            }
            above += all;
        }
    }
}

// Numbers the roots: the label of a root becomes its number, with the mark. A block for each row of each image.
extern "C" __global__ void __launch_bounds__(256) components_number(const __grid_constant__ ComponentsArgs args) {
    __shared__ uint32_t sums[THREADS];
    const uint32_t y = blockIdx.x;
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        uint32_t* labels = labels_of(args, frame) + size_t(y) * args.src.width;
        const uint8_t* row = image_row<const uint8_t>(args.src, frame, y);
        // Component 1 is the first.
        uint32_t number = rows_of(args, frame)[y] + 1;
        for (uint32_t first = 0; first < args.src.width; first += THREADS) {
            const uint32_t x = first + threadIdx.x;
            const bool inside = x < args.src.width && __ldg(row + x) != 0;
            const bool is_root = inside && labels[x] == y * args.src.width + x;
            uint32_t all;
            const uint32_t before = sum_before(is_root ? 1 : 0, sums, all);
            if (is_root) {
                labels[x] = (number + before) | MARK;
            }
            number += all;
        }
    }
}

// Writes the numbers of all pixels; 0 where there is no component.
extern "C" __global__ void __launch_bounds__(256) components_write(const __grid_constant__ ComponentsArgs args) {
    for_each_sample(args.src, [&](uint32_t frame, int x, int, int y) {
        uint32_t number = 0;
        if (__ldg(image_row<const uint8_t>(args.src, frame, y) + x) != 0) {
            const uint32_t* labels = labels_of(args, frame);
            number = labels[static_cast<uint32_t>(y) * args.src.width + x];
            if ((number & MARK) == 0) {
                number = labels[number];
            }
        }
        image_row<int32_t>(args.dst, frame, y)[x] = static_cast<int32_t>(number & LABEL);
    });
}
