//! The files that the section decodes, in page-locked memory.

use crate::error::Measured;
use crate::photographs::{self, QUALITY};
use pixelflume::codec::cuda::takes;
use pixelflume::codec::{DecodeOptions, Subsampling};
use pixelflume::memory::{MemoryManager, PinnedBuffer};
use pixelflume::ops::ImageShape;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// JPEG files, one behind the other in page-locked memory.
pub(super) struct Files {
    /// What they are, for the table.
    pub(super) name: String,
    bytes: PinnedBuffer,
    places: Vec<Range<usize>>,
}

impl Files {
    /// Files of images like photographs, each another one. At 1920x1080 and 4:2:0 they have about 350 KB.
    pub(super) fn photographs(
        memory: &MemoryManager,
        count: usize,
        (width, height): (u32, u32),
        subsampling: Subsampling,
    ) -> Measured<Self> {
        let shape = ImageShape::u8(width, height, 3);
        let files = photographs::files(memory.copy_threads(), &vec![shape; count], subsampling)?;
        let name = format!("{width}x{height} {} q{QUALITY}", subsampling.name());
        Files::new(memory, name, &files)
    }

    /// The JPEG files of a folder, in the order of their names.
    pub(super) fn of_folder(memory: &MemoryManager, folder: &Path) -> Measured<Self> {
        let failed = |error| format!("{} cannot be read: {error}", folder.display());
        let entries = fs::read_dir(folder).map_err(failed)?;
        let paths = entries.map(|entry| Ok(entry?.path()));
        let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        paths.sort_unstable();
        let mut files = Vec::new();
        for path in paths.iter().filter(|path| path.is_file()) {
            let file = fs::read(path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            if takes(&file, &DecodeOptions::default()) {
                files.push(file);
            }
        }
        if files.is_empty() {
            return Err(format!("there is no JPEG file in {}", folder.display()).into());
        }
        Files::new(memory, folder.display().to_string(), &files)
    }

    fn new(memory: &MemoryManager, name: String, files: &[Vec<u8>]) -> Measured<Self> {
        let mut bytes = memory.pinned(files.iter().map(Vec::len).sum())?;
        let mut places = Vec::with_capacity(files.len());
        let mut end = 0;
        let room = bytes.as_mut_slice()?;
        for file in files {
            let place = end..end + file.len();
            room[place.clone()].copy_from_slice(file);
            end = place.end;
            places.push(place);
        }
        Ok(Files {
            name,
            bytes,
            places,
        })
    }

    /// The number of files.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Bytes of a file, on average.
    pub(super) fn mean_bytes(&self) -> usize {
        self.places.iter().map(Range::len).sum::<usize>() / self.len()
    }

    /// The files.
    pub(super) fn list(&self) -> Measured<Vec<&[u8]>> {
        let bytes = self.bytes.as_slice()?;
        Ok(self
            .places
            .iter()
            .map(|place| &bytes[place.clone()])
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixelflume::device::Device;
    use pixelflume::memory::MemoryConfig;

    #[test]
    fn a_photograph_has_as_many_bytes_as_those_of_cameras_and_each_is_another_one() {
        let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
        let files = Files::photographs(&memory, 2, (1920, 1080), Subsampling::S420).unwrap();
        let bytes = files.mean_bytes();
        assert!((330_000..380_000).contains(&bytes), "{bytes} bytes");
        let list = files.list().unwrap();
        assert_ne!(list[0], list[1]);
    }
}
