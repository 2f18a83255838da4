//! Every clause of a query: walked, or refused.

use super::*;

/// Each has one `%`, where a sub-select is put.
const EVERYWHERE: &[&str] = &[
    "SELECT %",
    "SELECT % AS x FROM c",
    "SELECT DISTINCT % FROM c",
    "SELECT 1 FROM c WHERE %",
    "SELECT 1 FROM c WHERE NOT %",
    "SELECT 1 FROM c WHERE id = % OR 1 = 1",
    "SELECT 1 FROM c WHERE EXISTS %",
    "SELECT 1 FROM c WHERE NOT EXISTS %",
    "SELECT 1 FROM c WHERE id IN %",
    "SELECT 1 FROM c WHERE id NOT IN %",
    "SELECT 1 FROM c WHERE id IN (1, %)",
    "SELECT 1 FROM c WHERE (id, 1) IN ((%, 2))",
    "SELECT 1 FROM c WHERE id BETWEEN % AND 2",
    "SELECT 1 FROM c WHERE id BETWEEN 1 AND %",
    "SELECT 1 FROM c WHERE name LIKE %",
    "SELECT 1 FROM c WHERE % IS NULL",
    "SELECT 1 FROM c WHERE % IS NOT NULL",
    "SELECT 1 FROM c JOIN c AS d ON c.id = %",
    "SELECT 1 FROM c LEFT JOIN c AS d ON c.id = %",
    "SELECT id FROM c GROUP BY %",
    "SELECT id FROM c GROUP BY id HAVING %",
    "SELECT 1 FROM c ORDER BY % DESC",
    "SELECT 1 FROM c LIMIT %",
    "SELECT 1 FROM c LIMIT 1 OFFSET %",
    "SELECT CASE % WHEN 1 THEN 2 ELSE 3 END",
    "SELECT CASE WHEN % THEN 2 ELSE 3 END",
    "SELECT CASE WHEN true THEN % ELSE 3 END",
    "SELECT CASE WHEN true THEN 2 ELSE % END",
    "SELECT coalesce(1, %)",
    "SELECT count(DISTINCT %) FROM c",
    "SELECT CAST(% AS CHAR)",
    "SELECT -%",
    "SELECT 1 + %",
    "SELECT (%)",
    "SELECT trim(%)",
    "SELECT substring(%, 1, 2)",
    "SELECT rank() OVER (PARTITION BY % ORDER BY id) FROM c",
    "SELECT rank() OVER (ORDER BY %) FROM c",
    "SELECT rank() OVER w FROM c WINDOW w AS (PARTITION BY %)",
    "SELECT 1 UNION SELECT %",
    "SELECT % UNION ALL SELECT 1",
    "SELECT 1 EXCEPT SELECT %",
    "SELECT 1 INTERSECT SELECT %",
    "WITH x AS (SELECT %) SELECT 1 FROM x",
    "WITH x AS (SELECT 1) SELECT % FROM x",
    "SELECT 1 FROM (SELECT %) AS x",
];

/// The same.
const ON_POSTGRESQL: &[&str] = &[
    "SELECT DISTINCT ON (%) id FROM c",
    "SELECT ARRAY%",
    "SELECT ARRAY[%]",
    "SELECT 1 FROM c WHERE id = ANY%",
    "SELECT 1 FROM c WHERE id > ALL%",
    "SELECT tags[%] FROM c",
    "SELECT tags[1:%] FROM c",
    "SELECT % AT TIME ZONE 'UTC'",
    "SELECT EXTRACT(YEAR FROM %)",
    "SELECT (%)::TEXT",
    "SELECT % COLLATE \"C\"",
    "SELECT count(*) FILTER (WHERE %) FROM c",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY %) FROM c",
    "SELECT array_agg(id ORDER BY %) FROM c",
    "SELECT make_interval(days => %)",
    "SELECT doc -> %, doc ->> 'a' FROM c",
    "SELECT % IS DISTINCT FROM 1",
    "SELECT 1 IS NOT DISTINCT FROM %",
    "SELECT position('a' IN %)",
    "SELECT overlay('a' PLACING % FROM 1 FOR 2)",
    "SELECT id FROM c GROUP BY GROUPING SETS ((id), (%))",
    "SELECT id FROM c GROUP BY ROLLUP ((1, %))",
    "SELECT id FROM c GROUP BY CUBE ((1, %))",
    "SELECT row(1, %)",
    "SELECT 1 FROM generate_series(1, %) AS g",
    "SELECT 1 FROM unnest(ARRAY[%]) AS g",
    "VALUES (1, %)",
    "SELECT name ILIKE % FROM c",
    "SELECT name SIMILAR TO % FROM c",
    "SELECT sum(1) OVER (ORDER BY id ROWS BETWEEN % PRECEDING AND CURRENT ROW) FROM c",
    "SELECT sum(1) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND % FOLLOWING) FROM c",
];

/// The same.
const ON_SQLITE: &[&str] = &[
    "SELECT 1 FROM c LIMIT 1, %",
    "SELECT 1 FROM c LIMIT %, 1",
    "SELECT name GLOB % FROM c",
    "VALUES (%)",
];

/// The same.
const ON_MYSQL: &[&str] = &[
    "SELECT 1 FROM c LIMIT %, 1",
    "SELECT name RLIKE % FROM c",
    "SELECT CONVERT(%, CHAR)",
    "SELECT % DIV 2",
    "SELECT group_concat(% ORDER BY id SEPARATOR ',') FROM c",
    "SELECT group_concat(id ORDER BY % SEPARATOR ',') FROM c",
    "SELECT date_add(now(), INTERVAL % DAY)",
    "SELECT 1 MEMBER OF(%)",
];

#[test]
fn a_sub_select_is_scoped_in_every_clause() {
    every(&ALL, EVERYWHERE);
    every(&[PG], ON_POSTGRESQL);
    every(&[LITE], ON_SQLITE);
    every(&[MY], ON_MYSQL);
}

fn every(dialects: &[Dialect], shapes: &[&str]) {
    let mut wrong = Vec::new();
    for dialect in dialects {
        for shape in shapes {
            let sql = shape.replace('%', "(SELECT id FROM r)");
            let scoped = format!("SELECT id FROM {}", own(*dialect, "r", "AS r"));
            match walked(*dialect, &sql) {
                Ok(printed) if printed.contains(&scoped) && !printed.contains("FROM r)") => {}
                other => wrong.push(format!("{dialect:?}: {sql}: {other:?}")),
            }
            let hidden = shape.replace('%', "(SELECT id FROM secrets)");
            match walked(*dialect, &hidden) {
                Err(refused) if *refused.reason() == Reason::Relation => {}
                other => wrong.push(format!("{dialect:?}: {hidden}: {other:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn clauses_that_write_or_belong_to_other_databases_are_refused() {
    refused(&[PG], &Reason::Clause, "SELECT * INTO x FROM r");
    refused(&[PG], &Reason::Clause, "SELECT * INTO TEMP x FROM r");
    unread(&ALL, "TABLE r");
    refused(&ALL, &Reason::Clause, "SELECT 1 UNION TABLE r");
    refused(
        &[PG],
        &Reason::Clause,
        "SELECT 1 FROM r ORDER BY id USING <",
    );
    refused(
        &[MY],
        &Reason::Clause,
        "SELECT SQL_CALC_FOUND_ROWS id FROM r",
    );
    refused(&[MY], &Reason::Clause, "SELECT HIGH_PRIORITY id FROM r");
    refused(&[MY], &Reason::Clause, "SELECT STRAIGHT_JOIN id FROM r");
    refused(&[MY], &Reason::Clause, "SELECT /*+ BKA(r) */ id FROM r");
    becomes(
        &[MY],
        "SELECT id FROM r GROUP BY id WITH ROLLUP",
        "SELECT id FROM {r AS r} GROUP BY id WITH ROLLUP",
    );
}

#[test]
fn locks_reach_the_tenants_rows() {
    becomes(
        &[PG],
        "SELECT * FROM r FOR UPDATE",
        "SELECT * FROM {r AS r} FOR UPDATE",
    );
    becomes(
        &[PG],
        "SELECT * FROM r AS x JOIN o ON x.id = o.id FOR SHARE OF x SKIP LOCKED",
        "SELECT * FROM {r AS x} JOIN {o AS o} ON x.id = o.id FOR SHARE OF x SKIP LOCKED",
    );
    // A lock of MySQL does not reach into sub-selects.
    let printed = walked(
        MY,
        "SELECT * FROM r WHERE id IN (SELECT id FROM o) FOR UPDATE",
    )
    .unwrap();
    let locked = own(MY, "r", "AS r").replace(") AS r", " FOR UPDATE) AS r");
    let read = own(MY, "o", "AS o");
    assert_eq!(
        printed,
        format!("SELECT * FROM {locked} WHERE id IN (SELECT id FROM {read}) FOR UPDATE")
    );
    refused(&[MY], &Reason::Clause, "SELECT * FROM r FOR UPDATE OF r");
    refused(&[LITE], &Reason::Clause, "SELECT * FROM r FOR UPDATE");
    refused(
        &[PG],
        &Reason::Clause,
        "SELECT * FROM r FOR UPDATE OF public.r",
    );
}
