//! The end of an admitted request: when its response's body ends, so does it.

use tollgate::Cost;

use crate::permit::{Ending, PermitHandle};
use crate::usage::{Price, UsageReader};

/// Ends an admitted request when it is dropped: frees its concurrency slots, whoever still holds a
/// [`PermitHandle`] of it, and closes the permit if no one has settled it.
///
/// An adapter keeps it in the response's body, shows it what [passes by](Self::read) if it [wants](Self::wants_body)
/// that, and when the body comes to its proper end calls [`end`](Self::end). A guard that is dropped otherwise says
/// that the client or the handler broke it off. Either way what the body has told of its usage until then is what the
/// request is settled at, if it is enough to tell.
#[derive(Debug)]
#[must_use = "dropping the guard ends its request"]
pub struct BodyGuard {
    permit: PermitHandle,
    ending: Ending,
    meter: Option<Box<Meter>>,
}

/// What finds out from the body what the request has cost.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) reader: UsageReader,
    pub(crate) price: Price,
}

impl BodyGuard {
    pub(crate) fn new(permit: PermitHandle) -> Self {
        Self {
            permit,
            ending: Ending::default(),
            meter: None,
        }
    }

    /// The permit of the request.
    pub fn permit(&self) -> &PermitHandle {
        &self.permit
    }

    pub(crate) fn answered(&mut self, status: u16) {
        self.ending.status = Some(status);
    }

    pub(crate) fn measure(&mut self, meter: Meter) {
        self.meter = Some(Box::new(meter));
    }

    /// Whether it wants to see the body: the gate settles by the usage that such a body tells.
    pub fn wants_body(&self) -> bool {
        self.meter.is_some()
    }

    /// Sees the next piece of the body, of any size, as it passes by. It keeps a few KB at most.
    pub fn read(&mut self, data: &[u8]) {
        if let Some(meter) = &mut self.meter {
            meter.reader.read(data);
        }
    }

    /// Settles at what the body has told, if it has.
    fn settle(&self) {
        let told = self.meter.as_ref().and_then(|meter| meter.cost());
        if let Some(actual) = told {
            // An error says that the handler, or the status, has settled already.
            let _settled = self.permit.settle(&actual);
        }
    }

    /// The body has come to its proper end, and with it the request.
    pub fn end(mut self) {
        self.ending.complete = true;
    }
}

impl Meter {
    fn cost(&self) -> Option<Cost> {
        let usage = self.reader.usage()?;
        self.price.of(&usage)
    }
}

impl Drop for BodyGuard {
    fn drop(&mut self) {
        self.settle();
        self.permit.finish(self.ending);
    }
}
