//! Hears of changes from PostgreSQL: LISTEN, on a connection of its own.
//!
//! A connection can be dead without anybody saying so, and a connection pooler in between may take LISTEN and never
//! pass a notice on. So now and then the connection notifies itself, on a channel that nobody else listens
//! to: if that echo does not come back in time, no notice would.
//!
//! The connection is made with the options of the user's pool, and not by the pool: what its hooks do to a
//! connection is not done to this one. One that is given up while the network swallows everything stays open until the
//! kernel gives it up too, since the driver wants to take leave of the server.

use std::hash::BuildHasher;
use std::io;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::time::timeout;

use crate::backend::Answer;
use crate::error::StoreError;
use crate::feed::{Ear, Opening, Signals};
use crate::source::health::FeedMode;

/// What the triggers notify.
const CHANNEL: &str = "tollgate_tenants";
const LISTENING: &str = "listening for changes";

/// Notices of a PostgreSQL database.
pub(crate) struct PgSignals(pub(crate) PgPool);

impl Signals for PgSignals {
    fn open(&self) -> Opening {
        let options = PgConnectOptions::clone(&self.0.connect_options());
        Box::pin(async move {
            let mut ear = PgEar::open(options).await.map_err(failed)?;
            ear.check().await?;
            let ear: Box<dyn Ear> = Box::new(ear);
            Ok(ear)
        })
    }
}

struct PgEar {
    listener: PgListener,
    echo: String,
    echoes: u64,
    /// A notice came that nobody has been told of.
    noticed: bool,
}

impl PgEar {
    async fn open(options: PgConnectOptions) -> Result<Self, sqlx::Error> {
        let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None);
        let pool = pool.max_lifetime(None).connect_with(options).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        let random = foldhash::quality::RandomState::default().hash_one(CHANNEL);
        let echo = format!("tollgate_echo_{random:016x}");
        listener.listen_all([CHANNEL, &echo]).await?;
        Ok(Self {
            listener,
            echo,
            echoes: 0,
            noticed: false,
        })
    }

    /// Waits for a notice; says whether it is the echo with this number.
    async fn next(&mut self, echo: &str) -> Result<bool, sqlx::Error> {
        match self.listener.try_recv().await? {
            Some(notice) if notice.channel() == CHANNEL => {
                self.noticed = true;
                Ok(false)
            }
            Some(notice) => Ok(notice.payload() == echo),
            None => Err(io::Error::from(io::ErrorKind::ConnectionAborted).into()),
        }
    }
}

impl Ear for PgEar {
    fn heard(&mut self) -> Answer<'_, ()> {
        Box::pin(async {
            while !self.noticed {
                self.next("").await.map_err(failed)?;
            }
            // Those that are there already are one. A failure is found the next time.
            while let Ok(Ok(_)) = timeout(Duration::ZERO, self.next("")).await {}
            self.noticed = false;
            Ok(())
        })
    }

    fn check(&mut self) -> Answer<'_, ()> {
        Box::pin(async {
            self.echoes = self.echoes.wrapping_add(1);
            let number = self.echoes.to_string();
            let notify = sqlx::query("SELECT pg_notify($1, $2)");
            let notify = notify.bind(&self.echo).bind(&number);
            notify.execute(&mut self.listener).await.map_err(failed)?;
            while !self.next(&number).await.map_err(failed)? {}
            Ok(())
        })
    }

    fn mode(&self) -> FeedMode {
        FeedMode::Listening
    }
}

fn failed(cause: sqlx::Error) -> StoreError {
    let doing = LISTENING;
    StoreError::Database { doing, cause }
}
