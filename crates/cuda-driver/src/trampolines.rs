//! The machine code: one trampoline and one fault stub per driver function, and the slot table between them.
//!
//! For each symbol the assembly defines
//! - `cuXxx`, hidden and global: jumps to the address in the symbol's slot;
//! - its slot, eight bytes of `pixelflume_cuda_slots`, which starts out as the address of [`unfilled`];
//! - a stub, whose address is in `pixelflume_cuda_stubs`: loads the symbol's index and goes to the common fault thunk.
//!
//! The fault thunk saves every register that can carry an argument, asks [`decide`], and then either returns the code
//! that it was given, or restores the registers and the stack and jumps to the real function. It knows nothing about the
//! arguments, so one thunk serves all functions; arguments on the stack stay where they are. Only the low 128 bits of
//! the vector registers are kept: no driver function takes a wider vector.
//!
//! Trampolines and slots are in one assembly block, so one object file: whatever touches a slot (the probe does) pulls
//! the trampolines into the link.

#![expect(unsafe_code, reason = "defines the driver's symbols in assembly")]

use std::ffi::c_void;
use std::sync::atomic::AtomicPtr;

use crate::faults::decide;
use crate::symbols::{COUNT, for_each_symbol};

/// What an unfilled slot holds: whatever is called, the answer is CUDA_ERROR_SHARED_OBJECT_INIT_FAILED (303).
///
/// Callers pass the arguments of the function they meant. In the C calling conventions of both architectures the caller
/// owns and removes its arguments, and all these functions return an integer in the first register, so a function that
/// reads no argument answers for all.
pub(crate) extern "C" fn unfilled() -> u32 {
    crate::CuResult::SHARED_OBJECT_INIT_FAILED.code()
}

// SAFETY: both statics are defined in the assembly below with this size, alignment and contents: COUNT addresses each.
// The slots are in a writable section, start out as valid code addresses and are only accessed atomically (the
// trampolines read them with one aligned load). The stubs are never written after the loader has relocated them.
unsafe extern "C" {
    /// The slots, by symbol index. Invariant: each holds the address of code that may be called with the arguments of
    /// its symbol: the driver's function, [`unfilled`], the symbol's stub, or what `slots::replace` was given.
    #[link_name = "pixelflume_cuda_slots"]
    pub(crate) safe static SLOTS: [AtomicPtr<c_void>; COUNT];

    /// The addresses of the fault stubs, by symbol index. Only ever read.
    #[link_name = "pixelflume_cuda_stubs"]
    pub(crate) safe static STUBS: [AtomicPtr<c_void>; COUNT];
}

#[cfg(target_arch = "x86_64")]
macro_rules! symbol_code {
    ($index:literal, $name:ident) => {
        concat!(
            ".globl ", stringify!($name), "\n",
            ".hidden ", stringify!($name), "\n",
            ".type ", stringify!($name), ", @function\n",
            ".p2align 4\n",
            stringify!($name), ":\n",
            "jmp qword ptr [rip + pixelflume_cuda_slots + 8*", $index, "]\n",
            ".size ", stringify!($name), ", . - ", stringify!($name), "\n",
            // r11 belongs to nobody across a call: it carries neither an argument nor a value to preserve.
            ".Lpixelflume_stub_", $index, ":\n",
            "mov r11d, ", $index, "\n",
            "jmp .Lpixelflume_fault\n",
        )
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! symbol_code {
    ($index:literal, $name:ident) => {
        concat!(
            ".globl ",
            stringify!($name),
            "\n",
            ".hidden ",
            stringify!($name),
            "\n",
            ".type ",
            stringify!($name),
            ", %function\n",
            ".p2align 2\n",
            stringify!($name),
            ":\n",
            // x16 and x17 are the linkage scratch registers: they carry nothing across a call.
            "adrp x16, pixelflume_cuda_slots + 8*",
            $index,
            "\n",
            "ldr x16, [x16, :lo12:pixelflume_cuda_slots + 8*",
            $index,
            "]\n",
            "br x16\n",
            ".size ",
            stringify!($name),
            ", . - ",
            stringify!($name),
            "\n",
            ".Lpixelflume_stub_",
            $index,
            ":\n",
            "mov w17, #",
            $index,
            "\n",
            "b .Lpixelflume_fault\n",
        )
    };
}

macro_rules! slot_data {
    ($index:literal) => {
        ".quad {unfilled}\n"
    };
}

macro_rules! stub_data {
    ($index:literal) => {
        concat!(".quad .Lpixelflume_stub_", $index, "\n")
    };
}

// At entry rsp is 8 below a multiple of 16; after `push rbp` it is a multiple, and 192 keeps it so for the call.
// `decide` answers in rax (the function to go to, or null) and rdx (the code to return where null).
// rax is saved because al would count vector arguments in a call with variable arguments.
#[cfg(target_arch = "x86_64")]
macro_rules! fault_thunk {
    () => {
        "
.p2align 4
.Lpixelflume_fault:
.cfi_startproc
push rbp
.cfi_def_cfa_offset 16
.cfi_offset rbp, -16
mov rbp, rsp
.cfi_def_cfa_register rbp
sub rsp, 192
mov [rsp], rdi
mov [rsp + 8], rsi
mov [rsp + 16], rdx
mov [rsp + 24], rcx
mov [rsp + 32], r8
mov [rsp + 40], r9
mov [rsp + 48], rax
movaps [rsp + 64], xmm0
movaps [rsp + 80], xmm1
movaps [rsp + 96], xmm2
movaps [rsp + 112], xmm3
movaps [rsp + 128], xmm4
movaps [rsp + 144], xmm5
movaps [rsp + 160], xmm6
movaps [rsp + 176], xmm7
mov edi, r11d
call {decide}
test rax, rax
jz .Lpixelflume_fault_return
mov r11, rax
mov rdi, [rsp]
mov rsi, [rsp + 8]
mov rdx, [rsp + 16]
mov rcx, [rsp + 24]
mov r8, [rsp + 32]
mov r9, [rsp + 40]
mov rax, [rsp + 48]
movaps xmm0, [rsp + 64]
movaps xmm1, [rsp + 80]
movaps xmm2, [rsp + 96]
movaps xmm3, [rsp + 112]
movaps xmm4, [rsp + 128]
movaps xmm5, [rsp + 144]
movaps xmm6, [rsp + 160]
movaps xmm7, [rsp + 176]
.cfi_remember_state
leave
.cfi_def_cfa rsp, 8
jmp r11
.cfi_restore_state
.Lpixelflume_fault_return:
mov eax, edx
leave
.cfi_def_cfa rsp, 8
ret
.cfi_endproc
"
    };
}

// sp is a multiple of 16 at entry and 224 keeps it so. `decide` answers in x0 (the function to go to, or null) and
// x1 (the code to return where null). x8 is saved because it would carry the address of a large result.
#[cfg(target_arch = "aarch64")]
macro_rules! fault_thunk {
    () => {
        "
.p2align 2
.Lpixelflume_fault:
.cfi_startproc
stp x29, x30, [sp, #-224]!
.cfi_def_cfa_offset 224
.cfi_offset x29, -224
.cfi_offset x30, -216
mov x29, sp
.cfi_def_cfa_register x29
stp x0, x1, [sp, #16]
stp x2, x3, [sp, #32]
stp x4, x5, [sp, #48]
stp x6, x7, [sp, #64]
str x8, [sp, #80]
stp q0, q1, [sp, #96]
stp q2, q3, [sp, #128]
stp q4, q5, [sp, #160]
stp q6, q7, [sp, #192]
mov w0, w17
bl {decide}
cbz x0, .Lpixelflume_fault_return
mov x16, x0
ldp x0, x1, [sp, #16]
ldp x2, x3, [sp, #32]
ldp x4, x5, [sp, #48]
ldp x6, x7, [sp, #64]
ldr x8, [sp, #80]
ldp q0, q1, [sp, #96]
ldp q2, q3, [sp, #128]
ldp q4, q5, [sp, #160]
ldp q6, q7, [sp, #192]
.cfi_remember_state
ldp x29, x30, [sp], #224
.cfi_def_cfa sp, 0
.cfi_restore x29
.cfi_restore x30
br x16
.cfi_restore_state
.Lpixelflume_fault_return:
mov w0, w1
ldp x29, x30, [sp], #224
.cfi_def_cfa sp, 0
.cfi_restore x29
.cfi_restore x30
ret
.cfi_endproc
"
    };
}

macro_rules! assemble {
    ($($index:literal $name:ident,)*) => {
        std::arch::global_asm!(
            ".section .text.pixelflume_cuda_trampolines,\"ax\"",
            fault_thunk!(),
            $(symbol_code!($index, $name),)*
            // Writable: the probe and the fault layer store into it.
            ".section .data.pixelflume_cuda_slots,\"aw\"",
            ".p2align 3",
            ".globl pixelflume_cuda_slots",
            ".hidden pixelflume_cuda_slots",
            "pixelflume_cuda_slots:",
            $(slot_data!($index),)*
            // Relocated once by the loader, then read-only.
            ".section .data.rel.ro.pixelflume_cuda_stubs,\"aw\"",
            ".p2align 3",
            ".globl pixelflume_cuda_stubs",
            ".hidden pixelflume_cuda_stubs",
            "pixelflume_cuda_stubs:",
            $(stub_data!($index),)*
            ".text",
            unfilled = sym unfilled,
            decide = sym decide,
        );
    };
}
for_each_symbol!(assemble);
