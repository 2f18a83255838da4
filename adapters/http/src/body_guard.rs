//! The end of an admitted request: when its response's body ends, so does it.

use crate::permit::{Ending, PermitHandle};

/// Ends an admitted request when it is dropped: frees its concurrency slots, whoever still holds a
/// [`PermitHandle`] of it, and closes the permit if no one has settled it.
///
/// An adapter keeps it in the response's body. When the body comes to its proper end the adapter calls
/// [`end`](Self::end); a guard that is dropped otherwise says that the client or the handler broke it off.
#[derive(Debug)]
#[must_use = "dropping the guard ends its request"]
pub struct BodyGuard {
    permit: PermitHandle,
    ending: Ending,
}

impl BodyGuard {
    pub(crate) fn new(permit: PermitHandle) -> Self {
        Self {
            permit,
            ending: Ending::default(),
        }
    }

    /// The permit of the request.
    pub fn permit(&self) -> &PermitHandle {
        &self.permit
    }

    pub(crate) fn answered(&mut self, status: u16) {
        self.ending.status = Some(status);
    }

    /// The body has come to its proper end, and with it the request.
    pub fn end(mut self) {
        self.ending.complete = true;
    }
}

impl Drop for BodyGuard {
    fn drop(&mut self) {
        self.permit.finish(self.ending);
    }
}
