// The part of CUDA C++ that the kernels of `jpeg_entropy.cu` use, for a host compiler. The threads of a block are fibers of one
// thread of the system: each runs until it comes to a barrier, or now and then to an atomic operation. Which goes first is chosen by
// a random number, so that a missing barrier is found. See emulator.cpp.
#pragma once

#include <cstdint>
#include <cstring>

#define __device__
#define __global__
#define __forceinline__ inline
#define __grid_constant__
#define __constant__ static const
#define __launch_bounds__(threads)
// All fibers run in one thread of the system.
#define __shared__ thread_local

struct alignas(16) uint4 {
    uint32_t x, y, z, w;
};
struct alignas(8) uint2 {
    uint32_t x, y;
};
struct Index {
    uint32_t x;
};
extern Index threadIdx, blockIdx, blockDim, gridDim;
extern thread_local uint4 shared_units[];

inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }
inline uint2 make_uint2(uint32_t x, uint32_t y) { return {x, y}; }
inline uint32_t min(uint32_t a, uint32_t b) { return a < b ? a : b; }
inline uint32_t max(uint32_t a, uint32_t b) { return a > b ? a : b; }
inline uint32_t __popc(uint32_t bits) { return __builtin_popcount(bits); }
inline uint32_t __funnelshift_l(uint32_t low, uint32_t high, uint32_t shift) {
    const uint64_t both = (static_cast<uint64_t>(high) << 32) | low;
    return static_cast<uint32_t>((both << (shift & 31)) >> 32);
}
inline uint32_t __ldg(const uint32_t* place) { return *place; }
// Lets other threads go on before this one, or not, by a random number.
void pass_turn();
inline uint32_t atomicAdd(uint32_t* place, uint32_t value) {
    pass_turn();
    const uint32_t old = *place;
    *place = old + value;
    return old;
}
inline uint32_t atomicOr(uint32_t* place, uint32_t value) {
    pass_turn();
    const uint32_t old = *place;
    *place = old | value;
    return old;
}
inline uint32_t atomicMin(uint32_t* place, uint32_t value) {
    pass_turn();
    const uint32_t old = *place;
    *place = min(old, value);
    return old;
}

// Waits for all threads of the block, and gives the number of those whose `value` is not 0.
uint32_t block_barrier(uint32_t value);
// Waits for all threads of the warp, and gives the values of all lanes.
const uint32_t* warp_barrier(uint32_t value);

inline void __syncthreads() { block_barrier(0); }
inline int __syncthreads_or(int value) { return block_barrier(value != 0) != 0; }
inline uint32_t __syncthreads_count(int value) { return block_barrier(value != 0); }
inline void __syncwarp() { warp_barrier(0); }
inline uint32_t __ballot_sync(uint32_t, bool value) {
    const uint32_t* values = warp_barrier(value);
    uint32_t result = 0;
    for (uint32_t lane = 0; lane < 32; ++lane) {
        result |= values[lane] << lane;
    }
    return result;
}
inline bool __any_sync(uint32_t mask, bool value) { return __ballot_sync(mask, value) != 0; }
inline uint32_t __shfl_up_sync(uint32_t, uint32_t value, uint32_t distance) {
    const uint32_t lane = threadIdx.x % 32;
    const uint32_t* values = warp_barrier(value);
    return values[lane >= distance ? lane - distance : lane];
}
