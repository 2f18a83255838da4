//! What is old goes, bit by bit; what is not stays.

use tollgate::{Origin, Period, Timestamp};

use super::kit::{DAY, Database, HOUR, account, claim, during, need, settle};

on_both!(
    holders_go_after_a_day_and_windows_after_forty,
    a_sweep_is_bounded_and_the_next_goes_on,
    a_clock_that_runs_ahead_sweeps_nothing_that_others_use,
    an_origin_in_use_sweeps_by_itself,
);

const HOLDERS: &str = "SELECT COUNT(*) FROM tollgate_holders";
const WINDOWS: &str = "SELECT COUNT(*) FROM tollgate_windows";

async fn holders_go_after_a_day_and_windows_after_forty(database: Database) {
    let origin = database.open().await;
    settle(&origin, &need(1, 30)).await;
    settle(&origin, &need(2, 30)).await;
    let later = during(Period::Hour, DAY, DAY + HOUR, need(1, 30));
    settle(&origin, &later).await;
    let sweep = |now: u64| {
        let origin = origin.clone();
        async move { origin.sweep(Timestamp::from_nanos(now)).await.unwrap() }
    };
    assert_eq!(sweep(DAY + HOUR).await, 0);
    assert_eq!(sweep(DAY + HOUR + 1).await, 2);
    assert_eq!(settle(&origin, &claim(3)).await, account(0, 60));
    assert_eq!(settle(&origin, &later).await, account(30, 30));

    // Who claimed nothing has left no row.
    assert_eq!(database.number(HOLDERS).await, 1);
    assert_eq!(sweep(40 * DAY + HOUR).await, 1);
    assert_eq!(database.number(WINDOWS).await, 2);
    assert_eq!(sweep(40 * DAY + HOUR + 1).await, 1);
    assert_eq!(sweep(41 * DAY + HOUR + 1).await, 1);
    assert_eq!(database.number(WINDOWS).await, 0);
}

async fn a_sweep_is_bounded_and_the_next_goes_on(database: Database) {
    let origin = database.open().await;
    let claims: Vec<_> = (0..5_600).map(|holder| need(holder, 0)).collect();
    let claims: Vec<_> = claims
        .into_iter()
        .map(|claim| tollgate::Claim {
            capacity: 1_000_000,
            most: 2,
            ..claim
        })
        .collect();
    let accounts = origin.exchange(&claims).await.unwrap();
    assert_eq!(accounts.last().unwrap().charged, 11_200);
    let now = Timestamp::from_nanos(100 * DAY);
    assert_eq!(origin.sweep(now).await.unwrap(), 5_000);
    assert_eq!(database.number(WINDOWS).await, 1, "it has holders still");
    assert_eq!(origin.sweep(now).await.unwrap(), 601);
    assert_eq!(origin.sweep(now).await.unwrap(), 0);
}

async fn a_clock_that_runs_ahead_sweeps_nothing_that_others_use(database: Database) {
    let origin = database.open().await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = u64::try_from(now.as_nanos()).unwrap();
    let current = during(Period::Hour, now, now + HOUR, need(1, 30));
    settle(&origin, &current).await;
    assert_eq!(origin.sweep(Timestamp::MAX).await.unwrap(), 0);
    assert_eq!(settle(&origin, &current).await, account(30, 30));
}

async fn an_origin_in_use_sweeps_by_itself(database: Database) {
    settle(&database.open().await, &need(1, 30)).await;
    let later = during(Period::Hour, 50 * DAY, 50 * DAY + HOUR, need(1, 30));
    let origin = database.open().await;
    settle(&origin, &later).await;
    let start = std::time::Instant::now();
    while database.number(WINDOWS).await != 1 || database.number(HOLDERS).await != 1 {
        assert!(start.elapsed().as_secs() < 60, "nothing was swept");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
