//! An origin in the test's hand: it can be slow, silent, wrong, or fall over, and it counts what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tollgate::{Account, Claim, Exchanging, InMemoryOrigin, Origin, OriginError};

/// What becomes of the exchanges from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Mood {
    Well,
    /// Says no, and has done nothing.
    Down,
    /// Does what it is asked, and its answer gets lost.
    Deaf,
    /// Never answers.
    Silent,
    /// Gives fewer accounts than there are claims.
    Short,
    Panics,
}

const MOODS: [Mood; 6] = [
    Mood::Well,
    Mood::Down,
    Mood::Deaf,
    Mood::Silent,
    Mood::Short,
    Mood::Panics,
];

/// Clones are the same origin.
#[derive(Clone, Default)]
pub(crate) struct ScriptedOrigin {
    accounts: InMemoryOrigin,
    mood: Arc<AtomicU64>,
    exchanges: Arc<AtomicU64>,
    /// What all holders hold, by the last answer.
    charged: Arc<AtomicU64>,
}

impl ScriptedOrigin {
    pub(crate) fn set(&self, mood: Mood) {
        self.mood.store(mood as u64, Ordering::SeqCst);
    }

    pub(crate) fn exchanges(&self) -> u64 {
        self.exchanges.load(Ordering::SeqCst)
    }

    pub(crate) fn charged(&self) -> u64 {
        self.charged.load(Ordering::SeqCst)
    }

    async fn settle(&self, claims: &[Claim]) -> Result<Vec<Account>, OriginError> {
        self.exchanges.fetch_add(1, Ordering::SeqCst);
        let down = Err(OriginError::new("it is down"));
        match MOODS[self.mood.load(Ordering::SeqCst) as usize] {
            Mood::Down => return down,
            Mood::Silent => std::future::pending().await,
            Mood::Panics => panic!("the origin panics"),
            Mood::Short => return Ok(Vec::new()),
            Mood::Well | Mood::Deaf => {}
        }
        // Not at once: whoever waits for it has to wait.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let accounts = self.accounts.exchange(claims).await?;
        if let Some(last) = accounts.last() {
            self.charged.store(last.charged, Ordering::SeqCst);
        }
        if MOODS[self.mood.load(Ordering::SeqCst) as usize] == Mood::Deaf {
            return down;
        }
        Ok(accounts)
    }
}

impl Origin for ScriptedOrigin {
    fn exchange<'o>(&'o self, claims: &'o [Claim]) -> Exchanging<'o> {
        Box::pin(self.settle(claims))
    }
}
