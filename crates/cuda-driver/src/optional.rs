//! Functions newer than CUDA 11.4, which a driver may or may not have.

macro_rules! optional_symbols {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A driver function that CUDA 11.4 lacks, by its exact ABI name.
        ///
        /// [`Driver::optional`](crate::Driver::optional) gives its address where the driver has it. The signature is the
        /// one of the `cuda.h` that introduced this very name; structures of newer headers belong to the newer names, so
        /// never mix them with an 11.4 function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum OptionalSymbol {
            $($(#[$doc])* $variant,)*
        }

        impl OptionalSymbol {
            /// All of them, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The ABI name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

optional_symbols! {
    /// `cuLaunchKernelEx`: a launch with attributes (clusters, programmatic dependent launch).
    LaunchKernelEx = "cuLaunchKernelEx",
    /// `cuFuncLoad`: loads a lazily loaded kernel at once.
    FuncLoad = "cuFuncLoad",
    /// `cuFuncIsLoaded`: whether a kernel has been loaded.
    FuncIsLoaded = "cuFuncIsLoaded",
    /// `cuModuleGetLoadingMode`: whether modules are loaded lazily.
    ModuleGetLoadingMode = "cuModuleGetLoadingMode",
    /// `cuGraphExecUpdate_v2`: an update whose result names the node at fault.
    GraphExecUpdateV2 = "cuGraphExecUpdate_v2",
    /// `cuGraphInstantiateWithParams`: an instantiation that returns the node at fault and may upload at once.
    GraphInstantiateWithParams = "cuGraphInstantiateWithParams",
    /// `cuGraphNodeSetEnabled`: switches a node of an executable graph off and on.
    GraphNodeSetEnabled = "cuGraphNodeSetEnabled",
    /// `cuGraphNodeGetEnabled`: whether a node of an executable graph is on.
    GraphNodeGetEnabled = "cuGraphNodeGetEnabled",
    /// `cuGraphAddNode`: adds a node of any kind.
    GraphAddNode = "cuGraphAddNode",
    /// `cuGraphAddKernelNode_v2`: a kernel node whose parameters can name a context.
    GraphAddKernelNodeV2 = "cuGraphAddKernelNode_v2",
    /// `cuGraphExecKernelNodeSetParams_v2`: new parameters for a kernel node, in the same structure.
    GraphExecKernelNodeSetParamsV2 = "cuGraphExecKernelNodeSetParams_v2",
    /// `cuGraphExecNodeSetParams`: new parameters for a node of any kind.
    GraphExecNodeSetParams = "cuGraphExecNodeSetParams",
    /// `cuGraphGetEdges_v2`: the edges with their data.
    GraphGetEdgesV2 = "cuGraphGetEdges_v2",
    /// `cuGraphConditionalHandleCreate`: a handle for conditional nodes.
    GraphConditionalHandleCreate = "cuGraphConditionalHandleCreate",
    /// `cuStreamBeginCaptureToGraph`: captures into a graph that exists already.
    StreamBeginCaptureToGraph = "cuStreamBeginCaptureToGraph",
    /// `cuStreamGetCaptureInfo_v3`: the capture's state with edge data.
    StreamGetCaptureInfoV3 = "cuStreamGetCaptureInfo_v3",
    /// `cuStreamGetId`: a number for the stream, unique in the process.
    StreamGetId = "cuStreamGetId",
    /// `cuCtxGetId`: a number for the context, unique in the process.
    CtxGetId = "cuCtxGetId",
    /// `cuEventElapsedTime_v2`: the elapsed time under the signature of newer headers.
    EventElapsedTimeV2 = "cuEventElapsedTime_v2",
    /// `cuGetProcAddress_v2`: the driver's own look-up, by name and version.
    GetProcAddressV2 = "cuGetProcAddress_v2",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::Symbol;

    #[test]
    fn names_are_unique_and_none_is_in_the_table() {
        for (i, symbol) in OptionalSymbol::ALL.iter().enumerate() {
            assert!(
                OptionalSymbol::ALL[..i]
                    .iter()
                    .all(|other| other.name() != symbol.name())
            );
            assert!(
                Symbol::named(symbol.name()).is_err(),
                "{} is always there",
                symbol.name()
            );
        }
    }
}
