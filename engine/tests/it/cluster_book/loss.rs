//! A store that has forgotten listens before it grants.

use tollgate::cluster::{Book, Shape};

use super::{SECOND, START, Store, TEN, ask, call_of, last, now, row};

const HEAD: u64 = START / SECOND;

#[test]
fn a_new_store_grants_nothing_for_a_second() {
    let mut store = Store {
        book: Book::new(1),
        now: START,
    };
    for _ in 0..2 {
        let answer = store.hear(1, ask(TEN, &[], now(1, 1)));
        assert_eq!(
            (last(&answer).granted, answer.not_before),
            (0, START + SECOND)
        );
        store.now = START + SECOND - 1;
    }
    store.pass(1);
    assert_eq!(store.granted(1, ask(TEN, &[], now(1, 1))), 1);
}

#[test]
fn it_waits_for_two_heartbeats_that_are_longer() {
    let mut book = Book::new(1);
    let mut call = call_of(1, ask(TEN, &[], now(1, 1)));
    call.heartbeat = std::time::Duration::from_secs(3);
    let reply = book.call(START, &call);
    assert_eq!(reply.answers[0].not_before, START + 6 * SECOND);
}

#[test]
fn what_nodes_report_after_a_loss_counts() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(100, 100)));
    store.book.lose_everything(2);
    let told = store.hear(1, ask(TEN, &[row(HEAD, 100, 20)], None));
    assert_eq!((told.free, last(&told)), (20, row(HEAD, 100, 20)));
    store.pass(SECOND);
    assert_eq!(store.granted(2, ask(TEN, &[], now(21, 21))), 0);
    assert_eq!(store.granted(2, ask(TEN, &[], now(20, 20))), 20);
}

#[test]
fn a_store_that_was_emptied_in_its_own_life_has_another_run_too() {
    let mut store = Store::new();
    let first = store.call(1, ask(TEN, &[], None)).run;
    store.pass(1);
    assert_eq!(store.call(1, ask(TEN, &[], None)).run, first);
    store.book.lose_everything(1);
    let emptied = store.call(1, ask(TEN, &[], None)).run;
    assert_ne!(emptied, first);
    store.pass(1);
    assert_eq!(store.call(1, ask(TEN, &[], None)).run, emptied);
}

#[test]
fn a_replica_that_missed_grants_learns_of_them_before_it_grants() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(30, 30)));
    let replica = store.book.clone();
    let run = store.call(1, ask(TEN, &[], None)).run;
    store.granted(1, ask(TEN, &[], now(100, 100)));
    store.book = replica.promoted(2);
    let reply = store.call(2, ask(TEN, &[], now(70, 70)));
    assert_ne!(reply.run, run);
    assert_eq!(reply.answers[0].not_before, START + SECOND);
    store.hear(1, ask(TEN, &[row(HEAD, 100, 0)], None));
    store.pass(SECOND);
    assert_eq!(store.granted(2, ask(TEN, &[], now(1, 1))), 0);
}

#[test]
fn a_bucket_is_empty_when_the_store_has_forgotten() {
    let bucket = Shape::Bucket {
        window: 10 * SECOND,
        level: 50,
        step: SECOND,
    };
    let mut store = Store {
        book: Book::new(1),
        now: START,
    };
    assert_eq!(store.hear(1, ask(bucket, &[], None)).free, 0);
    store.pass(SECOND);
    assert_eq!(store.granted(1, ask(bucket, &[], now(10, 10))), 10);
    let replica = store.book.clone();
    store.pass(9 * SECOND);
    assert_eq!(store.hear(1, ask(bucket, &[], None)).free, 50);
    store.book = replica.promoted(2);
    let told = [row(store.now / SECOND, 40, 10)];
    assert_eq!(store.hear(1, ask(bucket, &told, None)).free, 0);
    store.pass(2 * SECOND);
    assert_eq!(
        store.hear(1, ask(bucket, &[], None)).free,
        20,
        "its rows were paid before"
    );
    let late = [row(store.now / SECOND - 2, 40, 40)];
    assert_eq!(
        store.hear(1, ask(bucket, &late, None)).free,
        20,
        "and come back to nobody"
    );
    let tenant = |name: &str| {
        let mut call = call_of(1, ask(bucket, &[], None));
        call.tenant = name.parse().unwrap();
        call
    };
    let reply = store.book.call(store.now, &tenant("new"));
    assert_eq!(reply.answers[0].free, 20, "whoever it is");
    let reply = store.book.call(store.now + 3 * SECOND, &tenant("newer"));
    assert_eq!(reply.answers[0].free, 50);
}

#[test]
fn what_was_held_in_rows_of_an_older_config_counts_after_a_loss() {
    let older = ask(
        Shape::Sliding {
            step: SECOND / 2,
            rows: 7,
        },
        &[row(2 * HEAD, 60, 10)],
        None,
    );
    let mut newer = ask(TEN, &[row(HEAD, 20, 0)], None);
    newer.generation = 2;
    let mut store = Store {
        book: Book::new(1),
        now: START,
    };
    assert_eq!(store.hear(2, newer.clone()).free, 80);
    for _ in 0..2 {
        let answer = store.hear(1, older.clone());
        assert_eq!(
            (answer.free, answer.rows.len()),
            (30, 0),
            "once, however often it is said"
        );
    }
    store.pass(SECOND);
    let late = store.hear(3, older.clone());
    assert_eq!(late.free, 30, "what is said after that was known before");
    store.hear(2, newer.clone());
    newer.want = Some(now(31, 31));
    assert_eq!(store.granted(2, newer.clone()), 0);
    newer.want = Some(now(30, 30));
    assert_eq!(store.granted(2, newer), 30);
}
