//! Who may do what: tenants in a database, two of them to begin with.

use std::error::Error;

use tollgate::{Dimension, LimitConfig, TenantConfig};
use tollgate_store::{By, Expected, Filter, SqlOrigin, SqlSource, StoreError, TenantStore};

/// The source of tenants over the database at `url`, which is made ready for it.
///
/// A database that is gone later keeps nobody out who is known; one that isn't there now can't be made ready, and
/// is an error.
pub(crate) async fn source(url: &str) -> Result<SqlSource, Box<dyn Error>> {
    let store = TenantStore::connect(url).await?;
    store.migrate().await?;
    seed(&store).await?;
    Ok(SqlSource::builder(store).start().await)
}

/// Where the usage of durable limits is kept: in the same database.
pub(crate) async fn origin(source: &SqlSource) -> Result<SqlOrigin, StoreError> {
    let origin = SqlOrigin::of(source.store());
    origin.migrate().await?;
    Ok(origin)
}

/// Writes the first tenants if there is none at all.
async fn seed(store: &TenantStore) -> Result<(), Box<dyn Error>> {
    if !store
        .list(&Filter::default().most(1))
        .await?
        .tenants
        .is_empty()
    {
        return Ok(());
    }
    for tenant in first_tenants()? {
        match store
            .set_if(&tenant, Expected::Absent, &By::new("multi-tenant-saas"))
            .await
        {
            // Another process that started at the same time was faster.
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    tracing::info!("the database had no tenants: acme-corp and globex are in it now");
    Ok(())
}

/// `acme-corp`, as the quick start has it, and `globex`, which is allowed more.
fn first_tenants() -> Result<[TenantConfig; 2], Box<dyn Error>> {
    Ok([
        TenantConfig::new("acme-corp".parse()?)
            .requests_per_minute(100)
            .tokens_per_minute(10_000)
            .allow_models(["gpt-4", "gpt-3.5-turbo"])
            .allow_tools(["search", "calculator"]),
        TenantConfig::new("globex".parse()?)
            .requests_per_minute(1_000)
            .tokens_per_minute(200_000)
            .limit(LimitConfig::concurrency(
                "in-flight",
                Dimension::Requests,
                16,
            )),
    ])
}
