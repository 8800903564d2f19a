//! The pipeline that is derived of a pipeline and its mixed chains.

use crate::error::PipelineError;
use crate::pipeline::Pipeline;
use crate::pipeline::node::{Node, Source};
use crate::plan::mixed::node::chain_node;
use crate::plan::mixed::search::ChainSearch;
use crate::plan::mixed::{MixedPlan, TableOrInput};
use std::collections::HashSet;

impl ChainSearch {
    /// The derived pipeline, and what its inputs are.
    ///
    /// # Errors
    /// [`Pipeline::assemble`] refuses the derived graph. Its names are made to be unique, so that this is an error of this module.
    pub(crate) fn derive(self, pipeline: &Pipeline) -> Result<MixedPlan, PipelineError> {
        let ChainSearch {
            described, chains, ..
        } = self;
        let nodes = pipeline.nodes();
        let mut taken: HashSet<String> = nodes.iter().map(|node| node.name.clone()).collect();
        let mut inputs = Vec::new();
        let mut sources = Vec::new();
        let mut add = |name: String, source: TableOrInput| {
            let mut name = name;
            while !taken.insert(name.clone()) {
                name.push('\'');
            }
            inputs.push(name);
            sources.push(source);
            Source::Input(inputs.len() - 1)
        };
        let input_name = |input| pipeline.source_name(Source::Input(input)).to_owned();
        // The chain whose last node a node is.
        let mut tails = vec![None; nodes.len()];
        let mut is_inside = vec![false; nodes.len()];
        for (index, chain) in chains.iter().enumerate() {
            for &node in &chain.nodes {
                is_inside[node] = true;
            }
            if let Some(&tail) = chain.nodes.last() {
                let table = add(
                    input_name(described[chain.position]),
                    TableOrInput::Table(index),
                );
                tails[tail] = Some((chain, table));
            }
        }
        let mut given = vec![None; pipeline.inputs().len()];
        let mut now = vec![Source::Input(0); nodes.len()];
        let mut derived: Vec<Node> = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let new = match tails[index] {
                Some((chain, table)) => chain_node(pipeline, chain, table),
                None if is_inside[index] => continue,
                None => {
                    let mut new = node.clone();
                    for source in &mut new.sources {
                        *source = match *source {
                            Source::Node(from) => now[from],
                            Source::Input(input) => *given[input].get_or_insert_with(|| {
                                add(input_name(input), TableOrInput::Input(input))
                            }),
                        };
                    }
                    new
                }
            };
            now[index] = Source::Node(derived.len());
            derived.push(new);
        }
        let outputs = pipeline.output_nodes().iter();
        let outputs = outputs.filter_map(|&node| match now[node] {
            Source::Node(node) => Some(node),
            Source::Input(_) => None,
        });
        let (name, outputs) = (pipeline.name().to_owned(), outputs.collect());
        let derived = Pipeline::assemble(
            name,
            inputs,
            derived,
            outputs,
            Vec::new(),
            pipeline.fusion(),
        )?;
        Ok(MixedPlan {
            pipeline: derived,
            chains,
            sources,
            described,
        })
    }
}
