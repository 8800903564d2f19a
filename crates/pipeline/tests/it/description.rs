//! Pipelines as data and as drawings.

use crate::runner::{HOST, fork_join};
use pixelflume_ops::ImageShape;

#[test]
fn a_description_says_what_will_be_used() {
    let pipeline = fork_join();
    let unknown = pipeline.describe(None, 8, 4, &HOST).unwrap();
    assert!(unknown.memory.is_none() && unknown.nodes.iter().all(|node| node.shape.is_none()));

    let input = ImageShape::u8(10, 6, 3);
    let description = pipeline.describe(Some(&[input]), 2, 4, &HOST).unwrap();
    assert_eq!(description.outputs, ["blurred", "edges", "fine_edges"]);
    assert_eq!(description.schedule.streams, 2);
    let memory = description.memory.as_ref().unwrap();
    assert_eq!(memory.buffers.len(), 5);
    // Input: 360 bytes in one grain. The gray image is read by "fine_edges", which runs beside the others.
    assert_eq!(memory.arena_bytes_unshared, 5 * 512);
    assert!(memory.arena_bytes < memory.arena_bytes_unshared);
    assert_eq!(memory.bytes, memory.arena_bytes);
    assert_eq!((memory.uploaded, memory.downloaded), (2 * 180, 2 * 3 * 60));
    assert_eq!(memory.moved, 2 * (180 + 60 + 3 * 120));
    assert_eq!(memory.launches, 4);
    for buffer in &memory.buffers {
        for other in &buffer.shared_with {
            let other = memory.buffers.iter().find(|b| b.owner == *other).unwrap();
            assert!(other.shared_with.contains(&buffer.owner));
        }
    }
    let edges = description
        .nodes
        .iter()
        .find(|node| node.name == "edges")
        .unwrap();
    assert_eq!(
        (edges.operator, edges.reads.as_slice()),
        ("sobel", &["blurred".to_owned()][..])
    );
    assert_eq!(edges.shape.as_ref().unwrap().bytes, 60);
    let text = include_str!("../../../../examples/pipelines/fork_join.toml");
    let line = 1 + text
        .lines()
        .position(|line| line == "name = \"edges\"")
        .unwrap();
    assert!(edges.is_output);
    assert_eq!(edges.location, Some(format!("fork_join.toml:{line}:8")));

    let json = serde_json::to_value(&description).unwrap();
    assert_eq!(json["nodes"][0]["name"], "gray");
    assert_eq!(json["inputs"][0]["shape"]["width"], 10);

    let shapes = pipeline.infer(&[input]).unwrap();
    assert!(
        pipeline
            .to_dot(Some(&shapes))
            .contains("[label=\"gray\\ncolor\\n10x6x1 u8\"]")
    );
    assert!(pipeline.to_mermaid(None).contains("[\"input\"]"));
}
