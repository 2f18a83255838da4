//! Outcomes as lines of JSON, one a line of the log.

use std::io::{self, Write};

use tollgate::{TenantId, Usage};

use crate::time::Millis;
use crate::verdict::{Outcome, Reason, Verdict};

/// The name of a reason, as the output has it.
pub(crate) fn name(reason: Reason) -> &'static str {
    match reason {
        Reason::Quota => "quota",
        Reason::InUse => "in_use",
        Reason::Never => "never",
        Reason::Suspended => "suspended",
        Reason::Policy => "policy",
        Reason::UnknownTenant => "unknown_tenant",
    }
}

/// Writes the line that answers one of the log.
pub(crate) fn write(to: &mut impl Write, at: Millis, outcome: &Outcome<'_>) -> io::Result<()> {
    // Times are numbers of their own making, since JSON's may have as many digits as they need;
    // tenant ids and reasons have no letter to be escaped.
    write!(to, "{{\"t_ms\":{at},")?;
    match outcome {
        Outcome::Decided(tenant, verdict) => write_verdict(to, tenant, verdict)?,
        Outcome::Configured(config) => {
            let ids: Vec<_> = config
                .tenants
                .iter()
                .map(|tenant| &tenant.tenant_id)
                .collect();
            to.write_all(b"\"config\":")?;
            serde_json::to_writer(&mut *to, &ids)?;
        }
        Outcome::Suspended { tenant, known } => write_status(to, "suspend", tenant, *known)?,
        Outcome::Resumed { tenant, known } => write_status(to, "resume", tenant, *known)?,
    }
    to.write_all(b"}\n")
}

fn write_status(to: &mut impl Write, what: &str, tenant: &TenantId, known: bool) -> io::Result<()> {
    write!(to, "\"{what}\":\"{tenant}\"")?;
    if known {
        return Ok(());
    }
    write!(to, ",\"reason\":\"{}\"", name(Reason::UnknownTenant))
}

fn write_verdict(to: &mut impl Write, tenant: &TenantId, verdict: &Verdict) -> io::Result<()> {
    let admitted = verdict.is_admitted();
    write!(
        to,
        "\"tenant\":\"{tenant}\",\"admitted\":{admitted},\"reason\":"
    )?;
    match verdict.reason {
        Some(reason) => write!(to, "\"{}\"", name(reason))?,
        None => to.write_all(b"null")?,
    }
    to.write_all(b",\"binding\":")?;
    serde_json::to_writer(&mut *to, &verdict.binding.as_deref())?;
    to.write_all(b",\"retry_after_ms\":")?;
    match verdict.retry_after {
        Some(after) => write!(to, "{after}")?,
        None => to.write_all(b"null")?,
    }
    let never = verdict.reason == Some(Reason::Never);
    write!(to, ",\"never\":{never},\"remaining\":{{")?;
    let mut gap = "";
    for level in verdict.usage.iter().flat_map(Usage::iter) {
        to.write_all(gap.as_bytes())?;
        serde_json::to_writer(&mut *to, level.limit.name())?;
        write!(to, ":{}", level.remaining)?;
        gap = ",";
    }
    to.write_all(b"}")
}
