//! The handle of a node.

/// A node of one [`TaskGraph`](crate::TaskGraph): its position in the order of adding, from 0.
///
/// Ids are dense, so tables per node are plain vectors indexed by [`NodeId::index`]. Nodes are never removed, so an id
/// stays valid for the life of its graph and of the graph's clones. It means nothing in another graph.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The most nodes that a graph can hold. The last `u32` is left over for [`NodeId::from_index`].
    pub(crate) const MAX_NODES: usize = u32::MAX as usize;

    /// The position in the order of adding, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The id of the node at this position. Whether a graph has such a node is for
    /// [`TaskGraph::contains`](crate::TaskGraph::contains) to say; an index too large for any graph gives an id that no
    /// graph has.
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::NodeId;

    #[test]
    fn index_round_trips_and_saturates() {
        assert_eq!(NodeId::from_index(7).index(), 7);
        assert_eq!(NodeId::from_index(usize::MAX).index(), NodeId::MAX_NODES);
        assert!(NodeId::from_index(1) < NodeId::from_index(2));
    }
}
