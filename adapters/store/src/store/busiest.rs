//! Notes who was busiest, for processes that start.

use tollgate::TenantId;

use crate::error::StoreError;
use crate::store::database::{Dialect, Statement};
use crate::store::{TenantStore, failed};

const NOTING: &str = "noting the busiest tenants";
const READING: &str = "reading the busiest tenants";
/// How long a tenant is remembered that was not noted again, in seconds.
const REMEMBERED_S: i64 = 24 * 60 * 60;

impl TenantStore {
    /// Notes these tenants, the busiest first, beside those that other processes note; whoever was not noted for a day
    /// is forgotten.
    pub(crate) async fn note_busiest(&self, ids: &[TenantId]) -> Result<(), StoreError> {
        let joined = joined(ids);
        let (note, forget) = match self.dialect() {
            Dialect::Postgres => (
                "INSERT INTO tollgate_busiest (tenant_id, place, noted_at) \
                 SELECT id, place, extract(epoch FROM now())::bigint \
                 FROM unnest(string_to_array($1, ',')) WITH ORDINALITY AS noted (id, place) \
                 ORDER BY id COLLATE \"C\" \
                 ON CONFLICT (tenant_id) DO UPDATE SET place = excluded.place, noted_at = excluded.noted_at",
                "DELETE FROM tollgate_busiest WHERE noted_at < extract(epoch FROM now())::bigint - $1",
            ),
            Dialect::Sqlite => (
                "INSERT INTO tollgate_busiest (tenant_id, place, noted_at) \
                 SELECT value, key + 1, CAST(strftime('%s', 'now') AS INTEGER) \
                 FROM json_each('[\"' || replace($1, ',', '\",\"') || '\"]') WHERE true \
                 ON CONFLICT (tenant_id) DO UPDATE SET place = excluded.place, noted_at = excluded.noted_at",
                "DELETE FROM tollgate_busiest WHERE noted_at < CAST(strftime('%s', 'now') AS INTEGER) - $1",
            ),
        };
        self.bounded(NOTING, || async {
            self.migrated(NOTING, "the busiest tenants").await?;
            let mut session = self.0.database.session().await.map_err(failed(NOTING))?;
            let mut work = session.begin().await.map_err(failed(NOTING))?;
            if !ids.is_empty() {
                let note = Statement::new(note).text(joined.as_str());
                work.write(note).await.map_err(failed(NOTING))?;
            }
            let forget = Statement::new(forget).int(REMEMBERED_S);
            work.write(forget).await.map_err(failed(NOTING))?;
            work.commit().await.map_err(failed(NOTING))
        })
        .await
    }

    /// The tenants that were noted last, the busiest first; none in a plain table.
    pub(crate) async fn busiest(&self, most: u64) -> Result<Vec<TenantId>, StoreError> {
        let rows = self.bounded(READING, || async {
            if !self.shape(READING).await?.migrated {
                return Ok(Vec::new());
            }
            // In the same minute means as good as at the same time, by another process.
            let latest = "SELECT tenant_id FROM tollgate_busiest \
                          ORDER BY noted_at / 60 DESC, place, tenant_id LIMIT $1";
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let rows = self.0.database.rows(Statement::new(latest).int(most)).await;
            rows.map_err(failed(READING))
        });
        let rows = rows.await?;
        Ok(rows
            .iter()
            .filter_map(|row| TenantId::from_bytes(row.bytes(0)?).ok())
            .collect())
    }
}

/// No id has a comma in it.
fn joined(ids: &[TenantId]) -> String {
    let ids: Vec<_> = ids.iter().map(TenantId::as_str).collect();
    ids.join(",")
}
