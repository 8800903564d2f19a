//! Programs as a compiler writes them: what they compute, and what stops them.

use pixelflume_emulator::{Fault, Launch, Memory, Program, PtxError, Trap};

/// Memory at address 256.
struct Bytes(Vec<u8>);

const BASE: u64 = 256;

impl Bytes {
    fn part(&mut self, address: u64, bytes: usize) -> Option<&mut [u8]> {
        let start = usize::try_from(address.checked_sub(BASE)?).ok()?;
        self.0.get_mut(start..start.checked_add(bytes)?)
    }

    fn words(&self) -> Vec<u32> {
        let words = self.0.chunks_exact(4);
        words
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect()
    }
}

impl Memory for Bytes {
    fn read(&mut self, address: u64, into: &mut [u8]) -> bool {
        let part = self.part(address, into.len());
        part.map(|part| into.copy_from_slice(part)).is_some()
    }

    fn write(&mut self, address: u64, from: &[u8]) -> bool {
        let part = self.part(address, from.len());
        part.map(|part| part.copy_from_slice(from)).is_some()
    }
}

/// Runs the body of a kernel with the address of `memory` in `%rd1`, and the thread's number in `%r1`.
fn run(body: &str, threads: u32, memory: &mut Bytes) -> Result<(), Trap> {
    let text = format!(
        ".version 8.0
        .target sm_75
        .address_size 64
        .global .align 4 .b8 table[8] = {{1, 0, 0, 0, 7, 0, 0, 0}};
        .extern .shared .align 16 .b8 asked[];
        .func (.param .b32 result) twice(.param .b32 number)
        {{
            .reg .b32 %r<3>;
            ld.param.u32 %r1, [number];
            add.s32 %r2, %r1, %r1;
            st.param.b32 [result+0], %r2;
            ret;
        }}
        .visible .entry kernel(.param .u64 kernel_param_0)
        .maxntid 1024, 1, 1
        {{
            .reg .pred %p<9>;
            .reg .b16 %rs<9>;
            .reg .b32 %r<20>;
            .reg .f32 %f<9>;
            .reg .b64 %rd<9>;
            .shared .align 4 .b8 own[4096];
            ld.param.u64 %rd1, [kernel_param_0];
            cvta.to.global.u64 %rd1, %rd1;
            mov.u32 %r1, %tid.x;
            mul.wide.u32 %rd2, %r1, 4;
            add.s64 %rd3, %rd1, %rd2; // the thread's word
            {body}
        }}"
    );
    let program = Program::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let launch = Launch {
        kernel: "kernel",
        grid: [1; 3],
        block: [threads, 1, 1],
        shared: 64,
        parameters: &BASE.to_le_bytes(),
        limit: 1 << 20,
    };
    program.run(&launch, memory)
}

fn words_of(body: &str, threads: u32) -> Vec<u32> {
    let mut memory = Bytes(vec![0; 4 * threads as usize]);
    run(body, threads, &mut memory).unwrap_or_else(|trap| panic!("{trap}"));
    memory.words()
}

fn fault_of(body: &str, threads: u32) -> Fault {
    let trap = run(body, threads, &mut Bytes(vec![0; 64])).expect_err("it is stopped");
    assert_eq!(trap.kernel, "kernel");
    trap.fault
}

#[test]
fn guards_and_loops() {
    let body = "
        setp.lt.u32 %p1, %r1, 2;
        mov.u32 %r2, 0;
        mov.u32 %r3, 0;
    $L_again:
        add.s32 %r2, %r2, %r3;
        add.s32 %r3, %r3, 1;
        setp.le.u32 %p2, %r3, %r1;
        @%p2 bra $L_again;
        @!%p1 neg.s32 %r2, %r2;
        st.global.u32 [%rd3], %r2;
        ret;";
    assert_eq!(
        words_of(body, 5),
        [0, 1, -3i32 as u32, -6i32 as u32, -10i32 as u32]
    );
}

#[test]
fn a_block_shares_memory() {
    let body = "
        mov.u64 %rd4, own;
        add.s64 %rd5, %rd4, %rd2;
        st.shared.u32 [%rd5], %r1;
        bar.sync 0;
        cvta.shared.u64 %rd4, %rd4;
        sub.s64 %rd5, %rd4, %rd2;
        ld.u32 %r2, [%rd5+396];
        st.global.u32 [%rd3], %r2;";
    let reversed: Vec<u32> = (0..100).rev().collect();
    assert_eq!(words_of(body, 100), reversed);
}

#[test]
fn lanes_exchange() {
    // The sum of the lanes up to one's own, those of the lower half only where they are in a segment of their own.
    let body = "
        mov.u32 %r2, %r1;
        shfl.sync.up.b32 %r3|%p1, %r2, 1, 0, -1;
        @%p1 add.s32 %r2, %r2, %r3;
        vote.sync.ballot.b32 %r4, %p1, -1;
        shfl.sync.idx.b32 %r5, %r2, 31, 31, -1;
        xor.b32 %r6, %r2, %r4;
        xor.b32 %r6, %r6, %r5;
        st.global.u32 [%rd3], %r6;";
    let wanted: Vec<u32> = (0..32u32)
        .map(|lane| (lane + lane.saturating_sub(1)) ^ 0xffff_fffe ^ 61)
        .collect();
    assert_eq!(words_of(body, 32), wanted);
}

#[test]
fn a_product_of_matrices() {
    // Row i of the first matrix is i everywhere, column j of the second j - 3, and the product 16 i (j - 3) + 5.
    let body = "
        shr.u32 %r2, %r1, 2;
        mul.lo.s32 %r3, %r2, 16843009;
        add.s32 %r4, %r2, -3;
        and.b32 %r4, %r4, 255;
        mul.lo.s32 %r4, %r4, 16843009;
        mov.u32 %r5, 5;
        mma.sync.aligned.m8n8k16.row.col.s32.u8.s8.s32 {%r6,%r7}, {%r3}, {%r4}, {%r5,%r5};
        shl.b32 %r8, %r1, 3;
        cvt.u64.u32 %rd4, %r8;
        add.s64 %rd4, %rd1, %rd4;
        st.global.v2.u32 [%rd4], {%r6, %r7};";
    let mut memory = Bytes(vec![0; 256]);
    run(body, 32, &mut memory).unwrap();
    let wanted = (0..64i32).map(|at| (16 * (at / 8) * (at % 8 - 3) + 5) as u32);
    assert_eq!(memory.words(), wanted.collect::<Vec<_>>());
}

#[test]
fn functions_tables_and_atomics() {
    let body = "
        mov.u64 %rd4, table;
        ld.global.nc.u32 %r2, [%rd4+4];
        { .param .b32 a; .param .b32 r;
        st.param.b32 [a+0], %r2;
        call.uni (r), twice, (a);
        ld.param.b32 %r3, [r+0]; }
        atom.global.add.u32 %r4, [%rd1], %r3;";
    assert_eq!(words_of(body, 3), [42, 0, 0]);
}

#[test]
fn what_a_thread_must_not_do() {
    let beyond = fault_of("st.global.u32 [%rd1+64], 1;", 1);
    assert_eq!(
        beyond,
        Fault::Outside {
            address: BASE + 64,
            bytes: 4
        }
    );
    let before = fault_of("mov.u64 %rd4, 0; ld.shared.u8 %rs1, [%rd4+-1];", 1);
    assert_eq!(
        before,
        Fault::Outside {
            address: u64::MAX,
            bytes: 1
        }
    );
    let across = fault_of("ld.global.u32 %r2, [%rd1+2];", 1);
    assert_eq!(
        across,
        Fault::Unaligned {
            address: BASE + 2,
            bytes: 4
        }
    );
    assert_eq!(fault_of("$L_1: bra.uni $L_1;", 1), Fault::Endless);
    let apart = "setp.eq.u32 %p1, %r1, 0; @%p1 bra $L_1; bar.warp.sync -1; ret; $L_1: bar.sync 0;";
    assert_eq!(fault_of(apart, 2), Fault::Deadlock);
}

#[test]
fn what_cannot_be_read_is_refused_by_its_name() {
    let refused = |statement: &str| {
        let text = format!(".entry k() {{ .reg .b32 %r<3>; {statement} }}");
        Program::parse(&text)
            .expect_err("it is refused")
            .to_string()
    };
    assert!(refused("sin.approx.f32 %r1, %r2;").contains("sin.approx.f32"));
    assert!(refused("add.s32 %r1, %r2, %r9;").contains("%r9"));
    assert!(refused("bra $L_9;").contains("$L_9"));
    assert!(refused("bar.sync 1;").contains("bar.sync"));
    assert!(refused(".tex t;").contains(".tex"));
    assert!(refused("mov.b128 %r1, {%r1, %r2};").contains("mov.b128"));
    assert!(refused("mov.f32 %r1, -0f3F800000;").contains("-0f3F800000"));
    assert!(refused("mov.u32 %r1, 017;").contains("017"));
    assert!(refused("redux.sync.min.abs.f32 %r1, %r2, -1;").contains("redux"));
    assert!(refused("atom.global.add.f32 %r1, [%r2], %r2;").contains("atom.global.add.f32"));
    assert!(refused("{ $L_1: } { $L_1: }").contains("$L_1"));
    assert!(refused(".shared .b8 a[4]; { .shared .b8 a[4]; }").contains("twice"));
    assert!(refused(".local .b64 a[16777216];").contains("larger"));
    assert!(refused(".reg .b32 %x<4000000000>;").contains("larger"));
    assert!(refused(".shared .align 3 .b8 b[4];").contains(".align 3"));
    let declared = Program::parse(".extern .func f(.param .b32 a); .entry k() { ret; }");
    assert!(declared.is_err(), "{declared:?}");
    let cut = Program::parse(".entry k() { .reg .b32 %r<3>; add.s32 %r1, %r2");
    assert!(matches!(cut, Err(PtxError::Syntax { .. })));
}

/// One instruction on numbers of all types: what the PTX manual says of it.
#[test]
fn single_instructions() {
    let bits = |number: f32| format!("0f{:08X}", number.to_bits());
    let (half, nan, negative) = (bits(2.5), "0fFFC00001".to_owned(), bits(-3.5));
    let cases: &[(&str, u32)] = &[
        ("prmt.b32 %r2, 0x83027180, 0x44332211, 0x4b6a;", 0x11ff_3300),
        (
            "shf.r.wrap.b32 %r2, 0x11223344, 0xaabbccdd, 8;",
            0xdd11_2233,
        ),
        (
            "shf.l.wrap.b32 %r2, 0x11223344, 0xaabbccdd, 8;",
            0xbbcc_dd11,
        ),
        ("shl.b32 %r2, 1, 32;", 0),
        ("shr.s32 %r2, -8, 40;", u32::MAX),
        ("shr.u32 %r2, -8, 28;", 15),
        ("bfi.b32 %r2, 0xff, 0x11111111, 4, 6;", 0x1111_13f1),
        ("bfind.shiftamt.u32 %r2, 0x00800000;", 8),
        ("brev.b32 %r2, 1;", 0x8000_0000),
        ("mul.hi.s32 %r2, -2, 3;", u32::MAX),
        ("mul.hi.u32 %r2, -2, 3;", 2),
        ("mad.lo.s32 %r2, -2, 3, 10;", 4),
        ("div.s32 %r2, -7, 2;", -3i32 as u32),
        ("rem.s32 %r2, -7, 2;", -1i32 as u32),
        ("min.s32 %r2, -7, 2;", -7i32 as u32),
        ("min.u32 %r2, -7, 2;", 2),
        ("dp4a.u32.s32 %r2, 0x01020304, 0xff0001fe, 100;", 94),
        ("dp2a.lo.s32.u32 %r2, 0xffff0002, 0x090803ff, 7;", 514),
        ("dp2a.hi.u32.u32 %r2, 0x00010002, 0x09080102, 7;", 32),
        (
            "vabsdiff4.u32.u32.u32 %r2, 0x01ff0380, 0x02010580, 0;",
            0x01fe_0200,
        ),
        ("cvt.pack.sat.u8.s32.b32 %r2, 300, -5, 0x1234;", 0x1234_ff00),
        ("cvt.pack.sat.s16.s32 %r2, 40000, -40000;", 0x7fff_8000),
        ("cvt.rni.s32.f32 %r2, HALF;", 2),
        ("cvt.rzi.s32.f32 %r2, NEGATIVE;", -3i32 as u32),
        ("cvt.rmi.s32.f32 %r2, NEGATIVE;", -4i32 as u32),
        ("cvt.rzi.u32.f32 %r2, NEGATIVE;", 0),
        ("cvt.rni.s32.f32 %r2, NAN;", 0),
        ("cvt.s32.s8 %r2, 0x80;", -128i32 as u32),
        ("cvt.u32.u16 %r2, 0x12345;", 0x2345),
        ("cvt.rn.f32.s32 %r2, 16777217;", 16_777_216.0f32.to_bits()),
        ("cvt.rn.f16.f32 %r2, HALF;", 0x4100),
        ("cvt.sat.f32.f32 %r2, NAN;", 0),
        ("max.f32 %r2, NAN, HALF;", 2.5f32.to_bits()),
        ("add.f32 %r2, NAN, HALF;", 0x7fff_ffff),
        ("add.rn.f16x2 %r2, 0x3c003c00, 0x40003800;", 0x4200_3e00),
        (
            "fma.rn.f32 %r2, HALF, NEGATIVE, HALF;",
            (-6.25f32).to_bits(),
        ),
        ("mov.b32 %r2, {0x1234, 0x5678};", 0x5678_1234),
        ("selp.b32 %r2, 3, 4, %p1;", 4),
        ("setp.ltu.f32 %p2, NAN, HALF; selp.b32 %r2, 1, 2, %p2;", 1),
        ("setp.lt.f32 %p2, NAN, HALF; selp.b32 %r2, 1, 2, %p2;", 2),
        ("setp.lt.s16 %p2, 0x8000, 1; selp.b32 %r2, 1, 2, %p2;", 1),
        ("popc.b32 %r2, 0xf0f0;", 8),
        (
            "mul.hi.u64 %rd4, -1, -1; cvt.u32.u64 %r2, %rd4;",
            0xffff_fffe,
        ),
        ("cvt.rzi.s32.f64 %r2, 0d7FF8000000000000;", 0x8000_0000),
        ("cvt.rzi.s32.f64 %r2, 0dC008000000000000;", -3i32 as u32),
        // 1 + 2^-10 + (1 - 2^-10) * 2^-11 is just below the middle of two f16.
        ("fma.rn.f16x2 %r2, 0x3c01, 0x0ffe, 0x3c01;", 0x3c01),
        (
            "fma.rm.f32 %r2, 0f3F800000, 0f3F800000, 0fBF800000;",
            0x8000_0000,
        ),
        ("fma.rz.f32 %r2, 0f3F800000, 0f3F800000, 0fBF800000;", 0),
        ("match.any.sync.b32 %r2, 9, 1;", 1),
    ];
    for (instruction, wanted) in cases {
        let named = instruction
            .replace("HALF", &half)
            .replace("NAN", &nan)
            .replace("NEGATIVE", &negative);
        let body = format!("setp.eq.u32 %p1, 1, 2; {named} st.global.u32 [%rd3], %r2;");
        let found = words_of(&body, 1)[0];
        assert_eq!(
            found, *wanted,
            "{instruction} gives {found:#x}, not {wanted:#x}"
        );
    }
}
