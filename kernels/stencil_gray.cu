// Stencils on gray: the Sobel magnitude.
#include "stencil_kernels.cuh"

STENCIL(sobel, PLAIN_1, BLUR_NONE, true, 2, 4, 4, 20)
