//! Random lives of many processes at one origin, with everything that can go wrong: never over, and little lost.

use proptest::prelude::*;

use super::*;

/// What happens next.
#[derive(Debug, Clone)]
enum Act {
    /// A process asks for so much, and settles it at so much less.
    Ask {
        process: usize,
        tokens: u64,
        back: u64,
    },
    /// It is killed, and another takes its place.
    Kill(usize),
    /// It is shut down, and another takes its place.
    Stop(usize),
    /// The origin's mood changes.
    Mood(Mood),
    /// Nothing happens for so many seconds, and the janitors go round.
    Rest(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => (0..3_usize, 1..40_u64, 0..40_u64).prop_map(|(process, tokens, back)| Act::Ask { process, tokens, back }),
        1 => (0..3_usize).prop_map(Act::Kill),
        1 => (0..3_usize).prop_map(Act::Stop),
        1 => prop_oneof![Just(Mood::Well), Just(Mood::Down), Just(Mood::Deaf)].prop_map(Act::Mood),
        1 => (1..100_u64).prop_map(Act::Rest),
    ]
}

const CAPACITY: u64 = 2_000;
const PARTS: u64 = 20;
const LEASE: u64 = CAPACITY / PARTS;

async fn run(acts: Vec<Act>) {
    let (origin, clock) = (ScriptedOrigin::default(), ManualClock::new());
    let start = || {
        Process::start_at(
            &origin,
            acme(durable(Period::Month, CAPACITY)),
            PARTS,
            &clock,
        )
    };
    let mut processes = [start(), start(), start()];
    let (mut spent, mut killed) = (0, 0);
    for act in acts {
        match act {
            Act::Ask {
                process,
                tokens,
                back,
            } => {
                let tenant = processes[process].acme().await;
                for _ in 0..2 {
                    let Decision::Admitted(permit) = tenant.try_acquire(&Cost::tokens(tokens))
                    else {
                        tenant.exchanged().await;
                        continue;
                    };
                    let actual = tokens.saturating_sub(back);
                    drop(permit.settle(&Cost::tokens(actual)));
                    spent += actual;
                    break;
                }
            }
            Act::Kill(process) => {
                killed += 1;
                processes[process] = start();
            }
            Act::Stop(process) => {
                processes[process].engine.shutdown().await;
                // A stop that the origin does not hear of is a kill.
                killed += 1;
                processes[process] = start();
            }
            Act::Mood(mood) => origin.set(mood),
            Act::Rest(secs) => {
                clock.advance(Duration::from_secs(secs));
                for process in &processes {
                    process.engine.sweep(10);
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        assert!(spent <= CAPACITY, "{spent} of {CAPACITY}");
    }
    origin.set(Mood::Well);
    for process in &processes {
        tokio::time::sleep(Duration::from_secs(10)).await;
        spent += process.spend_all(1).await;
    }
    // Whoever else was denied first may have been left with a lease.
    for process in processes {
        process.engine.shutdown().await;
    }
    spent += start().spend_all(1).await;
    assert!(spent <= CAPACITY, "{spent} of {CAPACITY}");
    // What comes back from settling is held too, until the next exchange; and one may be under way.
    let bound = killed * (3 * LEASE + 40);
    assert!(
        CAPACITY - spent <= bound,
        "{spent} of {CAPACITY} spent, {killed} killed"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn however_processes_live_and_die_the_limit_holds(acts in proptest::collection::vec(act(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run(acts));
    }
}
