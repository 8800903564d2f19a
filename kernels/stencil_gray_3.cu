// Stencils on gray: a blur of three taps, with or without the Sobel magnitude.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_1, BLUR_3, false, 4, 4, 4, 20)
STENCIL(blur_sobel, PLAIN_1, BLUR_3, true, 2, 4, 4, 20)
