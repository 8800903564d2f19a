//! Task graphs: topology, validation, order, reachability
