//! Which dialects to speak, and their choices.

use tollgate::Usage;

use super::sink::ReportSink;
use super::write::Writer;
use super::{anthropic, ietf, openai, quota, x_ratelimit};

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
    /// `x-ratelimit-limit-requests`, `-remaining-requests`, `-reset-requests`, and the same for tokens, as OpenAI sends them.
    ///
    /// Of several limits of a dimension the one with the least left is told; of equals, the one that takes longest to be
    /// full again. `reset` is how long that takes, as Go writes durations, in whole milliseconds: `12ms`, `45.19s`, `6m0s`.
    /// A dimension without a limit is left out, and so are limits of concurrency. Pair it with
    /// [`openai_reply`](crate::Rejection::openai_reply).
    OpenAi,
    /// `anthropic-ratelimit-requests-limit`, `-remaining`, `-reset`, and the same for `tokens`, `input-tokens` and
    /// `output-tokens`, as Anthropic sends them.
    ///
    /// Which limit is told is chosen as for [`OpenAi`](Self::OpenAi). Input and output are those of the dimensions
    /// `input_tokens` and `output_tokens`. `remaining` of tokens is rounded to the nearest thousand, but for limits below
    /// a thousand. `reset` is the time at which all of it can be spent again, as RFC 3339 writes it, rounded up to a second:
    /// `2026-11-23T13:19:32Z`. Pair it with [`anthropic_reply`](crate::Rejection::anthropic_reply).
    Anthropic,
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
                HeaderProfile::OpenAi => {
                    openai::write(usage, &mut text, &mut |name, value| sink.put(name, value));
                }
                HeaderProfile::Anthropic => {
                    anthropic::write(usage, &mut text, &mut |name, value| sink.put(name, value));
                }
            }
        }
    }
}
