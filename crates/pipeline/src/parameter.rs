//! Parameters that change while a pipeline runs.

use crate::error::PipelineError;
use crate::pipeline::Pipeline;
use crate::pipeline::node::Node;
use pixelflume_graph::text::Listed;
use pixelflume_ops::registry;
use pixelflume_ops::spec::Value;
use pixelflume_ops::{Operator, OperatorError};
use std::sync::Arc;

impl Pipeline {
    /// The same pipeline with another value of a parameter of a node, which is named as in pipeline files. The other
    /// parameters of the node stay as they are; the graph is shared.
    ///
    /// # Errors
    /// There is no such node, its operator is not built in or has no such parameter, or the value is impossible.
    pub fn with_parameter(
        &self,
        node: &str,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<Self, PipelineError> {
        self.with_parameters(node, [(name, value.into())])
    }

    /// The same pipeline with other values of several parameters of a node, which may be impossible one by one: for example a
    /// `mean` and a `std` for another number of channels. Of several values of one name the last one counts.
    ///
    /// # Errors
    /// As for [`Pipeline::with_parameter`].
    pub fn with_parameters<'n>(
        &self,
        node: &str,
        values: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Result<Self, PipelineError> {
        let index = self.find_node(node)?;
        let current = self.nodes()[index].operator();
        let Some(mut all) = registry::values_of(&**current) else {
            return Err(PipelineError::NoParameters {
                node: node.to_owned(),
                kind: current.kind(),
            });
        };
        let refused = |source: OperatorError| PipelineError::Operator {
            node: Box::new(self.nodes()[index].error_name()),
            source: Box::new(source),
        };
        for (name, value) in values {
            all.set(name, value).map_err(refused)?;
        }
        Ok(self.replaced(index, all.build().map_err(refused)?))
    }

    /// The same pipeline with another operator of the same kind at a node, for operators that are not
    /// built in. The graph is shared.
    ///
    /// # Errors
    /// There is no such node, or the operator is of another kind or takes another number of inputs.
    pub fn with_operator(
        &self,
        node: &str,
        operator: impl Operator + 'static,
    ) -> Result<Self, PipelineError> {
        let index = self.find_node(node)?;
        let current = self.nodes()[index].operator();
        if current.kind() != operator.kind() || current.input_count() != operator.input_count() {
            return Err(PipelineError::OtherKind {
                node: node.to_owned(),
                expected: current.kind(),
                expected_inputs: current.input_count(),
                got: operator.kind(),
                got_inputs: operator.input_count(),
            });
        }
        Ok(self.replaced(index, Arc::new(operator)))
    }

    pub(crate) fn find_node(&self, name: &str) -> Result<usize, PipelineError> {
        self.find(name).ok_or_else(|| PipelineError::UnknownNode {
            name: name.to_owned(),
            known: Listed::new(self.nodes().iter().map(Node::name)).to_string(),
        })
    }
}
