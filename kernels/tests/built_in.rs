//! The committed archives: each has every module of its table for every target, with the entry points of the module.

use pixelflume_device::Target::{self, Machine, Ptx};
use pixelflume_device::{DeviceError, KernelModule};
use pixelflume_kernels::{ARCHIVE, Archive, Module, Variant, modules, oracle, stencils};
use std::collections::BTreeSet;

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[test]
fn every_image_has_its_kernels() {
    images_have_kernels(ARCHIVE, modules());
    images_have_kernels(oracle::ARCHIVE, oracle::modules());
}

fn images_have_kernels(bytes: &[u8], modules: impl Iterator<Item = &'static Module>) {
    let archive = Archive::parse(bytes).expect("it is sound");
    for module in modules {
        let name = module.name();
        let mut targets = BTreeSet::new();
        for image in archive.images().filter(|image| image.module == name) {
            targets.insert(image.target);
            let contents = archive.unpack(name, image.target).expect("it is sound");
            for entry in module.entries {
                // The section of its instructions, whose name ends there.
                let section = format!(".text.{entry}\0");
                let found = match image.target {
                    Ptx(..) => contains(&contents, &format!(".visible .entry {entry}(")),
                    Machine(..) => contains(&contents, &section),
                };
                assert!(found, "{name} for {}: no {entry}", image.target);
            }
            match image.target {
                Ptx(major, minor) => {
                    // What a driver of CUDA 12.0 reads.
                    let head = format!(".version 8.0\n.target sm_{major}{minor}\n");
                    assert!(contents.starts_with(head.as_bytes()), "{name}");
                }
                Machine(..) => assert!(contents.starts_with(b"\x7fELF"), "{name}"),
            }
        }
        let wanted = [
            Ptx(7, 5),
            Machine(7, 5),
            Machine(8, 0),
            Machine(8, 6),
            Machine(8, 9),
            Machine(9, 0),
            Machine(10, 0),
            Machine(12, 0),
        ];
        assert_eq!(targets, BTreeSet::from(wanted), "{name}");
    }
}

#[test]
fn names_and_kernels_are_unique() {
    let all = || modules().chain(oracle::modules());
    let names: Vec<_> = all().map(|module| module.name()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for module in all() {
        let entries: BTreeSet<_> = module.entries.iter().collect();
        assert_eq!(entries.len(), module.entries.len(), "{}", module.name());
    }
    // Each kernel of a stencil module is one of a pair, and the other way round.
    let pairs = stencils().flat_map(|stencil| {
        let name = stencil.module.name();
        stencil.entries.map(|entry| (name, entry))
    });
    let modules = modules().filter(|module| matches!(module.variant, Variant::Stencil(_)));
    let entries =
        modules.flat_map(|module| module.entries.iter().map(|entry| (module.name(), *entry)));
    assert_eq!(
        pairs.collect::<BTreeSet<_>>(),
        entries.collect::<BTreeSet<_>>()
    );
}

#[test]
fn a_gpu_gets_machine_code_and_then_ptx() {
    let module = &pixelflume_kernels::SOBEL.kernels;
    for (capability, expected) in [
        ((7, 5), &[Machine(7, 5), Ptx(7, 5)][..]),
        ((8, 7), &[Machine(8, 6), Ptx(7, 5)]),
        ((9, 0), &[Machine(9, 0), Ptx(7, 5)]),
        ((10, 3), &[Machine(10, 0), Ptx(7, 5)]),
        ((11, 0), &[Ptx(7, 5)]),
        ((12, 1), &[Machine(12, 0), Ptx(7, 5)]),
    ] {
        let candidates = module.candidates(capability).expect("it is sound");
        assert_eq!(candidates, expected, "{capability:?}");
        for target in candidates {
            let image = module.image(target).expect("it is sound");
            // The driver reads PTX up to a zero.
            assert!(image.ends_with(&[0]) || !is_ptx(target));
        }
    }
    let error = module.candidates((7, 0)).expect_err("it is too old");
    assert!(matches!(
        error,
        DeviceError::NoKernelImage {
            module: "sobel",
            ..
        }
    ));
}

#[test]
fn oracle_kernels_are_in_their_own_archive_alone() {
    let product = Archive::parse(ARCHIVE).expect("it is sound");
    for module in oracle::modules() {
        let name = module.name();
        assert!(product.images().all(|image| image.module != name), "{name}");
        let candidates = module.kernels.candidates((9, 0)).expect("it is sound");
        assert_eq!(candidates, [Machine(9, 0), Ptx(7, 5)], "{name}");
    }
}

fn is_ptx(target: Target) -> bool {
    matches!(target, Ptx(..))
}

#[test]
fn a_module_that_is_not_there_says_so() {
    static OTHER: KernelModule = KernelModule {
        name: "no such module",
        images: pixelflume_kernels::SOBEL.kernels.images,
    };
    let error = OTHER.candidates((9, 0)).expect_err("it is not there");
    assert!(
        matches!(error, DeviceError::NoKernelImage { .. }),
        "{error}"
    );
    let error = OTHER.image(Machine(9, 0)).expect_err("it is not there");
    assert!(
        error
            .to_string()
            .contains("there is no image of no such module for sm_90"),
        "{error}"
    );
}
