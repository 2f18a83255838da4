//! Every format gives the same places for the same things.

use proptest::prelude::*;
use serde_json::Value;
use tollgate::ConfigErrors;

use super::*;

/// The places of all problems, as `line:column field`.
fn places(format: Format, text: &str) -> Vec<String> {
    let errors: ConfigErrors = format.parse(text).unwrap().validate().unwrap_err();
    let places = Places::of(format, text).unwrap();
    let place = |error| {
        let Spot { line, column } = places.of_error(error);
        format!("{line}:{column} {}", error.field)
    };
    errors.iter().map(place).collect()
}

#[test]
fn json() {
    let text = r#"{"tenants": [
  {"tenant_id": "ä\"", "quota": {"requests_per_minute": -1}},
  {"tenant_id": "acme", "quotas": 1,
   "quota": {"limits": [
     {"name": "a", "dimension": "requests", "capacity": 1, "window": "0s"},
     {"dimension": "é", "capacity": 0, "window": "1s", "name": "b:c"},
     {"name": "a", "dimension": "requests", "window": "1s", "capacity": [1, "}", null]}
   ]},
   "policy": {"allowed_paths": ["/ok", "bad"], "features": {"x.y": 1, "é": 2}},
   "metadata": {"k": "v", "k": "w"}},
  {"tenant_id": "acme"},
  7
], "more": 1}"#;
    assert_eq!(
        places(Format::Json, text),
        [
            "13:4 more",
            "2:17 tenant_id",
            "2:57 quota.requests_per_minute",
            "5:70 window",
            "6:20 dimension",
            "6:37 capacity",
            // Of two limits with one name the first is taken to be meant, but by the word that there are two.
            "5:57 capacity",
            "7:15 name",
            "9:68 policy.features.x.y",
            "9:76 policy.features.\"é\"",
            "9:40 policy.allowed_paths[1]",
            "10:27 metadata.k",
            "3:25 quotas",
            "11:4 tenant_id",
            "12:3 tenant",
        ]
    );
}

#[test]
fn toml() {
    let text = "more = 1\n\
        [[tenants]]\n\
        tenant_id = 'acme'\n\
        quotas = 1\n\
        quota.requests_per_minute = -1\n\
        \n\
        [[tenants.quota.limits]]\n\
        name = 'a'\n\
        dimension = 'requests'\n\
        capacity = 0\n\
        window = '0s'\n\
        \n\
        [tenants.policy]\n\
        allowed_paths = ['/ok', 'bad']\n\
        \n\
        [[tenants]]\n\
        tenant_id = 'acme'\n";
    assert_eq!(
        places(Format::Toml, text),
        [
            "1:1 more",
            "5:29 quota.requests_per_minute",
            "11:10 window",
            "10:12 capacity",
            "14:25 policy.allowed_paths[1]",
            "4:1 quotas",
            "17:1 tenant_id",
        ]
    );
}

#[test]
fn yaml() {
    let text = "more: 1\n\
        tenants:\n\
        - tenant_id: acme\n  \
          quotas: 1\n  \
          quota: &shared\n    \
            requests_per_minute: -1\n    \
            limits:\n    \
            - {name: a, dimension: requests, capacity: 0, window: 0s}\n  \
          policy:\n    \
            allowed_paths: [/ok, bad]\n    \
            features: {x: 1}\n\
        - tenant_id: acme\n\
        - tenant_id: b\n  \
          quota: *shared\n";
    assert_eq!(
        places(Format::Yaml, text),
        [
            "1:1 more",
            "6:26 quota.requests_per_minute",
            "8:59 window",
            "8:48 capacity",
            "11:19 policy.features.x",
            "10:26 policy.allowed_paths[1]",
            "4:3 quotas",
            "12:3 tenant_id",
            // Both are wrong where it is written.
            "6:26 quota.requests_per_minute",
            "8:59 window",
            "8:48 capacity",
        ]
    );
}

#[test]
fn a_file_s_lines_and_columns_are_counted_in_characters_from_one() {
    let lines = Lines::new("aé\nb\r\n");
    let spot = |line, column| Spot { line, column };
    assert_eq!(lines.spot(0), spot(1, 1));
    assert_eq!(lines.spot(3), spot(1, 3));
    assert_eq!(lines.spot(4), spot(2, 1));
    assert_eq!(lines.spot(7), spot(3, 1));
    assert_eq!(lines.spot(99), spot(3, 1));
    assert_eq!(lines.spot_in_line(1, 4), spot(1, 3));
}

/// Any JSON with keys that differ, as config files have them.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        "[ -~é\n\t]{0,9}".prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::btree_map("[a-zé:\"{\\\\]{1,5}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// JSON is YAML: two parsers, one of them nobody's here, must agree on every place.
    #[test]
    fn json_s_places_are_those_that_a_yaml_parser_gives(value in value(), pretty: bool) {
        let text = if pretty {
            serde_json::to_string_pretty(&value)
        } else {
            serde_json::to_string(&value)
        };
        let text = text.unwrap();
        prop_assert_eq!(json::tree(&text), yaml::tree(&text), "{}", text);
    }
}

#[test]
fn a_place_is_the_same_whatever_was_asked_before() {
    let text = "ab\n\u{e9}\u{2028}c\n\nd\u{1F600}e";
    let lines = Lines::new(text);
    let ends: Vec<usize> = (0..=text.len())
        .filter(|&at| text.is_char_boundary(at))
        .collect();
    for &first in &ends {
        for &second in &ends {
            lines.spot(first);
            assert_eq!(lines.spot(second), Lines::new(text).spot(second));
        }
    }
    assert_eq!(lines.spot(text.len()), Spot { line: 4, column: 4 });
}
