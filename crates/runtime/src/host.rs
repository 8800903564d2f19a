//! What host threads do with an item: they read its headers, its files, and decode its images.

use crate::error::ItemError;
use crate::item::Content;
use crate::made::Made;
use crate::shared::Shared;
use crate::task::{InputNeed, ItemState, Looked, Slot};
use pixelflume_codec::{DecodeError, Format, Limits, Need, OpenImage, read_bytes};
use pixelflume_device::DeviceId;
use pixelflume_ops::{Image, ImageShape};
use pixelflume_pipeline::engine::FrameImage;
use pixelflume_scheduler::rings::OUTPUT_ALIGN;
use std::fs;
use std::sync::Arc;

/// Bytes of a file, with those for each pixel of its image, above which it is not read whole: few files have so many, and what is
/// behind the image need not be read.
const FILE_BYTES: u64 = 64 << 10;
const PIXEL_BYTES: u64 = 8;

/// Reads the headers of an item, and notes what it takes.
pub(crate) fn look(shared: &Shared, item: &ItemState) {
    if item.looked.get().is_some() {
        return;
    }
    let given = std::mem::take(&mut *item.slots.lock());
    let looked = look_at(shared, item, given).map(|(looked, slots)| {
        *item.slots.lock() = slots;
        looked
    });
    let _ = item.looked.set(looked);
}

fn look_at(
    shared: &Shared,
    item: &ItemState,
    given: Vec<Slot>,
) -> Result<(Looked, Vec<Slot>), ItemError> {
    let mut device: Option<DeviceId> = None;
    let mut opened = Vec::with_capacity(given.len());
    for (input, slot) in given.into_iter().enumerate() {
        let Slot::Given(content) = slot else { continue };
        let (slot, format) =
            look_at_content(shared, content).map_err(|error| decode_error(shared, input, error))?;
        if let Slot::Ready(FrameImage::Tensor(tensor)) = &slot {
            device = Some(tensor.stream().device().id());
        }
        opened.push((slot, format));
    }
    let shapes: Vec<ImageShape> = opened.iter().map(|(slot, _)| shape_of(slot)).collect();
    let _ = item.info.shapes.set(shapes.clone().into_boxed_slice());
    let first = &shared.devices[0];
    let decodes = first.decoder.decodes_on_device();
    let mut slots = Vec::with_capacity(opened.len());
    for (input, (slot, format)) in opened.into_iter().enumerate() {
        let on_device =
            decodes && format == Some(Format::Jpeg) && first.factory.takes_tensor(&shapes, input);
        slots.push(match slot {
            Slot::File {
                path, length, need, ..
            } => Slot::File {
                path,
                length,
                need,
                by_device: on_device,
            },
            Slot::Encoded { bytes, need } if on_device => Slot::ForDevice { bytes, need },
            slot => slot,
        });
    }
    let needs: Vec<InputNeed> = slots.iter().map(need_of).collect();
    let decoding = slots.iter().map(decoding_of).fold(0, u64::saturating_add);
    let to_come = needs.iter().flat_map(InputNeed::parts);
    let to_come = to_come.fold(decoding, u64::saturating_add);
    // A file for the device may have to be decoded by the CPU, so that no item depends on what the device can.
    let (bytes, limit) = (item.bytes.saturating_add(to_come), shared.bounds.item);
    if bytes > limit {
        return Err(ItemError::TooLarge { bytes, limit });
    }
    if let Some(accept) = &shared.accept {
        accept(&shapes).map_err(|error| ItemError::Refused(Arc::from(error)))?;
    }
    let results = match first.factory.effective().device_outputs {
        true => 0,
        false => first.factory.result_bytes(&shapes) as u64,
    };
    // As the rings count them: each rounded up.
    let beside = match decoding {
        0 => results,
        bytes => results.saturating_add(bytes.max(shared.bounds.least_decoding)),
    };
    let parts = needs.iter().flat_map(InputNeed::parts);
    let parts = parts.chain([item.bytes, beside]).map(|bytes| {
        let rounded = bytes.checked_next_multiple_of(OUTPUT_ALIGN);
        rounded.unwrap_or(u64::MAX)
    });
    let is_alone = parts.fold(0, u64::saturating_add) > shared.bounds.shared;
    let is_on_device = slots.iter().all(|slot| {
        matches!(
            slot,
            Slot::ForDevice { .. }
                | Slot::File {
                    by_device: true,
                    ..
                }
                | Slot::Ready(FrameImage::Tensor(_))
        )
    });
    let looked = Looked {
        shapes,
        needs,
        results,
        decoding,
        is_alone,
        is_on_device,
        device,
    };
    Ok((looked, slots))
}

fn look_at_content(
    shared: &Shared,
    content: Content,
) -> Result<(Slot, Option<Format>), DecodeError> {
    Ok(match content {
        Content::Image(image) => (Slot::Ready(FrameImage::Image(image)), None),
        Content::Shared(image) => (Slot::Ready(FrameImage::Shared(image)), None),
        Content::Made(made) => (Slot::ToMake(made), None),
        Content::Tensor(tensor) => (Slot::Ready(FrameImage::Tensor(tensor)), None),
        Content::Bytes(bytes) => {
            let opened = OpenImage::of_bytes(bytes.as_ref(), &shared.options)?;
            let (need, format) = (opened.need(), opened.format());
            drop(opened);
            (Slot::Encoded { bytes, need }, Some(format))
        }
        Content::Path(path) => {
            let opened = OpenImage::of_file(&path, &shared.options)?;
            let (need, format) = (opened.need(), opened.format());
            drop(opened);
            let length = fs::metadata(&path).map_err(DecodeError::Read)?.len();
            let pixels = u64::from(need.shape.width) * u64::from(need.shape.height);
            let slot = match length <= pixels.saturating_mul(PIXEL_BYTES) + FILE_BYTES {
                true => Slot::File {
                    path,
                    length,
                    need,
                    by_device: false,
                },
                false => Slot::Long { path, need },
            };
            (slot, Some(format))
        }
    })
}

fn shape_of(slot: &Slot) -> ImageShape {
    match slot {
        Slot::File { need, .. }
        | Slot::Long { need, .. }
        | Slot::Encoded { need, .. }
        | Slot::ForDevice { need, .. } => need.shape,
        Slot::ToMake(made) => made.shape(),
        Slot::Ready(image) => image.shape(),
        Slot::Given(_) | Slot::Taken => ImageShape::u8(0, 0, 0),
    }
}

fn need_of(slot: &Slot) -> InputNeed {
    match slot {
        Slot::File {
            length,
            by_device: true,
            ..
        } => InputNeed::Read { bytes: *length },
        Slot::File { length, need, .. } => {
            let pixels = need.shape.bytes() as u64;
            InputNeed::ReadDecode {
                reading: length.saturating_add(need.bytes.saturating_sub(pixels)),
                pixels,
            }
        }
        Slot::Long { need, .. } | Slot::Encoded { need, .. } => {
            InputNeed::Decode { bytes: need.bytes }
        }
        Slot::ToMake(made) => InputNeed::Decode {
            bytes: made.bytes(),
        },
        _ => InputNeed::Nothing,
    }
}

/// What decoding a file takes that is for the device, where the CPU has to.
fn decoding_of(slot: &Slot) -> u64 {
    match slot {
        Slot::File {
            need,
            by_device: true,
            ..
        }
        | Slot::ForDevice { need, .. } => need.bytes,
        _ => 0,
    }
}

fn decode_error(shared: &Shared, input: usize, error: DecodeError) -> ItemError {
    ItemError::Decode {
        input: shared.input_name(input),
        source: Arc::new(error),
    }
}

/// Reads the file of an input. Its failure is that of the item.
pub(crate) fn read(shared: &Shared, item: &ItemState, input: usize) -> Result<(), ItemError> {
    let slot = item.slots.lock()[input].take();
    let Slot::File {
        path,
        length,
        need,
        by_device,
    } = slot
    else {
        return Ok(());
    };
    let limits = Limits {
        max_bytes: length,
        ..shared.options.limits
    };
    let bytes = read_bytes(&path, &limits).map_err(|error| match error {
        // It was shorter when its length was asked for.
        DecodeError::TooLong { .. } => changed(shared, input),
        error => decode_error(shared, input, error),
    })?;
    let bytes = bytes.into();
    item.slots.lock()[input] = match by_device {
        true => Slot::ForDevice { bytes, need },
        false => Slot::Encoded { bytes, need },
    };
    Ok(())
}

/// Decodes the image of an input. Its failure is that of the item.
pub(crate) fn decode(shared: &Shared, item: &ItemState, input: usize) -> Result<(), ItemError> {
    let slot = item.slots.lock()[input].take();
    let fail = |error| decode_error(shared, input, error);
    let slot = match slot {
        Slot::ToMake(made) => {
            let image = make(shared, input, made)?;
            item.slots.lock()[input] = Slot::Ready(FrameImage::Image(image));
            return Ok(());
        }
        slot => slot,
    };
    let image = match &slot {
        Slot::Encoded { bytes, need } => {
            let opened = OpenImage::of_bytes(bytes.as_ref(), &shared.options).map_err(fail)?;
            decode_opened(shared, input, opened, need)?
        }
        Slot::Long { path, need } => {
            let opened = OpenImage::of_file(path, &shared.options).map_err(fail)?;
            decode_opened(shared, input, opened, need)?
        }
        // It was not read, and the failure is known.
        _ => return Ok(()),
    };
    // The encoded bytes go before the task ends, with which they are no longer counted.
    drop(slot);
    item.slots.lock()[input] = Slot::Ready(FrameImage::Image(image));
    Ok(())
}

fn make(shared: &Shared, input: usize, made: Made) -> Result<Image, ItemError> {
    let shape = made.shape();
    let image = made
        .make()
        .map_err(|error| ItemError::Source(Arc::from(error)))?;
    match image.shape() == shape {
        true => Ok(image),
        false => Err(changed(shared, input)),
    }
}

fn decode_opened(
    shared: &Shared,
    input: usize,
    opened: OpenImage<'_>,
    expected: &Need,
) -> Result<Image, ItemError> {
    let need = opened.need();
    if need.shape != expected.shape || need.bytes > expected.bytes {
        return Err(changed(shared, input));
    }
    opened
        .decode()
        .map_err(|error| decode_error(shared, input, error))
}

pub(crate) fn changed(shared: &Shared, input: usize) -> ItemError {
    ItemError::Changed {
        input: shared.input_name(input),
    }
}
