//! The marker segments of an encoded file.

use crate::encode::codes::Tables;
use crate::encode::layout::Layout;
use crate::encode::options::Source;
use crate::encode::quantizers::Quantizer;
use crate::file::huffman::HuffmanTable;
use crate::file::zigzag::ZIGZAG;

const SOI: u8 = 0xd8;
const APP0: u8 = 0xe0;
const DQT: u8 = 0xdb;
const SOF0: u8 = 0xc0;
const DHT: u8 = 0xc4;
const DRI: u8 = 0xdd;
const SOS: u8 = 0xda;
/// The first of the eight restart markers.
pub(super) const RST0: u8 = 0xd0;
pub(super) const EOI: u8 = 0xd9;

/// JFIF 1.01, pixels as square as they are, no thumbnail.
const JFIF: [u8; 14] = *b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

/// Appends everything before the bits of the scan.
pub(super) fn header(
    out: &mut Vec<u8>,
    source: &Source<'_>,
    layout: &Layout,
    quantizers: &[Quantizer; 2],
    tables: &Tables,
    restart_interval: u16,
) {
    let components = layout.components();
    // One set of tables for luma, and one for color where there is any.
    let sets = components.len().min(2);
    out.extend([0xff, SOI]);
    segment(out, APP0, |out| out.extend(JFIF));
    for (slot, quantizer) in (0..).zip(&quantizers[..sets]) {
        segment(out, DQT, |out| {
            out.push(slot);
            out.extend(
                ZIGZAG[..64]
                    .iter()
                    .map(|&at| quantizer.values[usize::from(at)]),
            );
        });
    }
    segment(out, SOF0, |out| {
        out.push(8);
        // The sides of a source are at most 65,500.
        out.extend((source.height as u16).to_be_bytes());
        out.extend((source.width as u16).to_be_bytes());
        out.push(components.len() as u8);
        for (id, component) in (1..).zip(components) {
            let factors = (component.h << 4 | component.v) as u8;
            out.extend([id, factors, component.table as u8]);
        }
    });
    for (slot, (dc, ac)) in (0..).zip(tables.dc.iter().zip(&tables.ac)).take(sets) {
        huffman_table(out, slot, dc);
        huffman_table(out, 0x10 | slot, ac);
    }
    if restart_interval > 0 {
        segment(out, DRI, |out| out.extend(restart_interval.to_be_bytes()));
    }
    segment(out, SOS, |out| {
        out.push(components.len() as u8);
        for (id, component) in (1..).zip(components) {
            out.extend([id, (component.table << 4 | component.table) as u8]);
        }
        // All coefficients, all bits.
        out.extend([0, 63, 0]);
    });
}

fn huffman_table(out: &mut Vec<u8>, slot: u8, table: &HuffmanTable) {
    segment(out, DHT, |out| {
        out.push(slot);
        out.extend(table.counts());
        out.extend(table.symbols());
    });
}

/// Appends a segment with its length, which is known when its content is written.
fn segment(out: &mut Vec<u8>, marker: u8, content: impl FnOnce(&mut Vec<u8>)) {
    out.extend([0xff, marker]);
    let start = out.len();
    out.extend([0, 0]);
    content(out);
    // The longest one, a Huffman table, has 275 bytes.
    let length = (out.len() - start) as u16;
    out[start..start + 2].copy_from_slice(&length.to_be_bytes());
}
