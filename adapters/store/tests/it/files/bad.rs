//! What is refused, in which words, and with which place.

use std::fmt::Write;

use super::kit::{Folder, look_twice};

/// What opening a file with this text says.
async fn refusal(name: &str, text: impl AsRef<[u8]>) -> Vec<String> {
    let folder = Folder::new();
    folder.write(name, text);
    let errors = folder.try_source(name).await.unwrap_err();
    folder.words(&errors)
}

#[tokio::test]
async fn a_problem_is_told_with_file_line_column_tenant_limit_field_value_and_bound() {
    let text = "[[tenants]]\ntenant_id = 'acme'\n\n[[tenants.quota.limits]]\nname = 'burst'\n\
                dimension = 'requests'\ncapacity = 5\nwindow = '0s'\n";
    assert_eq!(
        refusal("tenants.toml", text).await,
        ["tenants.toml:8:10: tenant acme: limit burst: window \"0s\": must be > 0"]
    );
}

#[tokio::test]
async fn every_problem_of_every_file_is_told_at_once() {
    let folder = Folder::with(&[
        ("a.toml", "[[tenants]]\ntenant_id = 'a b'\nquotas = 1\n"),
        ("b.json", "{\"tenants\": [\n}"),
        ("c.yaml", "tenants:\n- tenant_id: c\n  status: retired\n"),
        ("d.yml", "tenants: []\n"),
        ("e.tml", "tenants = []\n"),
    ]);
    let errors = folder.try_source("").await.unwrap_err();
    let words = folder.words(&errors);
    let begin = [
        "a.toml:2:13: tenant \"a b\": tenant_id \"a b\": ",
        "a.toml:3:1: tenant \"a b\": quotas 1: unknown field",
        "b.json:2:1: expected value",
        "c.yaml:3:11: tenant c: status \"retired\": must be one of active, suspended",
        "e.tml: has a name that must end in .toml, .yaml, .yml or .json",
    ];
    assert_eq!(words.len(), begin.len(), "{words:#?}");
    for (words, begin) in words.iter().zip(begin) {
        assert!(words.starts_with(begin), "{words}\n{begin}");
    }
}

/// The same tenant in all three formats.
fn in_all_formats(requests: &str) -> [(&'static str, String); 3] {
    [
        (
            "t.json",
            format!(
                "{{\"tenants\": [{{\"tenant_id\": \"a\", \"quota\": {{\"requests_per_minute\": {requests}}}}}]}}"
            ),
        ),
        (
            "t.toml",
            format!("[[tenants]]\ntenant_id = 'a'\nquota.requests_per_minute = {requests}\n"),
        ),
        (
            "t.yaml",
            format!("tenants:\n- tenant_id: a\n  quota:\n    requests_per_minute: {requests}\n"),
        ),
    ]
}

#[tokio::test]
async fn a_wrong_number_is_refused_in_the_same_words_in_every_format() {
    let bound = "must be a whole number from 0 (unlimited) to 9007199254740991";
    for (number, shown) in [
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9007199254740992", "9007199254740992"),
        ("18446744073709551615", "18446744073709551615"),
        ("\"7\"", "\"7\""),
        ("true", "true"),
        ("[]", "[]"),
    ] {
        for (name, text) in in_all_formats(number) {
            let words = refusal(name, text).await.join("\n");
            let end = format!(": tenant a: quota.requests_per_minute {shown}: {bound}");
            assert!(words.ends_with(&end), "{words}\n{end}");
        }
    }
}

/// JSON and YAML have them as floats, TOML exactly; the bound is the same.
#[tokio::test]
async fn a_number_beyond_64_bits_is_refused_in_every_format() {
    for number in ["18446744073709551616", "-9223372036854775809", "1e300"] {
        for (name, text) in in_all_formats(number) {
            let words = refusal(name, text).await.join("\n");
            assert!(
                words.contains(": tenant a: quota.requests_per_minute "),
                "{words}"
            );
            assert!(words.ends_with("to 9007199254740991"), "{words}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_given_twice_is_an_error_in_every_format() {
    for (name, text, place) in [
        (
            "t.json",
            "{\"tenants\": [{\"tenant_id\": \"a\",\n \"tenant_id\": \"b\"}]}",
            "2:2",
        ),
        (
            "t.toml",
            "[[tenants]]\ntenant_id = 'a'\ntenant_id = 'b'\n",
            "3:1",
        ),
        (
            "t.yaml",
            "tenants:\n- tenant_id: a\n  tenant_id: b\n",
            "3:3",
        ),
    ] {
        let words = refusal(name, text).await;
        assert_eq!(words.len(), 1, "{words:?}");
        assert!(
            words[0].starts_with(&format!("{name}:{place}: ")),
            "{words:?}"
        );
        assert!(
            words[0].contains("duplicate") || words[0].contains("more than once"),
            "{words:?}"
        );
    }
}

#[tokio::test]
async fn a_text_that_is_not_in_its_format_is_refused_with_its_place() {
    for (name, text, begin) in [
        (
            "t.json",
            "{\"tenants\": [\n  {\"ä\": 1,}\n]}",
            "t.json:2:11: ",
        ),
        ("t.json", "{\"tenants\": []} x", "t.json:1:17: "),
        ("t.toml", "tenants = [\n  {ä = 1}\n]", "t.toml:2:4: "),
        ("t.toml", "[[tenants]\n", "t.toml:1:"),
        ("t.yaml", "tenants:\n- {tenant_id: a\n", "t.yaml:"),
        ("t.yaml", "tenants: []\n---\ntenants: []\n", "t.yaml:"),
        ("t.yaml", "tenants:\n\t- a\n", "t.yaml:2:"),
    ] {
        let words = refusal(name, text).await;
        assert_eq!(words.len(), 1, "{words:?}");
        assert!(
            words[0].starts_with(begin) && !words[0].contains('\n'),
            "{words:?} {begin}"
        );
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_with_their_place() {
    let mut latin: Vec<u8> = b"tenants:\n- tenant_id: caf".to_vec();
    latin.push(0xe9);
    assert_eq!(
        refusal("t.yaml", &latin).await,
        ["t.yaml:2:17: is not in UTF-8 from here on"]
    );
    let utf16 = [0xff, 0xfe, b't', 0];
    assert_eq!(
        refusal("t.toml", utf16).await,
        ["t.toml: is in UTF-16, must be in UTF-8"]
    );
}

#[tokio::test]
async fn an_empty_file_is_half_written_and_not_a_config_without_tenants() {
    for name in ["t.json", "t.toml", "t.yaml"] {
        for text in ["", " \n\t", "\u{feff}"] {
            let words = refusal(name, text).await;
            let said = format!(
                "{name}: is empty, must have tenants (an empty list means that there are none)"
            );
            assert_eq!(words, [said]);
        }
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped_and_an_empty_list_is_a_config() {
    for (name, text) in [
        ("t.json", "\u{feff}{\"tenants\": []}"),
        ("t.toml", "\u{feff}tenants = []"),
        ("t.yaml", "\u{feff}tenants: []"),
    ] {
        let folder = Folder::with(&[(name, text)]);
        assert_eq!(folder.try_source(name).await.unwrap().health().tenants, 0);
    }
}

#[tokio::test]
async fn yaml_s_norway_is_a_text_and_a_thousand_aliases_are_fine() {
    let mut text = "tenants:\n- tenant_id: no\n  quota: &pro {requests_per_minute: 7}\n".to_owned();
    for tenant in 0..1_000 {
        writeln!(text, "- tenant_id: t{tenant}\n  quota: *pro").unwrap();
    }
    let folder = Folder::with(&[("t.yaml", &text)]);
    let source = folder.source().await;
    assert_eq!(source.health().tenants, 1_001);
    assert_eq!(super::kit::requests(&source, "no").await, Some(7));
    assert_eq!(super::kit::requests(&source, "t999").await, Some(7));
}

#[tokio::test]
async fn a_small_text_can_not_be_blown_up_by_aliases() {
    let mut bomb = "tenants: []\nx0: &x0 [1,1,1,1,1,1,1,1,1,1]\n".to_owned();
    for level in 1..12 {
        let below = format!("*x{}", level - 1);
        let ten = vec![below; 10].join(",");
        writeln!(bomb, "x{level}: &x{level} [{ten}]").unwrap();
    }
    let words = refusal("t.yaml", bomb).await;
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(
        words[0].contains("alias") || words[0].contains("budget"),
        "{words:?}"
    );
}

#[tokio::test]
async fn depth_is_bounded_in_every_format() {
    let deep = "[".repeat(100_000);
    for (name, text) in [
        ("t.json", deep.clone()),
        ("t.toml", format!("tenants = {deep}")),
        ("t.yaml", deep.clone()),
        ("t.yaml", "- ".repeat(100_000)),
    ] {
        assert_eq!(refusal(name, text).await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn tenants_that_do_not_fit_together_are_refused_with_the_reason_and_the_place() {
    let folder = Folder::with(&[
        (
            "a.toml",
            "[[tenants]]\ntenant_id = 'child'\nparent = 'org'\nquota.requests_per_minute = 200\n",
        ),
        (
            "b.yaml",
            "tenants:\n- tenant_id: org\n  quota: {requests_per_minute: 100}\n- {tenant_id: x, parent: y}\n- {tenant_id: y, parent: x}\n- {tenant_id: z, parent: nobody}\n",
        ),
    ]);
    let errors = folder.try_source("").await.unwrap_err();
    let words = folder.words(&errors);
    let begin = [
        "a.toml:4:29: tenant child: limit requests_per_minute: capacity 200: must be at most 100, which limit \
         requests_per_minute of org allows it and others together",
        "b.yaml:4:26: tenant x: parent \"y\": has ancestors of its own",
        "b.yaml:5:26: tenant y: parent \"x\": has ancestors of its own",
        "b.yaml:6:26: tenant z: parent \"nobody\": must be a tenant of the same set",
    ];
    assert_eq!(words.len(), begin.len(), "{words:#?}");
    for (words, begin) in words.iter().zip(begin) {
        assert!(words.starts_with(begin), "{words}\n{begin}");
    }
}

#[tokio::test]
async fn a_tenant_in_two_files_is_an_error_that_names_both() {
    let folder = Folder::with(&[
        (
            "a.toml",
            "[[tenants]]\ntenant_id = 'x'\n\n[[tenants]]\ntenant_id = 'acme'\n",
        ),
        ("b.json", "{\"tenants\": [\n {\"tenant_id\": \"acme\"}]}"),
    ]);
    let errors = folder.try_source("").await.unwrap_err();
    assert_eq!(
        folder.words(&errors),
        [
            "b.json:2:2: tenant acme: tenant_id \"acme\": given more than once: a.toml:4:1 has it too"
        ]
    );
    // Taken out of one of them it is good.
    folder.write("b.json", "{\"tenants\": []}");
    let source = folder.source().await;
    folder.write("b.json", "{\"tenants\": [{\"tenant_id\": \"acme\"}]}");
    let errors = look_twice(&source).await.unwrap_err();
    assert_eq!(errors.iter().count(), 1);
    assert_eq!(source.health().tenants, 2, "the last good ones stay");
}
