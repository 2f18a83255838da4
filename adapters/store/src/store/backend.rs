//! What the cache asks of a store.

use tollgate::TenantId;

use crate::backend::{Answer, Backend, Changes, Cursor, Row};
use crate::store::TenantStore;

impl Backend for TenantStore {
    fn load<'b>(&'b self, ids: &'b [TenantId]) -> Answer<'b, Vec<Row>> {
        Box::pin(async {
            let listed = self.load_all(ids).await?.into_iter();
            Ok(listed
                .map(|listed| Row {
                    id: listed.tenant,
                    version: listed.version,
                    config: listed.config,
                })
                .collect())
        })
    }

    fn ids<'b>(&'b self, after: Option<&'b TenantId>, most: u32) -> Answer<'b, Vec<TenantId>> {
        Box::pin(self.ids(after, most))
    }

    fn changes(&self, since: Option<Cursor>) -> Answer<'_, Changes> {
        Box::pin(self.changes_since(since))
    }
}
