//! What becomes of a row.

use std::marker::PhantomData;

use sqlx::{Database, Error, FromRow};

/// What a [`Query`](crate::Query) makes of each row: [`Plain`], [`As`] or [`Scalar`].
pub trait Shape<DB: Database>: sealed::Sealed {
    /// What a row becomes.
    type Output: Send;

    #[doc(hidden)]
    fn of(row: DB::Row) -> Result<Self::Output, Error>;
}

/// A row as the driver gives it.
#[derive(Debug)]
pub struct Plain(());

/// A row as a `T`.
#[derive(Debug)]
pub struct As<T>(PhantomData<fn() -> T>);

/// The first column as a `T`.
#[derive(Debug)]
pub struct Scalar<T>(PhantomData<fn() -> T>);

impl<DB: Database> Shape<DB> for Plain {
    type Output = DB::Row;

    fn of(row: DB::Row) -> Result<DB::Row, Error> {
        Ok(row)
    }
}

impl<DB: Database, T> Shape<DB> for As<T>
where
    T: Send + for<'r> FromRow<'r, DB::Row>,
{
    type Output = T;

    fn of(row: DB::Row) -> Result<T, Error> {
        T::from_row(&row)
    }
}

impl<DB: Database, T> Shape<DB> for Scalar<T>
where
    T: Send,
    (T,): for<'r> FromRow<'r, DB::Row>,
{
    type Output = T;

    fn of(row: DB::Row) -> Result<T, Error> {
        <(T,)>::from_row(&row).map(|(first,)| first)
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "sealed")]
    pub trait Sealed {}

    impl Sealed for super::Plain {}
    impl<T> Sealed for super::As<T> {}
    impl<T> Sealed for super::Scalar<T> {}
}
