//! The same promises on both databases.
/// Runs each of these functions on a SQLite file and on a PostgreSQL database of its own.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(crate::store::tests::kit::Kit::sqlite().await).await;
                }
            )+
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(crate::store::tests::kit::Kit::postgres().await).await;
                }
            )+
        }
    };
}

mod changes;
mod faults;
mod history;
mod kit;
mod listing;
mod migrating;
mod plain;
mod round_trip;
mod writes;
