//! What somebody has derived from a plan, kept with it.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::sync::OnceBox;

/// A place for one value that is derived from its owner and costs more than a look to derive.
///
/// It is no part of what its owner says: owners with different memos are equal, and a clone begins with none.
#[derive(Default)]
pub(crate) struct Memo(OnceBox<Box<dyn Any + Send + Sync>>);

impl Memo {
    /// What was derived before, or what `derive` gives now; `None` if the place holds something of another type.
    pub(crate) fn get_or<T: Any + Send + Sync>(&self, derive: impl FnOnce() -> T) -> Option<&T> {
        let kept = self.0.get_or_init(|| Box::new(Box::new(derive())));
        (**kept).downcast_ref()
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Memo {}

impl Hash for Memo {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo(..)")
    }
}
