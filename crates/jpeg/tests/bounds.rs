//! What a file may cost: memory within `Header::bytes_needed`, nothing from the second file of a size on, and time by the blocks of its
//! scans. One test, since the allocator counts for the whole process.

use pixelflume_heap_counter::{Counting, counted, peak};
use pixelflume_jpeg::testing::mutate::Damage;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{self, Kind};
use pixelflume_jpeg::{Color, Decoder, Header, JpegError, Options, Process, Target};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

const OPTIONS: Options = Options {
    color: Color::Rgb,
    cmyk: pixelflume_jpeg::Cmyk::OpenCv,
    allow_truncated: true,
    crop: None,
    max_bytes: 1 << 26,
};

fn decode(decoder: &mut Decoder, file: &[u8], target: &mut [u8]) -> Result<(), JpegError> {
    let header = Header::read(file)?;
    let pitch = 3 * header.frame().width() as usize;
    let bytes = pitch * header.frame().height() as usize;
    let data = target.get_mut(..bytes).unwrap_or(&mut []);
    decoder.decode(file, &OPTIONS, Target { data, pitch })
}

fn is_sequential(file: &[u8]) -> bool {
    Header::read(file).is_ok_and(|header| header.frame().process() == Process::Sequential)
}

#[test]
fn memory_is_what_the_header_tells_and_is_kept() {
    let mut target = vec![0; 3 * 200 * 200];
    a_decoder_that_grows_takes_what_its_largest_file_takes();
    for seed in 0..600 {
        let random = &mut Random::new(seed);
        let kinds = Kind::ALL.map(|(_, kind)| kind);
        let damages = Damage::ALL.map(|(_, damage)| damage);
        let mut file = stream::write(random.pick(&kinds), seed, 200);
        if random.chance(50) {
            file = random.pick(&damages).apply(random, &file);
        }
        let needed = Header::read(&file).and_then(|header| header.bytes_needed(&OPTIONS));
        let mut decoder = Decoder::new();
        let (bytes, first) = peak(|| decode(&mut decoder, &file, &mut target));
        match needed {
            Ok(needed) => assert!(
                bytes <= needed,
                "seed {seed}: {bytes} bytes, and {needed} were told"
            ),
            Err(_) => assert_eq!(bytes, 0, "seed {seed}: memory for a file that is refused"),
        }
        let (allocations, second) = counted(|| decode(&mut decoder, &file, &mut target));
        assert_eq!(first, second, "seed {seed}");
        // The smoothing of an incomplete progressive file keeps DC coefficients aside for each component.
        let most = match needed.is_ok() && is_sequential(&file) {
            true => 0,
            false => 1 + 4,
        };
        assert!(
            allocations <= most,
            "seed {seed}: {allocations} allocations the second time"
        );
    }
}

/// Memory that grows by doubling would be more than was told, and more than a limit on it.
fn a_decoder_that_grows_takes_what_its_largest_file_takes() {
    let mut target = vec![0; 3 * 620 * 620];
    let target = &mut target[..];
    let gray = |process: u8, side: u16| {
        let [high, low] = side.to_be_bytes();
        let mut file = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
        file.extend([1; 64]);
        file.extend([
            0xFF,
            0xC0 + process,
            0,
            11,
            8,
            high,
            low,
            high,
            low,
            1,
            1,
            0x11,
            0,
        ]);
        file.extend([0xFF, 0xC4, 0, 20, 0, 1]);
        file.extend([0; 16]);
        file.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0xFF, 0xD9]);
        file
    };
    // Sequential, and progressive.
    for process in [0, 2] {
        let files = [400, 410, 600, 610, 620].map(|side| gray(process, side));
        let needed = files.each_ref().map(|file| {
            let header = Header::read(file).expect("it has a header");
            header.bytes_needed(&OPTIONS).expect("there is no crop")
        });
        let mut decoder = Decoder::new();
        let (bytes, results) = peak(|| {
            files
                .each_ref()
                .map(|file| decode(&mut decoder, file, target))
        });
        assert_eq!(results, [const { Ok(()) }; 5]);
        assert!(
            bytes <= needed[4],
            "{bytes} bytes, and {needed:?} were told"
        );
    }
}
