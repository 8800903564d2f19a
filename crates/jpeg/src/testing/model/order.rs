//! The order in which the blocks of a scan come.

use crate::testing::model::frame::Frame;

/// A minimum coded unit: blocks that come together.
pub(in crate::testing) struct Mcu {
    /// The row of MCUs, as a scan of all components counts them.
    pub(in crate::testing) row: usize,
    /// The place of the component in the scan, and the index of the block in the component's store.
    pub(in crate::testing) blocks: Vec<(usize, usize)>,
}

/// The MCUs of a scan of these components, in the order of the data.
pub(in crate::testing) fn mcus(frame: &Frame, components: &[usize]) -> Vec<Mcu> {
    let mut mcus = Vec::new();
    if let [component] = components {
        let c = &frame.components[*component];
        let (columns, rows) = frame.real_blocks(c);
        let (stored, _) = frame.stored_blocks(c);
        for y in 0..rows {
            for x in 0..columns {
                mcus.push(Mcu {
                    row: y / c.v,
                    blocks: vec![(0, y * stored + x)],
                });
            }
        }
        return mcus;
    }
    let (columns, rows) = frame.mcus();
    for row in 0..rows {
        for column in 0..columns {
            let mut blocks = Vec::new();
            for (place, component) in components.iter().enumerate() {
                let c = &frame.components[*component];
                let (stored, _) = frame.stored_blocks(c);
                for y in 0..c.v {
                    for x in 0..c.h {
                        blocks.push((place, (row * c.v + y) * stored + column * c.h + x));
                    }
                }
            }
            mcus.push(Mcu { row, blocks });
        }
    }
    mcus
}
