//! What becomes of single claims.

use std::sync::Arc;

use tollgate::{Claim, Origin, Period, Timestamp};

use super::kit::{DAY, Database, HOUR, account, claim, during, need, settle};

on_both!(
    an_exchange_settles_its_claims_one_after_the_other,
    a_claim_that_is_repeated_changes_nothing,
    windows_tenants_and_limits_know_nothing_of_each_other,
    the_tables_can_be_made_twice_and_at_once,
    without_tables_an_exchange_fails,
    counts_are_unsigned_and_64_bits_wide,
    usage_tells_what_is_charged_of_windows_that_last,
);

async fn an_exchange_settles_its_claims_one_after_the_other(database: Database) {
    let origin = database.open().await;
    let other = Claim {
        limit: "other".into(),
        ..need(1, 7)
    };
    let claims = [need(1, 60), other, need(2, 60), need(2, 30), need(1, 70)];
    let accounts = origin.exchange(&claims).await.unwrap();
    let expected = [
        account(60, 60),
        account(7, 7),
        account(0, 60),
        account(30, 90),
        account(70, 100),
    ];
    assert_eq!(accounts, expected);
    assert_eq!(origin.exchange(&[]).await.unwrap(), []);
}

async fn a_claim_that_is_repeated_changes_nothing(database: Database) {
    let origin = database.open().await;
    let first = settle(&origin, &need(1, 40)).await;
    assert_eq!(settle(&origin, &need(1, 40)).await, first);
    assert_eq!(settle(&database.open().await, &need(1, 40)).await, first);
    let back = Claim {
        returned: 15,
        ..claim(1)
    };
    assert_eq!(settle(&origin, &back).await, account(40, 25));
    assert_eq!(settle(&origin, &back).await, account(40, 25));
    assert_eq!(settle(&origin, &need(2, 75)).await, account(75, 100));
}

async fn windows_tenants_and_limits_know_nothing_of_each_other(database: Database) {
    let origin = database.open().await;
    let all = need(1, 100);
    let others = [
        all.clone(),
        Claim {
            tenant: "Acme".parse().unwrap(),
            ..all.clone()
        },
        Claim {
            limit: "Quota".into(),
            ..all.clone()
        },
        during(Period::Hour, HOUR, 2 * HOUR, all),
    ];
    for claim in others {
        assert_eq!(settle(&origin, &claim).await, account(100, 100));
    }
}

async fn the_tables_can_be_made_twice_and_at_once(database: Database) {
    let origin = database.open().await;
    assert_eq!(settle(&origin, &need(1, 40)).await, account(40, 40));
    database.run("DROP TABLE tollgate_windows").await;
    database.run("DROP TABLE tollgate_holders").await;
    database.run("DROP TABLE tollgate_migrations").await;
    let mut makers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let origin = database.open().await;
        makers.spawn(async move { origin.migrate().await });
    }
    for made in makers.join_all().await {
        made.unwrap();
    }
    assert_eq!(settle(&origin, &need(2, 100)).await, account(100, 100));
    origin.migrate().await.unwrap();
    assert_eq!(settle(&origin, &need(1, 1)).await, account(0, 100));
}

async fn without_tables_an_exchange_fails(database: Database) {
    database.run("DROP TABLE tollgate_holders").await;
    let origin = database.open().await;
    let error = origin.exchange(&[need(1, 1)]).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(
        cause.to_string(),
        "settle durable usage: the database failed"
    );
    assert_eq!(
        database
            .number("SELECT COUNT(*) FROM tollgate_windows WHERE charged > 0")
            .await,
        0
    );
}

async fn counts_are_unsigned_and_64_bits_wide(database: Database) {
    let origin = database.open().await;
    let huge = Claim {
        capacity: u64::MAX,
        ..need(u64::MAX, u64::MAX - 5)
    };
    let most = account(u64::MAX - 5, u64::MAX - 5);
    assert_eq!(settle(&origin, &huge).await, most);
    assert_eq!(settle(&origin, &huge).await, most);
    let more = |amount| Claim {
        capacity: u64::MAX,
        ..need(0, amount)
    };
    assert_eq!(settle(&origin, &more(6)).await, account(0, u64::MAX - 5));
    assert_eq!(settle(&origin, &more(5)).await, account(5, u64::MAX));
    let usage = origin.usage(&huge.tenant, Timestamp::ZERO).await.unwrap();
    assert_eq!(usage[0].charged, u64::MAX);
    let month = during(Period::Month, 0, 31 * DAY, need(9, 1));
    assert_eq!(settle(&origin, &month).await, account(0, u64::MAX));
}

async fn usage_tells_what_is_charged_of_windows_that_last(database: Database) {
    let origin = database.open().await;
    let month = Claim {
        limit: Arc::from("month"),
        ..during(Period::Month, 0, 31 * DAY, need(7, 9))
    };
    let claims = [
        month,
        need(1, 30),
        need(2, 12),
        during(Period::Hour, HOUR, 2 * HOUR, need(1, 3)),
    ];
    origin.exchange(&claims).await.unwrap();
    let tell = |now: u64| {
        let (origin, tenant) = (origin.clone(), claims[0].tenant.clone());
        async move {
            let usage = origin
                .usage(&tenant, Timestamp::from_nanos(now))
                .await
                .unwrap();
            let lines = usage.iter().map(|usage| {
                let hours = usage.end.since(usage.start).as_secs() / 3600;
                format!(
                    "{} {} {hours}h {}",
                    usage.limit, usage.period, usage.charged
                )
            });
            lines.collect::<Vec<_>>()
        }
    };
    assert_eq!(
        tell(0).await,
        ["month month 744h 9", "quota hour 1h 42", "quota hour 1h 3"]
    );
    assert_eq!(tell(HOUR).await, ["month month 744h 9", "quota hour 1h 3"]);
    assert_eq!(tell(31 * DAY).await, Vec::<String>::new());
    let nobody = origin
        .usage(&"nobody".parse().unwrap(), Timestamp::ZERO)
        .await
        .unwrap();
    assert_eq!(nobody, []);
}
