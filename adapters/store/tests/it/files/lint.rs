//! What the linter finds, where, and what it says about it.

use tollgate_store::check::{Finding, Severity, check};

use super::kit::Folder;

/// What is found in one file, without the folder's name.
fn found(text: &str) -> Vec<Finding> {
    let folder = Folder::with(&[("t.yaml", text)]);
    check(&[folder.file("t.yaml")]).findings
}

/// As `rule line:column tenant/limit field value`.
fn brief(text: &str) -> Vec<String> {
    found(text).iter().map(brief_of).collect()
}

fn brief_of(finding: &Finding) -> String {
    let problem = &finding.problem;
    let at = problem.at.unwrap();
    let limit = problem.limit.as_deref().unwrap_or("-");
    format!(
        "{} {}:{} {}/{limit} {} {}",
        finding.rule, at.line, at.column, problem.tenant, problem.field, problem.value
    )
}

#[test]
fn a_sound_config_has_no_findings() {
    let design = r#"
tenants:
- tenant_id: acme-corp
  quota:
    requests_per_minute: 100
    tokens_per_minute: 10000
    limits:
    - {name: day-tokens, dimension: tokens, capacity: 1000000, window: day, algorithm: calendar}
    - {name: gpt4, dimension: tokens, capacity: 2000, window: 60s, match: {models: ["gpt-4*"]}}
    - {name: burst, dimension: requests, capacity: 600, window: 60s, algorithm: bucket, burst: 20}
    - {name: in-flight, dimension: requests, capacity: 8, algorithm: concurrency}
  policy: {allowed_models: [gpt-4, gpt-3.5-turbo], allowed_tools: [search], allowed_paths: [/api/*]}
- tenant_id: below
  parent: acme-corp
"#;
    assert_eq!(brief(design), [""; 0]);
}

#[test]
fn each_warning_is_found_where_it_is() {
    let text = r#"
tenants:
- tenant_id: idle
  status: suspended
- tenant_id: watched
  quota:
    limits:
    - name: s
      dimension: requests
      capacity: 5
      window: 60s
      enforcement: shadow
- tenant_id: acme
  quota:
    requests_per_minute: 100
    limits:
    - {name: month, dimension: tokens, capacity: 9, window: month, algorithm: calendar, durable: true}
    - {name: slow, dimension: requests, capacity: 1000, window: 60s}
    - name: coarse
      dimension: tokens
      capacity: 7
      window: 60s
      sub_windows: 3
      match:
        models: [gpt-5, claude-3, "claude-*"]
        routes: [/admin/*, /api/v1]
  policy:
    allowed_models: ["claude-*"]
    allowed_paths: [/api/*]
"#;
    assert_eq!(
        brief(text),
        [
            "no-limit 3:3 idle/- quota ",
            "suspended 4:11 idle/- status \"suspended\"",
            "no-limit 7:5 watched/- quota ",
            "shadow 12:20 watched/s enforcement \"shadow\"",
            "durable 17:98 acme/month durable true",
            "pointless-limit 18:51 acme/slow capacity 1000",
            "few-sub-windows 23:20 acme/coarse sub_windows 3",
            "unreachable-match 25:18 acme/coarse match.models[0] \"gpt-5\"",
            "redundant-pattern 25:25 acme/coarse match.models[1] \"claude-3\"",
            "unreachable-match 26:18 acme/coarse match.routes[0] \"/admin/*\"",
        ]
    );
    let findings = found(text);
    let advised = |finding: &Finding| finding.why.is_some() && finding.help.is_some();
    assert!(findings.iter().all(advised), "{findings:#?}");
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity == Severity::Warning)
    );
}

#[test]
fn of_equal_limits_and_patterns_the_later_is_the_one_too_many() {
    let text = r"
tenants:
- tenant_id: acme
  quota:
    requests_per_minute: 100
    tokens_per_minute: 50
    limits:
    - {name: same, dimension: requests, capacity: 100, window: 60s}
    - {name: tighter, dimension: tokens, capacity: 49, window: 60s}
  policy:
    allowed_tools: [a, b, a]
";
    assert_eq!(
        brief(text),
        [
            // The shorthand's limit is the one that is never reached, and is told where it is written.
            "pointless-limit 6:24 acme/tokens_per_minute capacity 50",
            "pointless-limit 8:51 acme/same capacity 100",
            "redundant-pattern 11:27 acme/- policy.allowed_tools[2] \"a\"",
        ]
    );
}

#[test]
fn typing_errors_are_told_with_the_word_that_was_meant() {
    let text = r"
tenants:
- tenant_id: acme
  stauts: active
  quota:
    request_per_minute: 5
    limits:
    - {name: a, dimension: requests, capacity: 1, window: dya, algorithm: calender}
  policy:
    alowed_models: []
    xyz: 1
- tenant_id: b
  status: suspend
";
    let meant: Vec<_> = found(text)
        .into_iter()
        .map(|finding| (finding.problem.field, finding.help.unwrap_or_default()))
        .collect();
    let meant: Vec<_> = meant
        .iter()
        .map(|(field, help)| (field.as_str(), help.as_str()))
        .collect();
    assert_eq!(
        meant,
        [
            ("stauts", "did you mean status?"),
            (
                "quota.request_per_minute",
                "did you mean requests_per_minute?"
            ),
            ("window", ""),
            ("algorithm", "did you mean calendar?"),
            ("policy.alowed_models", "did you mean allowed_models?"),
            ("policy.xyz", ""),
            ("status", "did you mean suspended?"),
        ]
    );
}

#[test]
fn a_parent_that_is_mistyped_is_told_with_the_one_that_was_meant() {
    let text = "tenants:\n- tenant_id: acme-corp\n  quota: {requests_per_minute: 5}\n\
                - tenant_id: acme-eu\n  parent: acme-crop\n";
    let findings = found(text);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].help.as_deref(), Some("did you mean acme-corp?"));
    assert_eq!(
        findings[0].problem.at.map(|at| (at.line, at.column)),
        Some((5, 11))
    );
}

#[test]
fn files_are_checked_as_one_set_and_a_bad_one_hides_no_other_s_findings() {
    let folder = Folder::with(&[
        (
            "a.toml",
            "[[tenants]]\ntenant_id = 'child'\nparent = 'org'\nstatus = 'suspended'\n",
        ),
        (
            "b.toml",
            "[[tenants]]\ntenant_id = 'org'\nquota.requests_per_minute = 1\n",
        ),
    ]);
    let words = |paths: &[std::path::PathBuf]| -> Vec<String> {
        check(paths).findings.iter().map(brief_of).collect()
    };
    let suspended = "suspended 4:10 child/- status \"suspended\"";
    assert_eq!(
        words(&[folder.file("a.toml"), folder.file("b.toml")]),
        [suspended]
    );
    assert_eq!(words(&[folder.path().to_owned()]), [suspended]);
    let alone = "refused 3:10 child/- parent \"org\"";
    assert_eq!(words(&[folder.file("a.toml")]), [alone, suspended]);
    // The parent may be in the file that can't be read.
    folder.write("b.toml", "[[tenants]\n");
    let report = check(&[folder.path()]);
    assert_eq!(
        (
            report.errors(),
            report.warnings(),
            report.files,
            report.tenants
        ),
        (1, 1, 2, 1)
    );
}

#[test]
fn whatever_a_source_refuses_is_an_error() {
    let folder = Folder::with(&[("t.toml", "\u{0}"), ("u.txt", "")]);
    assert_eq!(check(&[folder.path()]).errors(), 2);
    assert_eq!(check(&[folder.file("none.toml")]).errors(), 1);
    assert_eq!(check(&[folder.file("u.txt")]).errors(), 1);
}

#[test]
fn a_dimension_that_reads_like_a_built_in_one_is_asked_about() {
    let limit = |dimension: &str| {
        let limit = format!("{{name: a, dimension: {dimension}, capacity: 5, window: 60s}}");
        brief(&format!(
            "tenants:\n- tenant_id: acme\n  quota:\n    limits:\n    - {limit}\n"
        ))
    };
    for typo in ["requets", "request", "token", "tokesn"] {
        let warned = limit(typo);
        assert_eq!(warned.len(), 1, "{warned:?}");
        assert!(warned[0].starts_with("dimension 5:"), "{warned:?}");
    }
    for own in ["requests", "tokens", "bytes", "input_tokens"] {
        assert_eq!(limit(own), [""; 0]);
    }
}

#[test]
fn a_rule_that_is_allowed_is_not_told() {
    let folder = Folder::with(&[(
        "t.yaml",
        "tenants:\n- tenant_id: acme\n  status: suspended\n",
    )]);
    let mut report = check(&[folder.file("t.yaml")]);
    assert_eq!(report.warnings(), 2);
    report.allow(&["no-limit"]);
    assert_eq!(report.findings[0].rule, "suspended");
    assert_eq!(report.warnings(), 1);
}
