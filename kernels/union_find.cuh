// Components of the pixels of an image by union-find, over several launches: labels of pixels are linked to smaller ones until each component has
// one root.
//
// `labels` has a number for each pixel of an image, of which the lower 31 bits are a label: the index of a pixel of the same component, not above
// its own. A pixel whose label is its own index is a root. The uppermost bit is a mark that roots can have; nothing sets it before all pixels are
// joined.
//
// Why that is right, in whatever order threads run: `join` makes a root the child of a smaller pixel by an exchange that only succeeds while the
// root is one, so that each pixel gets a parent at most once, for good, and the parents are a forest whose roots are the least indices. The only
// other writes set the label of a pixel that is no root to one of its ancestors. So a label that was read is an ancestor, or was a root, however old it is;
// and where a root is none any more, the exchange fails and returns an ancestor.
//
// Behind the launch that joins, another launch gives each pixel its root as its label. There each label is written by the thread of its pixel
// alone: a thread that shortened the ways of others could put an ancestor back where the root is already.
//
// Why every loop ends, without waiting for another thread: labels are indices that become smaller in each turn.
#pragma once

#include "types.cuh"

constexpr uint32_t LABEL = 0x7fffffffu;
constexpr uint32_t MARK = 0x80000000u;

// The label of a pixel. Others may be writing it.
__device__ __forceinline__ uint32_t label_of(const uint32_t* labels, uint32_t pixel) {
    return *static_cast<const volatile uint32_t*>(labels + pixel) & LABEL;
}

// The root of a pixel. While pixels are joined, those on the way get a label nearer to the root.
template <bool JOINING>
__device__ __forceinline__ uint32_t root_of(uint32_t* labels, uint32_t pixel) {
    uint32_t label = label_of(labels, pixel);
    while (label < pixel) {
        const uint32_t next = label_of(labels, label);
        if (JOINING && next < label) {
            // `label` is no root, and `pixel` neither: neither has a mark, and `next` is an ancestor of both.
            *static_cast<volatile uint32_t*>(labels + pixel) = next;
        }
        pixel = label;
        label = next;
    }
    return pixel;
}

// Makes one component of those of two pixels.
__device__ __forceinline__ void join(uint32_t* labels, uint32_t a, uint32_t b) {
    a = root_of<true>(labels, a);
    b = root_of<true>(labels, b);
    while (a != b) {
        const uint32_t child = max(a, b);
        const uint32_t parent = min(a, b);
        const uint32_t label = atomicCAS(labels + child, child, parent);
        if (label == child) {
            return;
        }
        // It has got another parent since. The larger of the two numbers becomes smaller.
        a = root_of<true>(labels, label);
        b = parent;
    }
}

// Marks a root. A label of a root that another thread marks is read as it was before or as it will be.
__device__ __forceinline__ void mark(uint32_t* labels, uint32_t root) {
    if ((*static_cast<const volatile uint32_t*>(labels + root) & MARK) == 0) {
        atomicOr(labels + root, MARK);
    }
}

// Joins pixel (x, y) of an image with those of its neighbors that come before it, row by row, and belong to its component: `part(x, y)` says which pixels
// of the image are parts of components. Called for every pixel that is one. Neighbors that are neighbors of each other are joined by their own calls.
template <bool DIAGONALS, typename Part>
__device__ __forceinline__ void join_before(uint32_t* labels, int x, int y, int width, Part part) {
    const uint32_t pixel = static_cast<uint32_t>(y) * width + x;
    const bool left = x > 0 && part(x - 1, y);
    const bool up = y > 0 && part(x, y - 1);
    const bool up_left = x > 0 && y > 0 && part(x - 1, y - 1);
    if (up) {
        join(labels, pixel, pixel - width);
    }
    if (DIAGONALS) {
        if (up) {
            // The three others are neighbors of the one above.
            return;
        }
        if (left) {
            join(labels, pixel, pixel - 1);
        } else if (up_left) {
            join(labels, pixel, pixel - width - 1);
        }
        if (x + 1 < width && y > 0 && part(x + 1, y - 1)) {
            join(labels, pixel, pixel - width + 1);
        }
    } else if (left && !(up && up_left)) {
        join(labels, pixel, pixel - 1);
    }
}
