//! A store in memory: for tests, and for engines of one process that share limits.

use std::fmt;

use crate::clock::Clock;
use crate::sync::{Arc, Mutex};

use super::{Book, Call, Calling, SharedOrigin};

/// Keeps shared limits in memory, by a clock of its own.
///
/// It knows that nothing was granted before it was made, so it grants at once. Clones share what they hold; it lasts as long
/// as some clone does.
///
/// # Concurrency
/// One call after the other, under a lock that is held for microseconds.
///
/// # Complexity
/// That of [`Book::call`].
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use tollgate::cluster::{Ask, Call, InMemorySharedOrigin, Shape, SharedOrigin, Want, When};
/// use tollgate::{Clock, Dimension, ManualClock};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let origin = InMemorySharedOrigin::new(Clock::manual(&ManualClock::new()));
/// let call = |node| -> Result<Call, Box<dyn std::error::Error>> {
///     Ok(Call {
///         tenant: "acme".parse()?,
///         node,
///         heartbeat: Duration::from_millis(400),
///         asks: vec![Ask {
///             limit: "api".into(),
///             dimension: Dimension::Requests,
///             generation: 1,
///             shape: Shape::Sliding { step: 1_000_000, rows: 11 },
///             capacity: 100,
///             rows: vec![],
///             want: Some(Want { when: When::Now, known: 0, need: 60, most: 60 }),
///         }],
///     })
/// };
/// let mut granted = Vec::new();
/// for reply in origin.call(&[call(1)?, call(2)?]).await {
///     granted.push(reply?.answers[0].rows[0].granted);
/// }
/// assert_eq!(granted, [60, 0], "nodes share one limit");
/// # Ok(())
/// # }
/// # pollster::block_on(example()).unwrap();
/// ```
#[derive(Clone)]
pub struct InMemorySharedOrigin {
    book: Arc<Mutex<Book>>,
    clock: Clock,
}

impl InMemorySharedOrigin {
    /// A store that has granted nothing.
    pub fn new(clock: Clock) -> Self {
        let book = Arc::new(Mutex::new(Book::unwritten(0)));
        Self { book, clock }
    }
}

impl Default for InMemorySharedOrigin {
    fn default() -> Self {
        Self::new(Clock::default())
    }
}

impl SharedOrigin for InMemorySharedOrigin {
    fn call<'o>(&'o self, calls: &'o [Call]) -> Calling<'o> {
        let mut book = self.book.lock();
        let replies = calls.iter().map(|call| {
            let micros = self.clock.now().as_nanos().checked_div(1_000);
            Ok(book.call(micros.unwrap_or(0), call))
        });
        let replies = replies.collect();
        Box::pin(std::future::ready(replies))
    }
}

impl fmt::Debug for InMemorySharedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemorySharedOrigin")
            .field("tenants", &self.book.lock().tenants())
            .field("clock", &self.clock)
            .finish()
    }
}
