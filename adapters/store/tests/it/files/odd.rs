//! Odd folders: links, leftovers, thousands of files, huge ones.

use std::fs;

use tollgate_store::FileSource;

use super::kit::{Folder, Heard, ids, look_twice, toml};

#[tokio::test]
async fn hidden_files_leftovers_and_folders_are_skipped() {
    let folder = Folder::with(&[
        ("t.toml", &toml(&[("a", 1)])),
        (".t.toml.swp", "\0"),
        ("t.toml~", "bad"),
        ("#t.toml#", "bad"),
        ("t.toml.bak", "bad"),
        (".hidden.toml", "bad"),
    ]);
    fs::create_dir(folder.file("below")).unwrap();
    fs::write(folder.file("below").join("b.toml"), "bad").unwrap();
    assert_eq!(ids(&folder.source().await), ["a"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_config_map_is_swapped_as_a_whole() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new();
    let publish = |version: &str, tenants: &[(&str, &str)]| {
        let data = folder.file(version);
        fs::create_dir(&data).unwrap();
        for (name, text) in tenants {
            fs::write(data.join(name), text).unwrap();
        }
        symlink(version, folder.file("..tmp")).unwrap();
        fs::rename(folder.file("..tmp"), folder.file("..data")).unwrap();
    };
    publish(
        "..v1",
        &[
            ("a.toml", &toml(&[("a", 1), ("m", 1)])),
            ("b.toml", &toml(&[("b", 1)])),
        ],
    );
    for name in ["a.toml", "b.toml"] {
        symlink(format!("..data/{name}"), folder.file(name)).unwrap();
    }
    let source = folder.source().await;
    let one = folder.try_source("a.toml").await.unwrap();
    let heard = Heard::of(&source);
    // A tenant goes from one file to the other: the two belong together.
    publish(
        "..v2",
        &[
            ("a.toml", &toml(&[("a", 2)])),
            ("b.toml", &toml(&[("b", 1), ("m", 1)])),
        ],
    );
    look_twice(&source).await.unwrap();
    assert_eq!(heard.take(), ["a 2 v4"]);
    look_twice(&one).await.unwrap();
    assert_eq!(ids(&one), ["a"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_circle_of_links_a_dangling_one_and_a_pipe_are_problems_of_their_own() {
    use std::os::unix::fs::symlink;

    let folder = Folder::with(&[("t.toml", &toml(&[("a", 1)]))]);
    let source = folder.source().await;
    symlink("y.toml", folder.file("x.toml")).unwrap();
    symlink("x.toml", folder.file("y.toml")).unwrap();
    symlink("nowhere", folder.file("z.toml")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.file("p.toml"))
        .status();
    assert!(made.unwrap().success());
    fs::create_dir(folder.file("d.toml")).unwrap();
    let errors = look_twice(&source).await.unwrap_err();
    let words = folder.words(&errors);
    let begin = [
        "d.toml: is a directory",
        "p.toml: is not a regular file",
        "x.toml: can't be read: ",
        "y.toml: can't be read: ",
        "z.toml: can't be read: ",
    ];
    assert_eq!(words.len(), begin.len(), "{words:#?}");
    for (words, begin) in words.iter().zip(begin) {
        assert!(words.starts_with(begin), "{words}\n{begin}");
    }
    assert_eq!(ids(&source), ["a"]);
}

#[tokio::test]
async fn a_huge_file_is_refused_by_its_length() {
    let folder = Folder::with(&[("t.toml", &toml(&[("a", 1)]))]);
    let source = folder.source().await;
    let huge = fs::File::create(folder.file("huge.json")).unwrap();
    huge.set_len(100 << 20).unwrap();
    let errors = look_twice(&source).await.unwrap_err();
    let words = errors.to_string();
    assert!(
        words.contains("bytes, more than the 33554432 that are read"),
        "{words}"
    );
    assert_eq!(ids(&source), ["a"]);
    folder.remove("huge.json");
    look_twice(&source).await.unwrap();
    assert_eq!(source.health().files, 1);

    let small = FileSource::builder(folder.path())
        .most_bytes(10)
        .unwatched();
    let errors = small.open().await.unwrap_err().to_string();
    assert!(
        errors.contains("more than the 10 that are read"),
        "{errors}"
    );
}

#[tokio::test]
async fn ten_thousand_files_are_read_and_one_more_is_too_many() {
    let folder = Folder::new();
    for file in 0..10_000 {
        folder.write(
            &format!("{file}.toml"),
            format!("tenants = [{{tenant_id = 't{file}'}}]"),
        );
    }
    let source = folder.source().await;
    assert_eq!(
        (source.health().files, source.health().tenants),
        (10_000, 10_000)
    );
    let heard = Heard::of(&source);
    folder.write("77.toml", "tenants = []");
    look_twice(&source).await.unwrap();
    assert_eq!(heard.take(), ["t77 gone v10001"]);

    folder.write("more.toml", "tenants = []");
    let errors = look_twice(&source).await.unwrap_err().to_string();
    assert!(
        errors.ends_with("has more than 10000 files, the most that are read"),
        "{errors}"
    );
    assert_eq!(source.health().tenants, 9_999);
}

#[tokio::test]
async fn what_is_not_there_or_has_an_unknown_ending_can_not_be_opened() {
    let folder = Folder::with(&[
        ("t.ini", "tenants"),
        ("t.TOML", "tenants = []"),
        ("noending", ""),
    ]);
    for (name, said) in [
        ("none.toml", "none.toml: can't be read: "),
        (
            "t.ini",
            "t.ini: has a name that must end in .toml, .yaml, .yml or .json",
        ),
        ("t.TOML", "t.TOML: has a name that must end in"),
        ("noending", "noending: has a name that must end in"),
    ] {
        let errors = folder.try_source(name).await.unwrap_err();
        assert!(folder.words(&errors)[0].starts_with(said), "{errors}");
    }
}
