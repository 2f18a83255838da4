//! A sub-select in every place that can hold one.

use super::attack::{Why::*, acme};
use crate::world::Value::Int;

attacks! {
    exists_is_scoped on [sqlite postgres mysql]
        acme("SELECT c.code FROM countries c WHERE EXISTS (SELECT 1 FROM resources WHERE id = 101)").sees(&[]);
    a_correlated_exists_is_scoped on [sqlite postgres mysql]
        acme("SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM resources r WHERE r.id = o.resource_id OR r.id = 101)")
            .sees(&["11", "12"]);
    a_scalar_in_the_select_list_is_scoped on [sqlite postgres mysql]
        acme("SELECT (SELECT count(*) FROM resources)").sees(&["3"]);
    a_correlated_scalar_in_the_select_list_is_scoped on [sqlite postgres mysql]
        acme("SELECT o.id, (SELECT max(r.name) FROM resources r WHERE r.id = o.resource_id) FROM orders o")
            .sees(&["11|pen", "12|ink", "13|NULL"]);
    an_aliased_scalar_is_scoped on [sqlite postgres mysql]
        acme("SELECT (SELECT max(qty) FROM resources) AS resources").sees(&["30"]);
    a_sub_select_in_from_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM (SELECT * FROM resources WHERE 1 = 1 OR 1 = 2) x").sees(&["3"]);
    a_sub_select_of_sub_selects_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM (SELECT * FROM (SELECT * FROM (SELECT * FROM resources) a) b) c").sees(&["3"]);
    in_is_scoped on [sqlite postgres mysql]
        acme("SELECT code FROM countries WHERE 101 IN (SELECT id FROM resources)").sees(&[]);
    not_in_is_scoped on [sqlite postgres mysql]
        acme("SELECT code FROM countries WHERE 101 NOT IN (SELECT id FROM resources)").sees(&["DE", "FR"]);
    in_of_a_tuple_is_scoped on [sqlite postgres mysql]
        acme("SELECT code FROM countries WHERE (101, 'pen') IN (SELECT id, name FROM resources)").sees(&[]);
    /// SQLite's short form of `IN (SELECT * FROM t)`.
    in_with_a_bare_table_is_refused on [sqlite]
        acme("SELECT code FROM countries WHERE 'LEAK' IN secrets").is_refused(&[Expression, Syntax, Relation]);
    in_with_a_bare_table_of_the_tenants_is_scoped on [sqlite]
        acme(r#"SELECT code FROM countries WHERE (21, 'acme', 'mine') IN "Notes" AND (121, 'globex', 'LEAK') NOT IN "Notes""#).sees(&["DE", "FR"]);
    any_is_scoped on [postgres mysql]
        acme("SELECT code FROM countries WHERE 101 = ANY (SELECT id FROM resources)").sees(&[]);
    some_is_scoped on [postgres mysql]
        acme("SELECT code FROM countries WHERE 101 = SOME (SELECT id FROM resources)");
    all_is_scoped on [postgres mysql]
        acme("SELECT code FROM countries WHERE 30 >= ALL (SELECT qty FROM resources)").sees(&["DE", "FR"]);
    array_of_a_select_is_scoped on [postgres]
        acme("SELECT ARRAY(SELECT id FROM resources ORDER BY id)").sees(&["{1,2,3}"]);
    array_of_arrays_of_selects_is_scoped on [postgres]
        acme("SELECT ARRAY[(SELECT count(*) FROM resources), (SELECT max(id) FROM orders)]").sees(&["{3,13}"]);
    a_sub_select_in_order_by_is_scoped on [sqlite postgres mysql]
        acme("SELECT id FROM resources ORDER BY (SELECT count(*) FROM orders o WHERE o.resource_id = resources.id) DESC, id LIMIT 1")
            .sees(&["1"]);
    a_limit_counts_the_tenants_own on [sqlite postgres]
        acme("SELECT code FROM countries ORDER BY 1 LIMIT (SELECT count(*) - 2 FROM resources)").sees(&["DE"]);
    an_offset_counts_the_tenants_own on [sqlite postgres]
        acme("SELECT code FROM countries ORDER BY 1 LIMIT 5 OFFSET (SELECT count(*) - 2 FROM resources)").sees(&["FR"]);
    a_limit_with_a_comma_counts_the_tenants_own on [sqlite]
        acme("SELECT code FROM countries ORDER BY 1 LIMIT (SELECT count(*) - 2 FROM resources), 5");
    fetch_first_counts_the_tenants_own on [postgres]
        acme("SELECT code FROM countries ORDER BY 1 FETCH FIRST (SELECT count(*) - 2 FROM resources) ROWS ONLY");
    group_by_a_sub_select_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM countries GROUP BY (SELECT count(*) FROM resources WHERE name < countries.name)")
            .sees(&["2"]);
    having_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM countries HAVING count(*) < (SELECT count(*) FROM resources)").sees(&["2"]);
    case_is_scoped on [sqlite postgres mysql]
        acme("SELECT CASE WHEN EXISTS (SELECT 1 FROM resources WHERE id > 100) THEN 1 ELSE (SELECT max(id) FROM resources) END")
            .sees(&["3"]);
    the_operand_of_case_is_scoped on [sqlite postgres mysql]
        acme("SELECT CASE (SELECT count(*) FROM resources) WHEN 3 THEN 'three' ELSE 'more' END").sees(&["three"]);
    the_when_of_case_is_scoped on [sqlite postgres mysql]
        acme("SELECT CASE 3 WHEN (SELECT count(*) FROM resources) THEN 'three' ELSE 'more' END").sees(&["three"]);
    function_arguments_are_scoped on [sqlite postgres mysql]
        acme("SELECT coalesce(NULL, (SELECT max(id) FROM resources))").sees(&["3"]);
    an_aggregates_argument_is_scoped on [sqlite postgres mysql]
        acme("SELECT sum((SELECT count(*) FROM resources)) FROM countries").sees(&["6"]);
    an_aggregates_filter_is_scoped on [sqlite postgres]
        acme("SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM resources WHERE id = 101)) FROM countries").sees(&["0"]);
    an_aggregates_order_is_scoped on [postgres]
        acme("SELECT string_agg(code, ',' ORDER BY (SELECT count(*) FROM resources r WHERE r.name < c.name), code) FROM countries c")
            .sees(&["DE,FR"]);
    within_group_is_scoped on [postgres]
        acme("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY (SELECT count(*) FROM resources)) FROM countries").sees(&["3"]);
    partition_by_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) OVER (PARTITION BY (SELECT count(*) FROM resources WHERE id > 100)) FROM countries").sees(&["2", "2"]);
    the_order_of_a_window_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) OVER (ORDER BY (SELECT count(*) FROM resources)) FROM countries").sees(&["2", "2"]);
    a_named_window_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) OVER w FROM countries WINDOW w AS (PARTITION BY (SELECT max(id) FROM resources))").sees(&["2", "2"]);
    the_frame_of_a_window_is_scoped on [postgres]
        acme("SELECT count(*) OVER (ORDER BY code ROWS (SELECT count(*) FROM resources) PRECEDING) FROM countries");
    a_cast_is_scoped on [sqlite postgres]
        acme("SELECT CAST((SELECT count(*) FROM resources) AS TEXT)").sees(&["3"]);
    a_double_colon_is_scoped on [postgres]
        acme("SELECT (SELECT count(*) FROM resources)::text").sees(&["3"]);
    like_is_scoped on [sqlite postgres mysql]
        acme("SELECT code FROM countries WHERE 'LEAK null' LIKE (SELECT max(name) FROM resources)").sees(&[]);
    the_pattern_and_escape_of_like_are_scoped on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE name LIKE 'p%' ESCAPE '!'").sees(&["1"]);
    between_is_scoped on [sqlite postgres mysql]
        acme("SELECT code FROM countries WHERE 25 BETWEEN (SELECT min(qty) FROM resources) AND (SELECT max(qty) FROM resources)")
            .sees(&["DE", "FR"]);
    is_null_is_scoped on [sqlite postgres mysql]
        acme("SELECT code FROM countries WHERE (SELECT id FROM resources WHERE id = 101) IS NULL").sees(&["DE", "FR"]);
    is_distinct_from_is_scoped on [sqlite postgres]
        acme("SELECT code FROM countries WHERE (SELECT count(*) FROM resources) IS DISTINCT FROM 3").sees(&[]);
    unary_operators_are_scoped on [sqlite postgres mysql]
        acme("SELECT -(SELECT count(*) FROM resources)").sees(&["-3"]);
    collate_is_scoped on [sqlite]
        acme("SELECT (SELECT max(name) FROM resources) COLLATE NOCASE").sees(&["pen"]);
    a_tuple_is_scoped on [sqlite postgres]
        acme("SELECT 1 WHERE (1, 2) = ((SELECT count(*) FROM resources WHERE id > 100), 2)").sees(&[]);
    a_row_comparison_is_scoped on [sqlite postgres]
        acme("SELECT 1 WHERE (3, 13) = (SELECT count(*), 13 FROM resources)").sees(&["1"]);
    at_time_zone_is_scoped on [postgres]
        acme("SELECT (SELECT timestamp '2020-01-01' FROM resources LIMIT 1) AT TIME ZONE 'UTC' IS NOT NULL").sees(&["t"]);
    extract_is_scoped on [postgres]
        acme("SELECT EXTRACT(DAY FROM (SELECT date '2020-01-01' + count(*)::int FROM resources))").sees(&["4"]);
    position_is_scoped on [postgres]
        acme("SELECT position('e' IN (SELECT max(name) FROM resources))").sees(&["2"]);
    substring_is_scoped on [postgres]
        acme("SELECT substring((SELECT max(name) FROM resources) FROM 1 FOR (SELECT 2))").sees(&["pe"]);
    trim_is_scoped on [postgres]
        acme("SELECT trim(BOTH (SELECT 'p') FROM (SELECT max(name) FROM resources))").sees(&["en"]);
    overlay_is_scoped on [postgres]
        acme("SELECT overlay((SELECT max(name) FROM resources) PLACING 'x' FROM 1 FOR 1)").sees(&["xen"]);
    subscripts_are_scoped on [postgres]
        acme("SELECT (ARRAY[10, 20, 30, 40])[(SELECT count(*) FROM resources)]").sees(&["30"]);
    slices_are_scoped on [postgres]
        acme("SELECT (ARRAY[10, 20, 30, 40])[1:(SELECT count(*) FROM resources)]").sees(&["{10,20,30}"]);
    json_operators_are_scoped on [postgres]
        acme("SELECT (SELECT to_jsonb(max(name)) FROM resources) ->> (SELECT 0)").sees(&["pen"]);
    an_interval_is_scoped_or_refused on [mysql]
        acme("SELECT now() + INTERVAL (SELECT count(*) FROM resources) DAY");
    convert_is_scoped_or_refused on [mysql]
        acme("SELECT CONVERT((SELECT max(name) FROM secrets), CHAR)").is_refused(&[Relation, Expression, Function, Type]);
    match_against_is_scoped_or_refused on [mysql]
        acme("SELECT 1 FROM resources WHERE MATCH (name) AGAINST ('x')");
    values_are_scoped on [sqlite postgres]
        acme("VALUES ((SELECT count(*) FROM resources)), (2)").sees(&["3", "2"]);
    values_in_from_are_scoped on [sqlite postgres]
        acme("SELECT * FROM (VALUES ((SELECT count(*) FROM resources))) AS v").sees(&["3"]);
    an_undeclared_table_is_refused_however_deep on [sqlite postgres mysql]
        acme("SELECT 1 WHERE 1 IN (SELECT 1 FROM resources WHERE EXISTS (SELECT 1 WHERE (SELECT max(word) FROM secrets) > 'a'))")
            .is_refused(&[Relation]);
    an_undeclared_table_is_refused_in_order_by on [sqlite postgres mysql]
        acme("SELECT id FROM resources ORDER BY (SELECT max(word) FROM secrets)").is_refused(&[Relation]);
    an_undeclared_table_is_refused_in_limit on [sqlite postgres]
        acme("SELECT id FROM resources LIMIT (SELECT count(*) FROM secrets)").is_refused(&[Relation]);
    an_undeclared_table_is_refused_in_a_window on [sqlite postgres mysql]
        acme("SELECT count(*) OVER (ORDER BY (SELECT 1 FROM secrets)) FROM resources").is_refused(&[Relation]);
    an_undeclared_table_is_refused_in_distinct_on on [postgres]
        acme("SELECT DISTINCT ON ((SELECT max(word) FROM secrets)) id FROM resources").is_refused(&[Relation]);
    a_values_row_in_from_with_a_secret_is_refused on [sqlite postgres]
        acme("SELECT * FROM (VALUES (1, (SELECT max(word) FROM secrets))) v").is_refused(&[Relation]);
    a_bound_value_inside_a_sub_select_is_the_callers on [sqlite]
        acme("SELECT (SELECT name FROM resources WHERE id = ?) FROM countries WHERE code = 'DE' AND 1 = ?")
            .with(&[Int(2), Int(1)]).sees(&["ink"]);
}
