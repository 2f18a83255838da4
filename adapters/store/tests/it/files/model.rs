//! Files that are written, broken and removed at random, against a model of what is in force then.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::kit::{Folder, Heard, ids, look_twice, requests, toml};

/// What is done to one of three files.
#[derive(Debug, Clone)]
enum Step {
    Write(Vec<(&'static str, u64)>),
    Break,
    Remove,
}

type Tenants = BTreeMap<&'static str, u64>;

fn step() -> impl Strategy<Value = Step> {
    let tenant = (prop::sample::select(vec!["a", "b", "c", "d"]), 1..4_u64);
    let tenants = prop::collection::btree_map(tenant.0, tenant.1, 0..3);
    prop_oneof![
        4 => tenants.prop_map(|tenants| Step::Write(tenants.into_iter().collect())),
        1 => Just(Step::Break),
        1 => Just(Step::Remove),
    ]
}

/// What is in force by the rules: each file's last good tenants, and all as it was while two have the same.
#[derive(Default)]
struct Model {
    good: [Option<Vec<(&'static str, u64)>>; 3],
    in_force: Tenants,
}

impl Model {
    fn settle(&mut self) {
        let all: Vec<_> = self.good.iter().flatten().flatten().copied().collect();
        let union: Tenants = all.iter().copied().collect();
        if union.len() == all.len() {
            self.in_force = union;
        }
    }
}

fn file(index: usize) -> String {
    format!("{index}.toml")
}

async fn hold(steps: Vec<(usize, Step)>) -> Result<(), TestCaseError> {
    let folder = Folder::with(&[("root.toml", "tenants = []")]);
    let source = folder.source().await;
    let heard = Heard::of(&source);
    let mut model = Model::default();
    let (mut told, mut latest) = (BTreeMap::new(), 0);
    for (index, step) in steps {
        match step {
            Step::Write(tenants) => {
                let text = if tenants.is_empty() {
                    "tenants = []".to_owned()
                } else {
                    toml(&tenants)
                };
                folder.write(&file(index), text);
                model.good[index] = Some(tenants);
            }
            Step::Break => folder.write(&file(index), "tenants = [{tenant_id = 'a', x = 1}]"),
            Step::Remove => {
                // There may be none.
                let _removed = std::fs::remove_file(folder.file(&file(index)));
                model.good[index] = None;
            }
        }
        let _problems = look_twice(&source).await;
        model.settle();

        let mut in_force = Tenants::new();
        for id in ["a", "b", "c", "d"] {
            in_force.extend(requests(&source, id).await.map(|requests| (id, requests)));
        }
        prop_assert_eq!(&in_force, &model.in_force);
        prop_assert_eq!(
            ids(&source),
            model.in_force.keys().copied().collect::<Vec<_>>()
        );
        for change in heard.take() {
            let (change, version) = change.rsplit_once(" v").unwrap();
            let version: u64 = version.parse().unwrap();
            prop_assert!(version > latest);
            latest = version;
            let (id, state) = change.split_once(' ').unwrap();
            let before = match state {
                "gone" => told.remove(id),
                state => told.insert(id.to_owned(), state.to_owned()),
            };
            prop_assert_ne!(before.as_deref(), Some(state), "told without a change");
        }
        let known = model
            .in_force
            .iter()
            .map(|(id, requests)| (id.to_string(), requests.to_string()));
        prop_assert_eq!(&told, &known.collect());
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_in_force_is_what_was_last_good_and_listeners_know_it(
        steps in prop::collection::vec((0..3_usize, step()), 1..15),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(hold(steps))?;
    }
}
