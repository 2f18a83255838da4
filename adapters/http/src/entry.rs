//! Where the gate sends a request.

use crate::admission::Admission;
use crate::question::Question;
use crate::reply::Reply;

/// Where a request may go.
#[derive(Debug)]
#[must_use = "dropping an admission ends its request"]
pub enum Entry {
    /// To its handler, with no tenant and no quota
    /// ([`allow_missing`](crate::GateBuilder::allow_missing)).
    Open,
    /// To its handler, charged.
    Admitted(Admission),
    /// Back to the client, with this reply.
    Rejected(Reply),
}

/// What a gate can say without waiting.
#[derive(Debug)]
#[must_use = "an undecided question wants to be decided"]
pub enum Outlook<'r> {
    /// The tenant is loaded, or none is needed: this is the decision.
    Decided(Entry),
    /// The tenant is not loaded: [`decide`](crate::Gate::decide) loads it, then decides.
    Undecided(Question<'r>),
}

impl Outlook<'_> {
    pub(crate) fn rejected(reply: Reply) -> Self {
        Self::Decided(Entry::Rejected(reply))
    }
}
