// Stencils on four channels: a blur of three taps.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_4, BLUR_3, false, 4, 4, 4, 20)
