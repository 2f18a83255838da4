//! A limit that is changed: what it counts by, and what it counts.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::runtime::Handle;
use tollgate::{Account, Claim, Dimension, InMemoryOrigin, Origin, Period, Timestamp};
use tollgate_store::SqlOrigin;

use super::kit::{DAY, Database, HOUR, account, during, need, settle};

on_both!(
    a_month_inherits_what_its_days_have_charged,
    what_was_inherited_is_not_inherited_again,
    a_period_that_changes_to_and_fro_admits_no_more,
    only_the_first_day_inherits_what_a_month_has_charged,
    a_window_that_has_nothing_to_give_gave_nothing,
    a_denied_claim_has_its_window_inherit,
    holders_of_one_window_inherit_once,
    two_dimensions_of_one_name_are_two_limits,
    changes_are_settled_as_in_memory,
);

fn day(day: u64, claim: Claim) -> Claim {
    during(Period::Day, day * DAY, (day + 1) * DAY, claim)
}

/// The days from 31 to 58.
fn month(claim: Claim) -> Claim {
    during(Period::Month, 31 * DAY, 59 * DAY, claim)
}

/// A claim for one, with a capacity.
fn one(holder: u64, capacity: u64) -> Claim {
    Claim {
        capacity,
        ..need(holder, 1)
    }
}

/// Spends whatever there is, as a holder that starts with this claim; says how much.
async fn spend_all(origin: &SqlOrigin, claim: Claim) -> u64 {
    let before = settle(origin, &claim).await;
    let left = claim.capacity.saturating_sub(before.charged);
    let spent = before.granted + left;
    let rest = Claim {
        spent: before.granted,
        least: spent,
        most: spent,
        ..claim
    };
    let after = settle(origin, &rest).await;
    assert_eq!(after.granted, spent);
    assert_eq!(after.charged, before.charged + left);
    spent
}

async fn a_month_inherits_what_its_days_have_charged(database: Database) {
    let origin = database.open().await;
    for (number, amount) in [(30, 1), (31, 10), (40, 20), (58, 5), (59, 2)] {
        settle(&origin, &day(number, need(1, amount))).await;
    }
    let elsewhere = Claim {
        limit: "other".into(),
        ..day(40, need(1, 50))
    };
    settle(&origin, &elsewhere).await;
    assert_eq!(settle(&origin, &month(need(2, 66))).await, account(0, 35));
    assert_eq!(settle(&origin, &month(need(2, 65))).await, account(65, 100));
}

async fn what_was_inherited_is_not_inherited_again(database: Database) {
    let origin = database.open().await;
    settle(&origin, &need(1, 10)).await;
    assert_eq!(settle(&origin, &day(0, need(2, 20))).await, account(20, 30));
    let month = during(Period::Month, 0, 31 * DAY, need(3, 1));
    assert_eq!(settle(&origin, &month).await, account(1, 31));
}

async fn a_period_that_changes_to_and_fro_admits_no_more(database: Database) {
    let origin = database.open().await;
    let mut spent = spend_all(&origin, day(40, one(1, 1000))).await;
    assert_eq!(spent, 1000);
    for change in 1..=3 {
        spent += spend_all(&origin, month(one(2 * change, 2000))).await;
        spent += spend_all(&origin, day(40, one(2 * change + 1, 2000))).await;
        assert_eq!(spent, 2000, "after {change} changes");
    }
    // Another process, by its own pool.
    let other = database.open().await;
    assert_eq!(spend_all(&other, day(40, one(8, 2000))).await, 0);
    assert_eq!(spend_all(&other, month(one(9, 2000))).await, 0);
    assert_eq!(spend_all(&other, month(one(10, 2100))).await, 100);
    assert_eq!(spend_all(&other, day(40, one(11, 2100))).await, 0);
}

async fn only_the_first_day_inherits_what_a_month_has_charged(database: Database) {
    let origin = database.open().await;
    assert_eq!(spend_all(&origin, month(one(1, 100))).await, 100);
    assert_eq!(spend_all(&origin, day(40, one(2, 100))).await, 0);
    for number in 41..45 {
        assert_eq!(spend_all(&origin, day(number, one(2, 100))).await, 100);
    }
    // The other days are no reason to charge the first again.
    assert_eq!(
        settle(&origin, &day(40, one(3, 100))).await,
        account(0, 100)
    );
    // Back again: what the days had, and what it had itself.
    assert_eq!(settle(&origin, &month(one(4, 500))).await, account(0, 500));
    // The day before the month has nothing to do with it.
    assert_eq!(spend_all(&origin, day(30, one(5, 100))).await, 100);
}

async fn a_window_that_has_nothing_to_give_gave_nothing(database: Database) {
    let origin = database.open().await;
    let hour = |hour: u64, claim| during(Period::Hour, hour * HOUR, (hour + 1) * HOUR, claim);
    settle(&origin, &day(40, need(1, 60))).await;
    settle(&origin, &day(41, need(2, 30))).await;
    assert_eq!(settle(&origin, &month(need(3, 0))).await, account(0, 90));
    let first = hour(40 * 24, need(4, 0));
    assert_eq!(settle(&origin, &first).await, account(0, 60));
    // The month overlaps both hours; what the first has is the first day's.
    let second = hour(41 * 24, need(5, 0));
    assert_eq!(settle(&origin, &second).await, account(0, 30));
}

async fn a_denied_claim_has_its_window_inherit(database: Database) {
    let origin = database.open().await;
    settle(&origin, &month(need(1, 100))).await;
    let denied = day(40, need(2, 1));
    assert_eq!(settle(&origin, &denied).await, account(0, 100));
    assert_eq!(settle(&origin, &denied).await, account(0, 100));
    let now = Timestamp::from_nanos(40 * DAY);
    let usage = origin.usage(&denied.tenant, now).await.unwrap();
    let told: Vec<_> = usage.iter().map(|row| (row.period, row.charged)).collect();
    assert_eq!(told, [(Period::Day, 100), (Period::Month, 100)]);
}

async fn holders_of_one_window_inherit_once(database: Database) {
    let origin = database.open().await;
    settle(&origin, &month(need(1, 30))).await;
    let claims: Vec<_> = (1..5).map(|holder| day(40, need(holder, 10))).collect();
    let accounts = origin.exchange(&claims).await.unwrap();
    let charged: Vec<u64> = accounts.iter().map(|account| account.charged).collect();
    assert_eq!(charged, [40, 50, 60, 70]);
    assert_eq!(settle(&origin, &day(40, need(9, 10))).await.charged, 80);
    assert_eq!(settle(&origin, &day(40, need(1, 10))).await.charged, 80);
}

async fn two_dimensions_of_one_name_are_two_limits(database: Database) {
    let origin = database.open().await;
    let of = |name: &str, claim: Claim| Claim {
        dimension: name.parse().unwrap(),
        ..claim
    };
    let claims = [
        of("tokens", month(need(1, 100))),
        of("requests", month(need(1, 70))),
        of("bytes", day(40, need(1, 20))),
    ];
    let accounts = origin.exchange(&claims).await.unwrap();
    assert_eq!(
        accounts,
        [account(100, 100), account(70, 70), account(20, 20)]
    );
    let changed = of("requests", day(40, need(2, 1)));
    assert_eq!(settle(&origin, &changed).await, account(1, 71));
    let now = Timestamp::from_nanos(40 * DAY);
    let usage = origin.usage(&claims[0].tenant, now).await.unwrap();
    let told = usage
        .iter()
        .map(|row| (row.dimension.clone(), row.period, row.charged));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("bytes".parse().unwrap(), Period::Day, 20),
            (Dimension::Requests, Period::Day, 71),
            (Dimension::Requests, Period::Month, 70),
            (Dimension::Tokens, Period::Month, 100),
        ]
    );
}

/// A claim in a window of some period, of one of two dimensions.
fn any_claim() -> impl Strategy<Value = Claim> {
    let window = prop_oneof![
        (0..48_u64).prop_map(|hour| (Period::Hour, hour * HOUR, (hour + 1) * HOUR)),
        (0..4_u64).prop_map(|day| (Period::Day, day * DAY, (day + 1) * DAY)),
        (0..2_u64).prop_map(|month| (Period::Month, month * 2 * DAY, (month + 1) * 2 * DAY)),
    ];
    let dimension = prop_oneof![4 => Just(Dimension::Tokens), 1 => Just(Dimension::Requests)];
    (window, dimension, 0..60_u64).prop_map(|((period, start, end), dimension, amount)| Claim {
        dimension,
        ..during(period, start, end, need(0, amount))
    })
}

/// Settles the claims, each of a holder of its own, in these exchanges.
async fn settled(origin: &impl Origin, exchanges: &[Vec<Claim>]) -> Vec<Account> {
    let mut accounts = Vec::new();
    let mut holder = 0;
    for claims in exchanges {
        let mut claims = claims.clone();
        for claim in &mut claims {
            holder += 1;
            claim.holder = holder;
        }
        accounts.extend(origin.exchange(&claims).await.unwrap());
    }
    accounts
}

async fn changes_are_settled_as_in_memory(database: Database) {
    let origin = database.open().await;
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let exchange = proptest::collection::vec(any_claim(), 1..6);
    let exchanges = proptest::collection::vec(exchange, 1..16);
    let live = async |exchanges: Vec<Vec<Claim>>| {
        database.run("DELETE FROM tollgate_holders").await;
        database.run("DELETE FROM tollgate_windows").await;
        let expected = settled(&InMemoryOrigin::new(), &exchanges).await;
        prop_assert_eq!(settled(&origin, &exchanges).await, expected);
        Ok(())
    };
    let held = tokio::task::block_in_place(|| {
        runner.run(&exchanges, |exchanges| {
            Handle::current().block_on(live(exchanges))
        })
    });
    held.unwrap();
}
