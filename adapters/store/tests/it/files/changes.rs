//! What a change of the files does: to whom, when, and what a bad one leaves alone.

use std::fs;

use super::kit::{Folder, Heard, ids, look_twice, requests, toml};

#[tokio::test]
async fn only_who_really_changed_is_announced_with_growing_versions() {
    let folder = Folder::with(&[("t.toml", &toml(&[("a", 1), ("b", 2), ("c", 3)]))]);
    let source = folder.source().await;
    let heard = Heard::of(&source);

    folder.write(
        "t.toml",
        format!("# a note\n{}", toml(&[("b", 2), ("a", 1), ("c", 3)])),
    );
    look_twice(&source).await.unwrap();
    assert_eq!(
        heard.take(),
        [""; 0],
        "the order and a comment are no change"
    );

    folder.write("t.toml", toml(&[("a", 1), ("b", 20), ("d", 4)]));
    look_twice(&source).await.unwrap();
    assert_eq!(heard.take(), ["b 20 v4", "d 4 v5", "c gone v6"]);
    assert_eq!(requests(&source, "b").await, Some(20));
    assert_eq!(requests(&source, "c").await, None);

    folder.write("t.toml", toml(&[("a", 1), ("b", 20), ("c", 3), ("d", 4)]));
    look_twice(&source).await.unwrap();
    assert_eq!(heard.take(), ["c 3 v7"], "who comes back goes on counting");
}

#[tokio::test]
async fn a_file_is_read_when_it_has_been_still_for_one_look() {
    let folder = Folder::with(&[("t.toml", &toml(&[("a", 1)]))]);
    let source = folder.source().await;
    source.look().await.unwrap();
    for requests_now in 2..5 {
        folder.write("t.toml", toml(&[("a", requests_now), ("b", requests_now)]));
        source.look().await.unwrap();
        assert_eq!(requests(&source, "a").await, Some(1), "it is being written");
    }
    source.look().await.unwrap();
    assert_eq!(requests(&source, "a").await, Some(4));
}

#[tokio::test]
async fn a_reload_does_not_wait() {
    let folder = Folder::with(&[("t.toml", &toml(&[("a", 1)]))]);
    let source = folder.source().await;
    folder.write("t.toml", toml(&[("a", 2)]));
    source.reload().await.unwrap();
    assert_eq!(requests(&source, "a").await, Some(2));
    folder.write("t.toml", "tenants = 7");
    let words = folder.words(&source.reload().await.unwrap_err());
    assert_eq!(words, ["t.toml:1:11: tenants 7: must be a list"]);
}

#[tokio::test]
async fn a_change_that_leaves_no_trace_in_length_and_time_is_seen() {
    let folder = Folder::with(&[("t.toml", &toml(&[("a", 1)]))]);
    let source = folder.source().await;
    let modified = fs::metadata(folder.file("t.toml"))
        .unwrap()
        .modified()
        .unwrap();
    for requests_now in [2, 3, 4] {
        folder.write("t.toml", toml(&[("a", requests_now)]));
        let file = fs::File::options()
            .write(true)
            .open(folder.file("t.toml"))
            .unwrap();
        file.set_modified(modified).unwrap();
        look_twice(&source).await.unwrap();
        assert_eq!(requests(&source, "a").await, Some(requests_now));
    }
}

#[tokio::test]
async fn a_bad_file_keeps_its_last_good_tenants_and_the_others_go_on() {
    let folder = Folder::with(&[
        ("a.toml", &toml(&[("a", 1), ("a2", 1)])),
        ("b.toml", &toml(&[("b", 1)])),
    ]);
    let source = folder.source().await;
    let heard = Heard::of(&source);
    folder.write(
        "a.toml",
        "[[tenants]]\ntenant_id = 'a'\nquota.requests_per_minute = -5\n",
    );
    folder.write("b.toml", toml(&[("b", 2)]));
    let errors = look_twice(&source).await.unwrap_err();
    let begin = "a.toml:3:29: tenant a: quota.requests_per_minute -5: ";
    assert!(folder.words(&errors)[0].starts_with(begin), "{errors}");
    assert_eq!(heard.take(), ["b 2 v4"]);
    assert_eq!(ids(&source), ["a", "a2", "b"]);
    let health = source.health();
    assert_eq!(
        (health.tenants, health.files, health.problems.len()),
        (3, 2, 1)
    );

    folder.write("a.toml", toml(&[("a", 5)]));
    look_twice(&source).await.unwrap();
    assert_eq!(heard.take(), ["a 5 v5", "a2 gone v6"]);
    assert!(source.health().last_good > health.last_good);
}

#[tokio::test]
async fn a_half_written_file_changes_nothing_until_it_is_whole() {
    let whole = toml(&[("a", 2), ("b", 2)]);
    let folder = Folder::with(&[("t.toml", &toml(&[("a", 1)]))]);
    let source = folder.source().await;
    let heard = Heard::of(&source);
    // Every cut of it but those that are whole configs, which end after a tenant.
    for end in 0..whole.len() {
        let cut = &whole[..end];
        if cut.is_empty() || !cut.ends_with('2') {
            folder.write("t.toml", cut);
            let _bad_or_not = look_twice(&source).await;
        }
        let told = heard.take();
        let harmless = ["a 0 ", "a 1 ", "a 2 ", "b 0 "];
        let is_harmless = |told: &String| harmless.iter().any(|begin| told.starts_with(begin));
        assert!(told.iter().all(is_harmless), "{cut:?}: {told:?}");
        assert!(ids(&source).contains(&"a".to_owned()), "{cut:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_removed_takes_its_tenants_with_it_and_one_that_is_added_brings_them() {
    let folder = Folder::with(&[
        ("a.toml", &toml(&[("a", 1)])),
        ("b.toml", &toml(&[("b", 1)])),
    ]);
    let source = folder.source().await;
    let heard = Heard::of(&source);
    source.look().await.unwrap();
    folder.remove("b.toml");
    source.look().await.unwrap();
    assert_eq!(
        heard.take(),
        [""; 0],
        "it may be in the midst of being replaced"
    );
    source.look().await.unwrap();
    assert_eq!(heard.take(), ["b gone v3"]);
    folder.write("c.yaml", "tenants: [{tenant_id: c}]");
    look_twice(&source).await.unwrap();
    assert_eq!(heard.take(), ["c 0 v4"]);
}

#[tokio::test]
async fn a_tenant_that_moves_to_another_file_has_not_changed() {
    let folder = Folder::with(&[
        ("a.toml", &toml(&[("a", 1), ("m", 9)])),
        ("b.toml", &toml(&[("b", 1)])),
    ]);
    let source = folder.source().await;
    let heard = Heard::of(&source);
    folder.write("a.toml", toml(&[("a", 1)]));
    folder.write("b.toml", toml(&[("b", 1), ("m", 9)]));
    look_twice(&source).await.unwrap();
    assert_eq!(heard.take(), [""; 0]);
}

#[tokio::test]
async fn a_family_that_does_not_fit_leaves_all_as_it_was_and_parents_are_told_first() {
    let family = |parent, child| {
        format!(
            "{}{}parent = 'z-org'\n",
            toml(&[("other", parent), ("z-org", parent)]),
            toml(&[("a-child", child)])
        )
    };
    let folder = Folder::with(&[("t.toml", &family(100, 50))]);
    let source = folder.source().await;
    let heard = Heard::of(&source);
    folder.write("t.toml", family(40, 50));
    let errors = look_twice(&source).await.unwrap_err();
    assert!(
        folder.words(&errors)[0]
            .contains("a-child: limit requests_per_minute: capacity 50: must be at most 40"),
        "{errors}"
    );
    assert_eq!(heard.take(), [""; 0], "as a whole");

    folder.write("t.toml", family(200, 150));
    look_twice(&source).await.unwrap();
    let told = heard.take();
    assert_eq!(told.len(), 3);
    assert!(told[2].starts_with("a-child 150"), "{told:?}");
}

#[tokio::test]
async fn a_folder_that_is_gone_or_empty_is_a_problem_and_not_a_config_without_tenants() {
    let outer = Folder::new();
    let inner = outer.file("inner");
    fs::create_dir(&inner).unwrap();
    let errors = outer.try_source("inner").await.unwrap_err();
    assert!(
        errors
            .to_string()
            .contains("has no file whose name ends in"),
        "{errors}"
    );

    fs::write(inner.join("t.toml"), toml(&[("a", 1)])).unwrap();
    let source = outer.try_source("inner").await.unwrap();
    fs::remove_file(inner.join("t.toml")).unwrap();
    for _ in 0..3 {
        assert!(source.look().await.is_err());
    }
    fs::remove_dir(&inner).unwrap();
    for _ in 0..3 {
        assert!(source.look().await.is_err());
    }
    assert_eq!(requests(&source, "a").await, Some(1));

    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("t.toml"), toml(&[("a", 2)])).unwrap();
    look_twice(&source).await.unwrap();
    assert_eq!(requests(&source, "a").await, Some(2));
}

#[tokio::test]
async fn a_single_file_that_is_gone_or_a_directory_keeps_its_tenants() {
    let folder = Folder::with(&[("t.toml", &toml(&[("a", 1)]))]);
    let source = folder.try_source("t.toml").await.unwrap();
    folder.remove("t.toml");
    let errors = look_twice(&source).await.unwrap_err();
    assert!(
        folder.words(&errors)[0].starts_with("t.toml: can't be read: "),
        "{errors}"
    );
    fs::create_dir(folder.file("t.toml")).unwrap();
    let errors = look_twice(&source).await.unwrap_err();
    assert_eq!(folder.words(&errors), ["t.toml: is a directory"]);
    assert_eq!(requests(&source, "a").await, Some(1));
    fs::remove_dir(folder.file("t.toml")).unwrap();
    folder.write("t.toml", toml(&[("a", 2)]));
    look_twice(&source).await.unwrap();
    assert_eq!(requests(&source, "a").await, Some(2));
}
