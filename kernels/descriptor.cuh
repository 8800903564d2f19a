// The descriptors of the images of a mixed batch. Their table is in page-locked memory of the host, or in a copy of it on the device:
// a read takes up to 2 us, so a block reads each descriptor once, by one warp, into shared memory.
#pragma once

#include "common.cuh"

// Where a table has the descriptor of the image of a frame.
template <typename Descriptor>
__device__ __forceinline__ const Descriptor* descriptor_of(const ImageParam& table, uint32_t frame) {
    return reinterpret_cast<const Descriptor*>(table.base + frame * table.batch_stride);
}

// Copies a descriptor or a part of one to shared memory. Called by all threads of a block, of which it uses the first warp; `thread` is
// the number in the block. The block synchronizes before, where it may still read `to`, and afterwards.
template <typename Part>
__device__ __forceinline__ void read_descriptor(Part& to, const Part* from, uint32_t thread) {
    constexpr uint32_t WORDS = sizeof(Part) / 8;
    static_assert(sizeof(Part) % 8 == 0 && alignof(Part) == 8 && WORDS <= 32);
    if (thread < WORDS) {
        reinterpret_cast<unsigned long long*>(&to)[thread] = __ldg(reinterpret_cast<const unsigned long long*>(from) + thread);
    }
}
