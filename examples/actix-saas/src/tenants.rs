//! Who may do what: two tenants, held in memory.

use std::error::Error;

use tollgate::{Dimension, InMemorySource, LimitConfig, TenantConfig};

/// `acme-corp`, as the quick start has it, and `globex`, which is allowed more.
pub(crate) fn source() -> Result<InMemorySource, Box<dyn Error>> {
    let source = InMemorySource::new();
    source.set(
        TenantConfig::new("acme-corp".parse()?)
            .requests_per_minute(100)
            .tokens_per_minute(10_000)
            .allow_models(["gpt-4", "gpt-3.5-turbo"])
            .allow_tools(["search", "calculator"]),
    )?;
    source.set(
        TenantConfig::new("globex".parse()?)
            .requests_per_minute(1_000)
            .tokens_per_minute(200_000)
            .limit(LimitConfig::concurrency(
                "in-flight",
                Dimension::Requests,
                16,
            )),
    )?;
    Ok(source)
}
