// Runs the kernels of `jpeg_entropy.cu` on the CPU, block after block, for tests where there is no GPU:
//
//     emulator REQUEST RESULT SEED
//
// REQUEST has regions of memory at given addresses, each with its content, and launches; RESULT gets the content of all regions behind
// the last launch. Each region ends at the end of a page that no other one follows, so that an access behind it stops the program.
#include "cuda.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <ucontext.h>
#include <vector>

#include "jpeg_entropy.cu"

Index threadIdx, blockIdx, blockDim, gridDim;
constexpr uint32_t SHARED_BYTES = 49152;
alignas(16) thread_local uint4 shared_units[SHARED_BYTES / 16];

namespace {

enum class Wait { NOTHING, WARP, BLOCK, ENDED };

struct Fiber {
    ucontext_t context;
    jmp_buf place;
    std::vector<char> stack = std::vector<char>(64 << 10);
    Wait wait;
    bool is_started;
    uint32_t value;
};

// Values of the lanes for two barriers that follow one another.
struct Warp {
    uint32_t values[2][32];
    uint32_t barrier;
};

std::vector<Fiber> fibers;
std::vector<Warp> warps;
uint32_t block_sum;
jmp_buf scheduler;
uint32_t current;
uint32_t random_state;
void (*kernel)(const JpegEntropyArgs);
JpegEntropyArgs kernel_args;

[[noreturn]] void stop(const char* reason) {
    std::fprintf(stderr, "emulator: %s (block %u, thread %u)\n", reason, blockIdx.x, threadIdx.x);
    std::exit(1);
}

uint32_t random_number() {
    random_state = random_state * 1664525 + 1013904223;
    return random_state >> 8;
}

void wait(Wait what) {
    fibers[current].wait = what;
    if (_setjmp(fibers[current].place) == 0) {
        _longjmp(scheduler, 1);
    }
}

void fiber_main() {
    kernel(kernel_args);
    fibers[current].wait = Wait::ENDED;
    _longjmp(scheduler, 1);
}

void resume(uint32_t thread) {
    current = thread;
    threadIdx.x = thread;
    Fiber& fiber = fibers[thread];
    if (_setjmp(scheduler) != 0) {
        return;
    }
    if (fiber.is_started) {
        _longjmp(fiber.place, 1);
    }
    fiber.is_started = true;
    setcontext(&fiber.context);
}

// Lets the fibers of a warp, or of the block, go on if all that have not ended wait for one another.
bool release(uint32_t first, uint32_t end, Wait what) {
    bool any = false;
    for (uint32_t i = first; i < end; ++i) {
        if (fibers[i].wait != what && fibers[i].wait != Wait::ENDED) {
            return false;
        }
        any |= fibers[i].wait == what;
    }
    if (!any) {
        return false;
    }
    if (what == Wait::BLOCK) {
        block_sum = 0;
    }
    for (uint32_t i = first; i < end; ++i) {
        if (fibers[i].wait == what) {
            fibers[i].wait = Wait::NOTHING;
            block_sum += what == Wait::BLOCK ? fibers[i].value : 0;
        }
    }
    return true;
}

void run_block(uint32_t threads) {
    std::memset(shared_units, 0xa5, SHARED_BYTES);
    fibers.resize(threads);
    warps.assign(threads / 32, {});
    for (Fiber& fiber : fibers) {
        fiber.wait = Wait::NOTHING;
        fiber.is_started = false;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.data();
        fiber.context.uc_stack.ss_size = fiber.stack.size();
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, fiber_main, 0);
    }
    for (;;) {
        bool is_running = false;
        const uint32_t offset = random_number() % threads;
        const uint32_t step = random_number() % 2 ? 1 : threads - 1;
        for (uint32_t i = 0; i < threads; ++i) {
            const uint32_t thread = (offset + i * step) % threads;
            if (fibers[thread].wait == Wait::NOTHING) {
                resume(thread);
                is_running = true;
            }
        }
        bool is_released = release(0, threads, Wait::BLOCK);
        for (uint32_t warp = 0; warp < threads / 32; ++warp) {
            if (release(warp * 32, warp * 32 + 32, Wait::WARP)) {
                warps[warp].barrier += 1;
                is_released = true;
            }
        }
        if (!is_running && !is_released) {
            break;
        }
    }
    for (const Fiber& fiber : fibers) {
        if (fiber.wait != Wait::ENDED) {
            stop("threads wait at different barriers");
        }
    }
}

struct Region {
    uint64_t address;
    uint64_t bytes;
};

template <typename T>
T read_value(FILE* file) {
    T value;
    if (std::fread(&value, sizeof value, 1, file) != 1) {
        stop("the request is too short");
    }
    return value;
}

struct Kernel {
    const char* name;
    void (*code)(JpegEntropyArgs);
};

constexpr Kernel KERNELS[] = {
    {"jpeg_stuffing", jpeg_stuffing}, {"jpeg_unstuff", jpeg_unstuff}, {"jpeg_guess", jpeg_guess}, {"jpeg_meet", jpeg_meet},
    {"jpeg_choose", jpeg_choose},     {"jpeg_count", jpeg_count},     {"jpeg_scan", jpeg_scan},   {"jpeg_write", jpeg_write},
};

void launch(FILE* file) {
    const uint32_t number = read_value<uint32_t>(file);
    if (number >= sizeof KERNELS / sizeof *KERNELS) {
        stop("no such kernel");
    }
    kernel = KERNELS[number].code;
    gridDim.x = read_value<uint32_t>(file);
    blockDim.x = read_value<uint32_t>(file);
    const uint32_t shared_bytes = read_value<uint32_t>(file);
    kernel_args = read_value<JpegEntropyArgs>(file);
    if (shared_bytes > SHARED_BYTES) {
        stop("too much shared memory");
    }
    // Blocks run in any order.
    const bool is_backwards = random_number() % 2;
    for (uint32_t i = 0; i < gridDim.x; ++i) {
        blockIdx.x = is_backwards ? gridDim.x - 1 - i : i;
        run_block(blockDim.x);
        const unsigned char* shared = reinterpret_cast<const unsigned char*>(shared_units);
        for (uint32_t at = shared_bytes; at < SHARED_BYTES; ++at) {
            if (shared[at] != 0xa5) {
                stop("a kernel wrote behind its shared memory");
            }
        }
    }
}

}  // namespace

void pass_turn() {
    if (random_number() % 2) {
        wait(Wait::NOTHING);
    }
}

uint32_t block_barrier(uint32_t value) {
    fibers[current].value = value;
    wait(Wait::BLOCK);
    return block_sum;
}

const uint32_t* warp_barrier(uint32_t value) {
    Warp& warp = warps[current / 32];
    uint32_t* values = warp.values[warp.barrier % 2];
    values[current % 32] = value;
    wait(Wait::WARP);
    return values;
}

int main(int count, char** arguments) {
    if (count != 4) {
        stop("usage: emulator REQUEST RESULT SEED");
    }
    FILE* request = std::fopen(arguments[1], "rb");
    FILE* result = std::fopen(arguments[2], "wb");
    random_state = std::strtoul(arguments[3], nullptr, 10);
    if (request == nullptr || result == nullptr) {
        stop("a file cannot be opened");
    }
    std::vector<Region> regions(read_value<uint32_t>(request));
    for (Region& region : regions) {
        region = read_value<Region>(request);
        const uint64_t first = region.address & ~uint64_t{4095};
        const uint64_t end = region.address + region.bytes;
        void* wanted = reinterpret_cast<void*>(first);
        void* mapped = mmap(wanted, end - first, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (mapped != wanted) {
            stop("memory is not free");
        }
        void* content = reinterpret_cast<void*>(region.address);
        if (region.bytes != 0 && std::fread(content, region.bytes, 1, request) != 1) {
            stop("the request is too short");
        }
    }
    const uint32_t launches = read_value<uint32_t>(request);
    for (uint32_t i = 0; i < launches; ++i) {
        launch(request);
    }
    for (const Region& region : regions) {
        const void* content = reinterpret_cast<const void*>(region.address);
        if (region.bytes != 0 && std::fwrite(content, region.bytes, 1, result) != 1) {
            stop("the result cannot be written");
        }
    }
    return std::fclose(result);
}
