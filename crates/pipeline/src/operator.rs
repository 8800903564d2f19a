//! Shared operators of nodes.

use pixelflume_ops::Operator;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// An operator that is shared, and its type where that is known, so that its parameters can be changed one by one.
#[derive(Clone)]
pub(crate) struct SharedOperator {
    operator: Arc<dyn Operator>,
    /// The same operator, with its type.
    typed: Option<Arc<dyn Any + Send + Sync>>,
}

impl SharedOperator {
    pub(crate) fn new<T: Operator + 'static>(operator: T) -> Self {
        let typed = Arc::new(operator);
        SharedOperator {
            operator: Arc::clone(&typed) as Arc<dyn Operator>,
            typed: Some(typed),
        }
    }

    pub(crate) fn untyped(operator: Arc<dyn Operator>) -> Self {
        SharedOperator {
            operator,
            typed: None,
        }
    }

    pub(crate) fn get(&self) -> &Arc<dyn Operator> {
        &self.operator
    }

    /// The operator, if it is known to be of this type.
    pub(crate) fn downcast<T: 'static>(&self) -> Option<&T> {
        self.typed.as_ref()?.downcast_ref()
    }

    /// Whether both are clones of one operator.
    pub(crate) fn is_same(&self, other: &SharedOperator) -> bool {
        Arc::ptr_eq(&self.operator, &other.operator)
    }
}

impl fmt::Debug for SharedOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operator.fmt(f)
    }
}
