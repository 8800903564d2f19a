//! The description of a pipeline as text.

use super::description::{Description, FusionDescription, ShapeDescription};
use super::memory::{BufferDescription, MemoryDescription};
use super::mixed::description::MixedDescription;
use pixelflume_graph::text::{Listed, Shown};
use std::fmt;

impl fmt::Display for Description {
    /// Nodes, connections, shapes, fusion, memory and streams, in lines and columns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self))
    }
}

fn text(description: &Description) -> String {
    let mut rows = Vec::new();
    for input in &description.inputs {
        rows.push([
            Shown(&input.name).to_string(),
            "(input)".to_owned(),
            String::new(),
            shape_text(input.shape.as_ref()),
            String::new(),
        ]);
    }
    for node in &description.nodes {
        let mut facts = format!("stream {}", node.stream);
        if node.is_output {
            facts.push_str(", output");
        }
        rows.push([
            Shown(&node.name).to_string(),
            node.operator.to_owned(),
            format!("from {}", Listed::new(&node.reads)),
            shape_text(node.shape.as_ref()),
            facts,
        ]);
    }
    let mut text = format!("pipeline {}\n", Shown(&description.name));
    push_columns(&mut text, &rows);
    if let Some(fusion) = &description.fusion {
        push_fusion(&mut text, fusion);
    }
    if let Some(mixed) = &description.mixed {
        push_mixed(&mut text, mixed);
    }
    if let Some(memory) = &description.memory {
        push_memory(&mut text, memory);
    }
    text.push_str(&description.schedule.text);
    if !description.unused.is_empty() {
        text.push_str(&format!(
            "left out, because no output depends on them: {}\n",
            Listed::new(&description.unused)
        ));
    }
    text
}

/// The chains of nodes that are one launch, and the reasons why others are not.
fn push_fusion(text: &mut String, fusion: &FusionDescription) {
    if !fusion.chains.is_empty() {
        text.push_str("fused, one launch each\n");
        let runs = fusion.chains.iter();
        let rows: Vec<_> = runs
            .map(|run| {
                let nodes = Listed::new(&run.nodes).separated_by(" + ");
                [nodes.to_string(), format!("rule {}", run.rule)]
            })
            .collect();
        push_columns(text, &rows);
    }
    if !fusion.apart.is_empty() {
        text.push_str("not fused\n");
        let apart = fusion.apart.iter();
        let rows: Vec<_> = apart
            .map(|apart| {
                [
                    format!("{} -> {}", Shown(&apart.from), Shown(&apart.to)),
                    apart.reason.clone(),
                ]
            })
            .collect();
        push_columns(text, &rows);
    }
}

/// The execution of batches whose images have several sizes.
fn push_mixed(text: &mut String, mixed: &MixedDescription) {
    let chains: Vec<_> = mixed
        .chains
        .iter()
        .map(|chain| {
            let nodes = Listed::new(&chain.nodes).separated_by(" + ");
            [nodes.to_string(), format!("from {}", Shown(&chain.input))]
        })
        .collect();
    if mixed.grouped.is_empty() {
        text.push_str("images of several sizes: one launch for all of a batch\n");
        push_columns(text, &chains);
        return;
    }
    text.push_str("images of several sizes: in groups of one size, because of\n");
    let rows: Vec<_> = mixed
        .grouped
        .iter()
        .map(|grouped| [Shown(&grouped.node).to_string(), grouped.reason.clone()])
        .collect();
    push_columns(text, &rows);
}

/// The bytes that a batch moves, its launches, and the memory layout.
fn push_memory(text: &mut String, memory: &MemoryDescription) {
    let mib = |bytes: usize| format!("{:.1} MiB", bytes as f64 / MIB);
    text.push_str(&format!(
        "{} of memory for batches of {}\n",
        mib(memory.bytes),
        memory.batch
    ));
    text.push_str(&format!(
        "each batch: {}, {} uploaded, {} downloaded, {} read and written by nodes\n",
        count(memory.launches, "launch"),
        mib(memory.uploaded),
        mib(memory.downloaded),
        mib(memory.moved)
    ));
    text.push_str(&format!(
        "arena of {} bytes; {} without sharing\n",
        memory.arena_bytes, memory.arena_bytes_unshared
    ));
    push_buffers(text, memory, 0);
    for (block, title) in [(1, "constant tables"), (2, "scratch memory")] {
        let mut buffers = memory.buffers.iter();
        if buffers.any(|buffer| buffer.block == block) {
            text.push_str(&format!("{title}\n"));
            push_buffers(text, memory, block);
        }
    }
}

/// One row for each buffer of a block, in order of their offsets.
fn push_buffers(text: &mut String, memory: &MemoryDescription, block: usize) {
    let of_block = memory.buffers.iter();
    let mut buffers: Vec<_> = of_block.filter(|buffer| buffer.block == block).collect();
    buffers.sort_by_key(|buffer| buffer.offset);
    let end = |buffer: &&BufferDescription| (buffer.offset + buffer.bytes).to_string().len();
    let width = buffers.iter().map(end).max().unwrap_or(0);
    let width = width.max("offset".len());
    let right = |cell: &str| blanks(width, cell) + cell;
    let mut rows = vec![[
        right("offset"),
        right("bytes"),
        "of".to_owned(),
        String::new(),
    ]];
    rows.extend(buffers.into_iter().map(|buffer| {
        let turns = match buffer.shared_with.as_slice() {
            [] => String::new(),
            others => {
                let all = others.len() + buffer.more_shared;
                format!("in turns with {}", Listed::new(others).of(all))
            }
        };
        [
            right(&buffer.offset.to_string()),
            right(&buffer.bytes.to_string()),
            Shown(&buffer.owner).to_string(),
            turns,
        ]
    }));
    push_columns(text, &rows);
}

const MIB: f64 = (1_u64 << 20) as f64;

fn count(number: usize, noun: &str) -> String {
    let ending = match (number, noun.ends_with("ch")) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{number} {noun}{ending}")
}

fn shape_text(shape: Option<&ShapeDescription>) -> String {
    shape.map_or_else(String::new, |shape| {
        let planar = if shape.layout == "planar" && shape.channels > 1 {
            " planar"
        } else {
            ""
        };
        format!(
            "{}x{}x{} {}{planar}",
            shape.width, shape.height, shape.channels, shape.sample
        )
    })
}

/// The blanks that fill `cell` up to `width` characters. (A width in a format string panics above 65,535.)
fn blanks(width: usize, cell: &str) -> String {
    " ".repeat(width.saturating_sub(cell.chars().count()))
}

/// The width of each column.
fn widths<const N: usize>(rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    })
}

/// Appends rows with all cells to the left, indented by two; columns in which every row is empty are left out.
fn push_columns<const N: usize>(text: &mut String, rows: &[[String; N]]) {
    let widths = widths(rows);
    for row in rows {
        let cells = row.iter().zip(widths).filter(|&(_, width)| width > 0);
        let line: String = cells
            .map(|(cell, width)| format!("  {cell}{}", blanks(width, cell)))
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let mut text = String::new();
        push_columns(
            &mut text,
            &[row(["a", "", "xyz"]), row(["länger", "", "b"])],
        );
        assert_eq!(text, "  a       xyz\n  länger  b\n");
    }
}
