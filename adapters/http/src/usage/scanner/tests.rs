use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::Value as Json;

use super::*;

/// What was found last in each place, by a scanner that gets the document in these pieces.
fn scan<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> [Option<Vec<u8>>; 2] {
    let (mut scanner, mut found) = (Scanner::new("response"), [None, None]);
    for piece in pieces {
        scanner.read(piece, &mut |place, value| {
            let slot = match place {
                Place::Top => &mut found[0],
                Place::Nested => &mut found[1],
            };
            *slot = value.map(<[u8]>::to_vec);
        });
    }
    assert!(scanner.heap() <= MOST_VALUE + MOST_NAME);
    found
}

fn values(found: [Option<Vec<u8>>; 2]) -> [Option<Json>; 2] {
    found.map(|value| value.map(|value| serde_json::from_slice(&value).unwrap()))
}

/// The slow twin: the whole document, by a parser.
fn parse(document: &str) -> [Option<Json>; 2] {
    let document: Json = serde_json::from_str(document).unwrap();
    let usage = |object: &Json| {
        object
            .get("usage")
            .filter(|usage| usage.is_object())
            .cloned()
    };
    [usage(&document), document.get("response").and_then(usage)]
}

/// A string as JSON, in which every character that `escaped` says is an escape of six bytes.
fn quoted(text: &str, escaped: impl Fn(usize) -> bool) -> String {
    let all = escaped(usize::MAX);
    let mut units = [0; 2];
    let chars = text.chars().enumerate().map(|(at, char)| match char {
        '"' | '\\' if !all => format!("\\{char}"),
        '\0'..='\x1f' | '"' | '\\' => format!("\\u{:04X}", u32::from(char)),
        _ if all || char.is_ascii() && escaped(at) => {
            let units = char.encode_utf16(&mut units).iter();
            units
                .map(|unit| format!("\\u{unit:04x}"))
                .collect::<Vec<_>>()
                .concat()
        }
        _ => char.to_string(),
    });
    format!("\"{}\"", chars.collect::<String>())
}

fn text() -> impl Strategy<Value = String> {
    let planted = prop_oneof![
        Just("usage".to_owned()),
        Just(r#"","usage":{"a":1},""#.to_owned()),
        Just("\\".to_owned()),
        Just("}".to_owned()),
        Just("usage\\".to_owned()),
    ];
    let other = "[a-z\"\\\\{}:,é\u{1f600}\n ]{0,6}";
    let plain = prop_oneof![2 => planted, 3 => other];
    (plain, any::<u64>(), any::<bool>()).prop_map(|(text, mask, all)| {
        quoted(&text, |at| {
            (at == usize::MAX && all) || (at < 64 && mask >> at & 1 == 1)
        })
    })
}

fn name() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "usage", "usage", "response", "message", "Usage", "usag", "usages", "",
    ]);
    let known = (known, any::<u64>()).prop_map(|(name, mask)| {
        quoted(name, |at| {
            at < 64 && mask & 0x100 != 0 && mask >> at & 1 == 1
        })
    });
    prop_oneof![4 => known, 1 => text()]
}

fn space() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["", "", "", " ", "\n\t", "\r\n  "])
}

fn json() -> impl Strategy<Value = String> {
    let number = proptest::sample::select(vec!["0", "-1", "17", "1.5e3", "18446744073709551616"]);
    let leaf = prop_oneof![
        number.prop_map(str::to_owned),
        proptest::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned),
        text(),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let array = proptest::collection::vec((space(), inner.clone()), 0..5).prop_map(|items| {
            let items = items
                .into_iter()
                .map(|(space, item)| format!("{space}{item}{space}"));
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        });
        prop_oneof![3 => object(inner), 1 => array]
    })
}

fn object(value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    let member = (name(), space(), space(), value, space());
    let members = |members: Vec<(String, &str, &str, String, &str)>| {
        let members = members
            .into_iter()
            .map(|(name, a, b, value, c)| format!("{a}{name}{b}:{c}{value}{a}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    };
    proptest::collection::vec(member, 0..6)
        .prop_map(members)
        .boxed()
}

/// Mostly objects of objects, in which there is something to find in both places; none so long that the scanner
/// would let a usage in it go, which the parser doesn't.
fn document() -> impl Strategy<Value = String> {
    let inner = prop_oneof![1 => json().boxed(), 2 => object(json()), 1 => object(object(json()))];
    prop_oneof![1 => json().boxed(), 3 => object(inner)]
        .prop_filter("longer than a usage is kept", |document| {
            document.len() <= MOST_VALUE
        })
}

/// Cuts `document` at the given places, wherever they fall.
fn pieces(document: &[u8], mut cuts: Vec<usize>) -> Vec<&[u8]> {
    for cut in &mut cuts {
        *cut %= document.len() + 1;
    }
    cuts.extend([0, document.len()]);
    cuts.sort_unstable();
    cuts.windows(2)
        .map(|pair| &document[pair[0]..pair[1]])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn it_finds_what_a_parser_finds_however_the_document_is_cut(
        document in document(), cuts: Vec<usize>, trailing in space(),
    ) {
        let document = document + trailing;
        let found = values(scan(pieces(document.as_bytes(), cuts)));
        prop_assert_eq!(found, parse(&document));
    }

    #[test]
    fn any_bytes_are_read_within_the_bound_and_without_a_panic(
        bytes: Vec<u8>, structure in "[\\[\\]{}\":,a\\\\]{0,200}", cuts: Vec<usize>,
    ) {
        scan(pieces(&bytes, cuts.clone()));
        let planted = format!(r#"{{"usage":{{"a":{structure}"#);
        let found = scan(pieces(planted.as_bytes(), cuts));
        prop_assert!(found.iter().flatten().all(|value| value.len() <= MOST_VALUE));
    }
}

#[test]
fn the_twins_agree_on_documents_in_which_there_is_something_to_find() {
    // The strategy would prove little if it planted no usage.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut found = [0, 0];
    for _ in 0..1_000 {
        let document = document().new_tree(&mut runner).unwrap().current();
        for (count, usage) in found.iter_mut().zip(parse(&document)) {
            *count += usize::from(usage.is_some());
        }
    }
    assert!(found[0] > 200 && found[1] > 25, "{found:?}");
}

#[test]
fn it_is_found_in_two_places_and_nowhere_else() {
    let find = |document: &str| values(scan([document.as_bytes()])).map(|found| found.is_some());
    assert_eq!(find(r#"{"usage":{}}"#), [true, false]);
    assert_eq!(find(r#"{"response":{"usage":{}}}"#), [false, true]);
    assert_eq!(
        find(r#"{"a":1,"us\u0061ge" : {} , "response":{"b":[],"usage":{}}}"#),
        [true, true]
    );
    for nowhere in [
        r#"[{"usage":{}}]"#,
        r#"{"choices":[{"usage":{}}],"a":{"usage":{}}}"#,
        r#"{"response":[{"usage":{}}]}"#,
        r#"{"response":{"response":{"usage":{}}}}"#,
        r#"{"text":"\"usage\":{}","usage":null}"#,
        r#"{"usage":[{}]}"#,
        r#"{"usage":"{}"}"#,
        r#"{"usage":{},"usage":null}"#,
        r#"{"response":{"usage":{}},"response":{}}"#,
        r#"{"a":1}{"usage":{}}"#,
        r#"{"usage":{"a":1"#,
    ] {
        assert_eq!(find(nowhere), [false, false], "{nowhere}");
    }
}

#[test]
fn a_usage_of_the_most_bytes_is_kept_and_one_byte_more_is_not() {
    let of = |length: usize| format!(r#"{{"usage":{{"a":"{}"}}}}"#, "x".repeat(length - 8));
    assert_eq!(
        scan([of(MOST_VALUE).as_bytes()])[0].as_ref().unwrap().len(),
        MOST_VALUE
    );
    assert_eq!(scan([of(MOST_VALUE + 1).as_bytes()])[0], None);
}

#[test]
fn a_string_of_fifty_megabytes_takes_no_memory() {
    let mut scanner = Scanner::new("response");
    let mut found = None;
    let chunk = vec![b'x'; 1 << 20];
    let mut feed = |bytes: &[u8]| {
        scanner.read(bytes, &mut |_, value| found = value.map(<[u8]>::to_vec));
        assert!(scanner.heap() <= MOST_VALUE + MOST_NAME);
    };
    feed(br#"{"usage":{"note":""#);
    (0..25).for_each(|_| feed(&chunk));
    feed(br#""},"choices":[{"text":""#);
    (0..50).for_each(|_| feed(&chunk));
    feed(br#""}],""#);
    (0..25).for_each(|_| feed(&chunk));
    feed(br#"":1,"usage":{"b":2}}"#);
    assert_eq!(found.as_deref(), Some(&br#"{"b":2}"#[..]));
}

#[test]
fn brackets_without_end_are_counted_and_not_kept() {
    let mut scanner = Scanner::new("response");
    let open = vec![b'['; 1 << 20];
    let close = vec![b']'; 1 << 20];
    let mut found = 0;
    for piece in [&br#"{"a":"#[..], &open, &close, br#","usage":{}}"#] {
        scanner.read(piece, &mut |_, value| found += usize::from(value.is_some()));
    }
    assert_eq!(found, 1);
}
