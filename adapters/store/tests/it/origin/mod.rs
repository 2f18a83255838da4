//! Durable limits in SQLite and PostgreSQL: never over, whatever is lost on the way.

/// Makes of each test, a function of a database, one for SQLite and one for PostgreSQL.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::origin::kit::Database::sqlite().await).await;
            })+
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::origin::kit::Database::postgres().await).await;
            })+
        }
    };
}

mod accounts;
#[cfg(feature = "postgres")]
mod crashes;
mod crowds;
#[cfg(feature = "sqlite")]
mod durability;
mod engines;
mod kit;
mod laws;
mod lives;
mod periods;
mod sweeps;
