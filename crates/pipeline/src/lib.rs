//! Pipelines of image operators: builder, plans, pipeline files
