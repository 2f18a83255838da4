//! Rows as they come.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_stream::try_stream;
use futures_core::Stream;
use futures_core::stream::BoxStream;

use super::backend::Ready;
use super::lent::{Lent, State, state_after};
use super::query::Target;
use super::{Backend, Shape};
use crate::DbError;

/// The rows of a statement, one after the other; a [`Stream`].
///
/// It ends after the first error.
#[must_use = "a stream does nothing until it is read"]
pub struct Rows<'t, T> {
    stream: BoxStream<'t, Result<T, DbError>>,
}

impl<'t, T: Send + 't> Rows<'t, T> {
    pub(crate) fn of<DB, S>(ready: Result<(Target<'t, DB>, Ready<DB>), DbError>) -> Self
    where
        DB: Backend,
        S: Shape<DB, Output = T> + 't,
    {
        let stream = try_stream! {
            let (target, ready) = ready?;
            match target {
                Target::Pool(scope) => {
                    let mut lent = scope.lend().await?;
                    // Whoever stops reading has the connection closed: what is left to read has no bound.
                    for await row in read::<DB, S>(&mut lent, ready, State::Busy) {
                        yield row?;
                    }
                    lent.commit_all().await?;
                }
                Target::Transaction(lent, level) => {
                    lent.roll_back(level.saturating_add(1)).await?;
                    // The transaction goes on for whoever stops reading; the driver skips what is left.
                    for await row in read::<DB, S>(lent, ready, State::Free) {
                        yield row?;
                    }
                }
            }
        };
        Self {
            stream: Box::pin(stream),
        }
    }
}

/// `at_rest` is what the connection is while the reader does something else.
fn read<'l, DB, S>(
    lent: &'l mut Lent<DB>,
    ready: Ready<DB>,
    at_rest: State,
) -> impl Stream<Item = Result<S::Output, DbError>> + Send + 'l
where
    DB: Backend,
    S: Shape<DB>,
    S::Output: 'l,
{
    try_stream! {
        let failed = {
            let (link, state) = lent.take_up()?;
            let mut rows = DB::fetch(link, ready);
            loop {
                match poll_fn(|context| rows.as_mut().poll_next(context)).await {
                    None => {
                        *state = State::Free;
                        break None;
                    }
                    Some(Err(error)) => {
                        *state = state_after(Some(&error));
                        break Some(error);
                    }
                    Some(Ok(row)) => {
                        *state = at_rest;
                        yield S::of(row).map_err(DbError::Database)?;
                        *state = State::Busy;
                    }
                }
            }
        };
        if let Some(error) = failed {
            lent.note_failure();
            Err(DbError::Database(error))?;
        }
    }
}

impl<T> Rows<'_, T> {
    /// The next row; `None` when there are no more.
    ///
    /// # Errors
    /// If the statement is refused, its values are too few or too many, the database fails, or the row is of another
    /// type; the stream has ended then.
    pub async fn next(&mut self) -> Option<Result<T, DbError>> {
        poll_fn(|context| self.stream.as_mut().poll_next(context)).await
    }
}

impl<T> Stream for Rows<'_, T> {
    type Item = Result<T, DbError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().stream.as_mut().poll_next(context)
    }
}

impl<T> fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}
