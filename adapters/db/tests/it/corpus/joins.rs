//! Joins of all kinds, where a predicate behind the join would be right for some and wrong for others.

use super::attack::{Why::*, acme};

attacks! {
    both_sides_of_an_inner_join_are_scoped on [sqlite postgres mysql]
        acme("SELECT o.id, r.id FROM orders o JOIN resources r ON r.id = o.resource_id").sees(&["11|1", "12|2"]);
    a_join_on_true_is_scoped on [sqlite postgres mysql]
        acme("SELECT o.id, r.id FROM orders o JOIN resources r ON 1 = 1 WHERE o.id = 11 OR o.id > 100")
            .sees(&["11|1", "11|2", "11|3"]);
    a_left_join_keeps_the_rows_without_a_partner on [sqlite postgres mysql]
        acme("SELECT o.id, r.id FROM orders o LEFT JOIN resources r ON r.id = o.resource_id")
            .sees(&["11|1", "12|2", "13|NULL"]);
    a_left_join_gains_no_rows_of_others on [sqlite postgres mysql]
        acme("SELECT r.id, o.id FROM resources r LEFT OUTER JOIN orders o ON o.resource_id = r.id")
            .sees(&["1|11", "2|12", "3|NULL"]);
    a_right_join_is_scoped_on_both_sides on [sqlite postgres mysql]
        acme("SELECT r.id, o.id FROM resources r RIGHT JOIN orders o ON o.resource_id = r.id")
            .sees(&["1|11", "2|12", "NULL|13"]);
    a_full_join_is_scoped_on_both_sides on [sqlite postgres]
        acme("SELECT r.id, o.id FROM resources r FULL JOIN orders o ON o.resource_id = r.id")
            .sees(&["1|11", "2|12", "3|NULL", "NULL|13"]);
    a_full_outer_join_with_or_is_scoped on [sqlite]
        acme("SELECT r.id, o.id FROM resources r FULL OUTER JOIN orders o ON o.resource_id = r.id OR 1 = 0 WHERE 1 = 1 OR 1 = 0")
            .sees(&["1|11", "2|12", "3|NULL", "NULL|13"]);
    a_cross_join_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM resources CROSS JOIN orders").sees(&["9"]);
    a_comma_join_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM resources, orders, countries").sees(&["18"]);
    a_natural_join_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM resources NATURAL JOIN open_resources").sees(&["2"]);
    a_natural_left_join_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM resources NATURAL LEFT JOIN open_resources").sees(&["3"]);
    a_natural_join_without_common_columns_is_scoped on [sqlite postgres]
        acme("SELECT count(*) FROM (SELECT name FROM resources) a NATURAL JOIN (SELECT total FROM orders) b").sees(&["9"]);
    using_is_scoped on [sqlite postgres mysql]
        acme("SELECT id FROM resources JOIN open_resources USING (id)").sees(&["1", "3"]);
    using_the_tenant_column_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM resources JOIN open_resources USING (tenant_id)").sees(&["6"]);
    a_left_join_using_is_scoped on [sqlite postgres mysql]
        acme("SELECT id, o.name FROM resources LEFT JOIN open_resources o USING (id)").sees(&["1|pen", "2|NULL", "3|nib"]);
    a_join_with_itself_is_scoped_on_both_sides on [sqlite postgres mysql]
        acme("SELECT a.id, b.id FROM resources a JOIN resources b ON a.name = b.name OR a.id = b.id")
            .sees(&["1|1", "2|2", "3|3"]);
    a_join_with_itself_without_aliases_on_one_side_is_scoped on [sqlite postgres mysql]
        acme("SELECT resources.id, b.id FROM resources JOIN resources b ON resources.name = b.name")
            .sees(&["1|1", "2|2", "3|3"]);
    three_tables_are_all_scoped on [sqlite postgres mysql]
        acme("SELECT a.id FROM resources a JOIN orders b ON b.resource_id = a.id LEFT JOIN resources c ON c.name = a.name AND c.id > 100")
            .sees(&["1", "2"]);
    a_join_of_joins_is_scoped on [sqlite postgres mysql]
        acme("SELECT o.id, r.id FROM orders o LEFT JOIN (resources r JOIN open_resources p ON p.id = r.id) ON r.id = o.resource_id")
            .sees(&["11|1", "12|NULL", "13|NULL"]);
    a_join_in_parentheses_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM (resources CROSS JOIN orders)").sees(&["9"]);
    a_table_in_parentheses_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM (resources)");
    a_table_in_many_parentheses_is_scoped on [sqlite mysql]
        acme("SELECT count(*) FROM (((resources)))");
    a_comma_join_in_parentheses_is_scoped on [sqlite mysql]
        acme("SELECT count(*) FROM (resources, orders)");
    a_sub_select_in_the_join_condition_is_scoped on [sqlite postgres mysql]
        acme("SELECT o.id FROM orders o JOIN countries c ON c.code = 'DE' AND EXISTS (SELECT 1 FROM resources r WHERE r.id = o.resource_id)")
            .sees(&["11", "12"]);
    a_count_in_the_join_condition_is_scoped on [sqlite postgres mysql]
        acme("SELECT o.id FROM orders o LEFT JOIN countries c ON (SELECT count(*) FROM resources) > 3 WHERE c.code IS NULL")
            .sees(&["11", "12", "13"]);
    a_join_with_a_shared_table_is_scoped on [sqlite postgres mysql]
        acme("SELECT r.id, c.code FROM resources r JOIN countries c ON c.code = 'DE' OR r.id = 101")
            .sees(&["1|DE", "2|DE", "3|DE"]);
    a_right_join_with_a_shared_table_is_scoped on [sqlite postgres mysql]
        acme("SELECT r.id, c.code FROM resources r RIGHT JOIN countries c ON r.id = 101").sees(&["NULL|DE", "NULL|FR"]);
    lateral_is_scoped on [postgres]
        acme("SELECT r.id, l.id FROM resources r, LATERAL (SELECT o.id FROM orders o WHERE o.resource_id = r.id OR o.id = 13) l")
            .sees(&["1|11", "1|13", "2|12", "2|13", "3|13"]);
    left_join_lateral_is_scoped on [postgres]
        acme("SELECT r.id, l.n FROM resources r LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.resource_id = r.id) l ON true")
            .sees(&["1|1", "2|1", "3|0"]);
    cross_join_lateral_is_scoped on [postgres mysql]
        acme("SELECT count(*) FROM countries CROSS JOIN LATERAL (SELECT * FROM resources) l");
    a_lateral_function_that_is_not_on_the_list_is_refused on [postgres]
        acme("SELECT 1 FROM resources r, LATERAL query_to_xml('select 1', true, true, '') x").is_refused(&[Relation, Function, Clause]);
    an_aliased_join_is_scoped on [postgres]
        acme("SELECT x.id FROM (resources r JOIN open_resources p USING (id)) AS x");
    a_table_with_renamed_columns_is_scoped on [postgres]
        acme("SELECT a, b FROM resources AS x (a, b) WHERE a = 1 OR 1 = 1").sees(&["1|acme", "2|acme", "3|acme"]);
    renaming_the_tenant_column_of_an_alias_changes_nothing on [postgres]
        acme("SELECT x.tenant_id FROM resources AS x (tenant_id, id)").sees(&["1", "2", "3"]);
    an_alias_that_is_another_tables_name_is_scoped on [sqlite postgres mysql]
        acme("SELECT resources.id FROM orders AS resources").sees(&["11", "12", "13"]);
    aliases_that_swap_two_tables_are_scoped on [sqlite postgres mysql]
        acme("SELECT orders.name, resources.total FROM orders AS resources JOIN resources AS orders ON orders.id = resources.resource_id")
            .sees(&["pen|5", "ink|7"]);
    an_alias_that_is_the_tenant_column_is_scoped on [sqlite postgres mysql]
        acme("SELECT tenant_id.id FROM resources AS tenant_id").sees(&["1", "2", "3"]);
    an_alias_in_quotes_is_scoped on [sqlite postgres]
        acme(r#"SELECT "a b".id FROM resources AS "a b""#).sees(&["1", "2", "3"]);
    an_alias_with_quotes_in_it_is_refused on [sqlite postgres]
        acme(r#"SELECT 1 FROM resources AS "x"" WHERE 1=1 -- ""#).is_refused(&[Expression]);
    semi_joins_are_refused on [sqlite postgres mysql]
        acme("SELECT 1 FROM resources LEFT SEMI JOIN orders ON true").is_refused(&[Clause, Syntax, Relation]);
    anti_joins_are_refused on [sqlite postgres mysql]
        acme("SELECT 1 FROM resources ANTI JOIN orders ON true").is_refused(&[Clause, Syntax, Relation]);
    asof_joins_are_refused on [sqlite postgres mysql]
        acme("SELECT 1 FROM resources ASOF JOIN orders MATCH_CONDITION (1 = 1) ON 1 = 1").is_refused(&[Clause, Syntax, Relation]);
    outer_apply_is_refused on [sqlite postgres mysql]
        acme("SELECT 1 FROM resources OUTER APPLY (SELECT 1) x").is_refused(&[Clause, Syntax, Relation]);
    global_joins_are_refused on [sqlite postgres mysql]
        acme("SELECT 1 FROM resources GLOBAL INNER JOIN orders ON true").is_refused(&[Clause, Syntax, Relation]);
    a_straight_join_is_scoped_or_refused on [mysql]
        acme("SELECT count(*) FROM resources STRAIGHT_JOIN orders");
    index_hints_are_refused on [mysql]
        acme("SELECT 1 FROM resources USE INDEX (x)").is_refused(&[Clause]);
    partitions_are_refused on [mysql]
        acme("SELECT 1 FROM resources PARTITION (p0)").is_refused(&[Clause, Syntax, Function, Relation]);
    indexed_by_is_refused on [sqlite]
        acme("SELECT 1 FROM resources INDEXED BY x").is_refused(&[Clause, Syntax]);
    not_indexed_is_refused on [sqlite]
        acme("SELECT 1 FROM resources NOT INDEXED").is_refused(&[Clause, Syntax]);
    straight_join_behind_select_is_scoped_or_refused on [mysql]
        acme("SELECT STRAIGHT_JOIN 1 FROM resources");
    samples_are_refused on [postgres]
        acme("SELECT 1 FROM resources TABLESAMPLE SYSTEM (100)").is_refused(&[Clause]);
    a_pivot_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM resources PIVOT (sum(qty) FOR status IN ('open'))").is_refused(&[Clause, Syntax, Relation]);
    ordinality_of_a_table_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM resources WITH ORDINALITY").is_refused(&[Clause, Syntax]);
    a_table_as_of_another_time_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM resources FOR SYSTEM_TIME AS OF '2020-01-01'").is_refused(&[Clause, Syntax]);
    table_hints_are_refused on [sqlite postgres mysql]
        acme("SELECT * FROM resources WITH (NOLOCK)").is_refused(&[Clause, Syntax]);
}
