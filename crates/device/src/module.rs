//! Kernel modules: their images, and the choice of the image that a device loads.

use crate::error::DeviceError;
use std::error::Error;
use std::fmt;

/// The CUDA kernels that are loaded together. A device loads a module when the first of its kernels is asked for.
#[derive(Debug)]
pub struct KernelModule {
    /// Name of the module, unique in the program.
    pub name: &'static str,
    /// The compiled images.
    pub images: Images,
}

/// The images of a module: what a driver can load.
#[derive(Copy, Clone, Debug)]
pub enum Images {
    /// PTX texts in any order: the least compute capability (major, minor) that one needs, and the text.
    Ptx(&'static [((u32, u32), &'static str)]),
    /// An archive that has the images under the name of the module.
    Archive(&'static dyn ImageArchive),
}

/// A store of the packed images of many modules.
///
/// # Safety
/// An image for [`Target::Machine`] is a whole cubin, as a compiler made it: a driver reads as many bytes as its headers tell.
#[expect(unsafe_code, reason = "drivers trust images")]
pub unsafe trait ImageArchive: fmt::Debug + Sync {
    /// The images of a module, in any order; none for an unknown module.
    ///
    /// # Errors
    /// The archive cannot be read.
    fn targets(&self, module: &str) -> Result<Vec<Target>, Box<dyn Error + Send + Sync>>;

    /// One image of a module: PTX text without a zero byte at its end, or a cubin.
    ///
    /// # Errors
    /// The image cannot be read, or there is none.
    fn unpack(&self, module: &str, target: Target)
    -> Result<Vec<u8>, Box<dyn Error + Send + Sync>>;
}

/// The kind of an image, with the GPUs that take it. Numbers are compute capabilities (major, minor).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum Target {
    /// PTX, which the driver compiles when it loads it: for this capability and all greater ones.
    Ptx(u32, u32),
    /// Machine code (a cubin): for this capability and those of the same major number with a greater minor one.
    Machine(u32, u32),
}

impl Target {
    /// Whether a GPU of this compute capability takes such an image.
    pub fn runs_on(self, capability: (u32, u32)) -> bool {
        match self {
            Target::Ptx(major, minor) => (major, minor) <= capability,
            Target::Machine(major, minor) => major == capability.0 && minor <= capability.1,
        }
    }

    /// The images to try on a GPU of this compute capability, one after the other until the driver takes one: the machine
    /// code that suits it best, then the PTX that does.
    pub fn candidates(targets: &[Target], capability: (u32, u32)) -> Vec<Target> {
        let best = |machine: bool| {
            let usable = targets.iter().filter(|target| {
                matches!(target, Target::Machine(..)) == machine && target.runs_on(capability)
            });
            usable.max().copied()
        };
        [best(true), best(false)].into_iter().flatten().collect()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Ptx(major, minor) => write!(f, "compute_{major}{minor}"),
            Target::Machine(major, minor) => write!(f, "sm_{major}{minor}"),
        }
    }
}

impl KernelModule {
    /// The images to try on a GPU of this compute capability, the best first; see [`Target::candidates`].
    ///
    /// # Errors
    /// [`DeviceError::NoKernelImage`] where there is none that it could run, [`DeviceError::DamagedKernels`] where the archive
    /// cannot be read.
    pub fn candidates(&self, capability: (u32, u32)) -> Result<Vec<Target>, DeviceError> {
        let targets = match self.images {
            Images::Ptx(texts) => texts
                .iter()
                .map(|&((major, minor), _)| Target::Ptx(major, minor))
                .collect(),
            Images::Archive(archive) => archive
                .targets(self.name)
                .map_err(|error| self.damaged(&*error))?,
        };
        let candidates = Target::candidates(&targets, capability);
        if candidates.is_empty() {
            return Err(DeviceError::NoKernelImage {
                module: self.name,
                capability,
            });
        }
        Ok(candidates)
    }

    /// One of the images, PTX with a zero byte at its end, as the driver takes it.
    ///
    /// # Errors
    /// [`DeviceError::DamagedKernels`] where it cannot be read.
    pub fn image(&self, target: Target) -> Result<Vec<u8>, DeviceError> {
        let mut image = match self.images {
            Images::Ptx(texts) => {
                let text = texts
                    .iter()
                    .find(|&&((major, minor), _)| Target::Ptx(major, minor) == target);
                let text = text.ok_or_else(|| self.damaged(&"there is no such PTX"))?;
                text.1.as_bytes().to_vec()
            }
            Images::Archive(archive) => archive
                .unpack(self.name, target)
                .map_err(|error| self.damaged(&*error))?,
        };
        if let Target::Ptx(..) = target {
            // Of what begins like an object file a driver reads as many bytes as its headers tell.
            if image.starts_with(b"\x7fELF") || str::from_utf8(&image).is_err() {
                return Err(self.damaged(&"it is no PTX"));
            }
            image.push(0);
        }
        Ok(image)
    }

    fn damaged(&self, reason: &dyn fmt::Display) -> DeviceError {
        DeviceError::DamagedKernels {
            module: self.name,
            reason: reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Target::{Machine, Ptx};

    #[test]
    fn a_device_gets_the_machine_code_that_suits_it_best_and_then_ptx() {
        let all = [
            Ptx(7, 5),
            Machine(9, 0),
            Machine(8, 0),
            Machine(8, 6),
            Machine(8, 9),
            Machine(7, 5),
            Machine(10, 0),
            Machine(12, 0),
            Ptx(9, 0),
        ];
        let cases: &[((u32, u32), &[Target])] = &[
            ((7, 0), &[]),
            ((7, 5), &[Machine(7, 5), Ptx(7, 5)]),
            ((8, 0), &[Machine(8, 0), Ptx(7, 5)]),
            ((8, 6), &[Machine(8, 6), Ptx(7, 5)]),
            ((8, 7), &[Machine(8, 6), Ptx(7, 5)]),
            ((8, 9), &[Machine(8, 9), Ptx(7, 5)]),
            ((9, 0), &[Machine(9, 0), Ptx(9, 0)]),
            ((10, 0), &[Machine(10, 0), Ptx(9, 0)]),
            ((10, 3), &[Machine(10, 0), Ptx(9, 0)]),
            // Machine code is for one major number.
            ((11, 0), &[Ptx(9, 0)]),
            ((12, 1), &[Machine(12, 0), Ptx(9, 0)]),
        ];
        for (capability, expected) in cases {
            assert_eq!(
                Target::candidates(&all, *capability),
                *expected,
                "{capability:?}"
            );
        }
        // Whatever the order.
        let mut back = all;
        back.reverse();
        assert_eq!(
            Target::candidates(&back, (8, 7)),
            [Machine(8, 6), Ptx(7, 5)]
        );
    }

    #[test]
    fn ptx_texts_end_in_a_zero_and_what_is_missing_is_told() {
        static MODULE: KernelModule = KernelModule {
            name: "some",
            images: Images::Ptx(&[((7, 5), "75"), ((10, 0), "100"), ((9, 0), "90")]),
        };
        for (capability, text) in [
            ((7, 5), "75\0"),
            ((8, 9), "75\0"),
            ((9, 5), "90\0"),
            ((12, 1), "100\0"),
        ] {
            let candidates = MODULE.candidates(capability).expect("it can run one");
            assert_eq!(candidates.len(), 1);
            assert_eq!(
                MODULE.image(candidates[0]).expect("it is there"),
                text.as_bytes()
            );
        }
        let error = MODULE.candidates((7, 0)).expect_err("it can run none");
        assert_eq!(
            error.to_string(),
            "module some has no code for a GPU of compute capability 7.0"
        );
        assert!(matches!(
            MODULE.image(Machine(9, 0)),
            Err(DeviceError::DamagedKernels { .. })
        ));
    }

    #[test]
    fn machine_code_is_no_ptx() {
        #[derive(Debug)]
        struct Bytes;

        #[expect(unsafe_code, reason = "drivers trust images")]
        // SAFETY: there is no machine code.
        unsafe impl ImageArchive for Bytes {
            fn targets(&self, _: &str) -> Result<Vec<Target>, Box<dyn Error + Send + Sync>> {
                Ok(vec![Ptx(7, 5)])
            }

            fn unpack(&self, _: &str, _: Target) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
                Ok(vec![0x50, 0xed, 0x55, 0xba, 1, 0, 16, 0])
            }
        }

        let text = Images::Ptx(&[((7, 5), "\x7fELF\x02\x01\x01")]);
        for images in [text, Images::Archive(&Bytes)] {
            let module = KernelModule {
                name: "some",
                images,
            };
            assert!(matches!(
                module.image(Ptx(7, 5)),
                Err(DeviceError::DamagedKernels { .. })
            ));
        }
    }
}
