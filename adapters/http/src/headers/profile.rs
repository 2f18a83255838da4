//! Which dialects to speak, and their choices.

use tollgate::Usage;

use super::sink::ReportSink;
use super::write::Writer;
use super::{ietf, quota, x_ratelimit};

/// A dialect in which responses state the tenant's limits. Any set of them can be sent at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderProfile {
    /// `RateLimit-Policy: "burst";q=100;w=60` and `RateLimit: "burst";r=50;t=30`, one item a limit.
    ///
    /// The fields of draft-ietf-httpapi-ratelimit-headers-11 (an Internet-Draft, not an RFC):
    /// `q` is the capacity and `w` its window in seconds, `r` what is left, and within the next `t`
    /// seconds the client can use no more than `r`. Seconds are rounded up; `w` is left out for
    /// calendar months (no constant length) and for concurrency, `t` where nothing is used.
    /// A limit of anything but requests has no registered unit: name it so that clients can tell,
    /// or turn on [`units`](crate::GateBuilder::units).
    Ietf,
    /// `X-RateLimit-Limit`, `-Remaining` and `-Reset` of the limit that is nearest to its end.
    ///
    /// That is the one with the least left in proportion; of equals, the one that takes longest to
    /// be full again. `Reset` is when it will be full again ([`ResetStyle`]). Concurrency limits
    /// have no such time and are left out.
    XRateLimit,
    /// `X-Quota-Remaining-Requests` and `X-Quota-Remaining-Tokens`.
    ///
    /// The least that is left over all limits of the dimension; left out where it is unlimited.
    Quota,
}

/// How `X-RateLimit-Reset` writes a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ResetStyle {
    /// Seconds from now, rounded up. The default.
    #[default]
    Delta,
    /// Seconds since the Unix epoch, rounded up.
    Epoch,
}

/// Receives one header: its name in lower case, and its value.
pub(crate) type Put<'p> = dyn FnMut(&'static str, &str) + 'p;

/// The dialects that a gate speaks.
#[derive(Debug, Clone)]
pub(crate) struct HeaderSet {
    pub(crate) profiles: Vec<HeaderProfile>,
    pub(crate) reset: ResetStyle,
    pub(crate) units: bool,
}

impl HeaderSet {
    /// Gives `sink` each header that tells `usage`.
    pub(crate) fn write(&self, usage: &Usage, sink: &mut dyn ReportSink) {
        let mut text = Writer::new();
        for profile in &self.profiles {
            match profile {
                HeaderProfile::Ietf => ietf::write(usage, self.units, &mut text, sink),
                HeaderProfile::XRateLimit => {
                    x_ratelimit::write(usage, self.reset, &mut text, &mut |name, value| {
                        sink.put(name, value);
                    });
                }
                HeaderProfile::Quota => {
                    quota::write(usage, &mut text, &mut |name, value| sink.put(name, value));
                }
            }
        }
    }
}
