//! Set operations: every arm is a way in.

use super::attack::{Why::*, acme};

attacks! {
    both_arms_of_a_union_are_scoped on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE id = 1 UNION SELECT id FROM resources").sees(&["1", "2", "3"]);
    union_all_is_scoped on [sqlite postgres mysql]
        acme("SELECT id FROM resources UNION ALL SELECT id FROM orders").sees(&["1", "2", "3", "11", "12", "13"]);
    the_last_of_many_arms_is_scoped on [sqlite postgres mysql]
        acme("SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT count(*) FROM resources").sees(&["0", "0", "0", "3"]);
    the_first_of_many_arms_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM resources UNION ALL SELECT 0 UNION ALL SELECT 0").sees(&["0", "0", "3"]);
    intersect_is_scoped on [sqlite postgres]
        acme("SELECT resource_id FROM orders INTERSECT SELECT id FROM resources").sees(&["1", "2"]);
    except_is_scoped on [sqlite postgres]
        acme("SELECT resource_id FROM orders EXCEPT SELECT id FROM resources").sees(&["101"]);
    intersect_all_is_scoped on [postgres]
        acme("SELECT id FROM resources INTERSECT ALL SELECT id FROM open_resources").sees(&["1", "3"]);
    an_arm_in_parentheses_is_scoped on [postgres mysql]
        acme("(SELECT id FROM resources) UNION ALL (SELECT id FROM orders ORDER BY id LIMIT 1)").sees(&["1", "2", "3", "11"]);
    a_union_in_a_sub_select_is_scoped on [sqlite postgres mysql]
        acme("SELECT count(*) FROM (SELECT id FROM resources UNION ALL SELECT id FROM orders) x").sees(&["6"]);
    a_union_in_in_is_scoped on [sqlite postgres mysql]
        acme("SELECT code FROM countries WHERE 111 IN (SELECT id FROM resources UNION SELECT id FROM orders)").sees(&[]);
    nested_set_operations_are_scoped on [postgres]
        acme("(SELECT id FROM resources EXCEPT (SELECT 1 UNION SELECT id FROM orders)) UNION ALL SELECT 0").sees(&["2", "3", "0"]);
    an_order_over_a_union_is_scoped on [sqlite postgres mysql]
        acme("SELECT id FROM resources UNION SELECT id FROM orders ORDER BY 1 DESC LIMIT 1").sees(&["13"]);
    an_arm_of_values_is_scoped on [sqlite postgres]
        acme("VALUES (1) UNION ALL SELECT count(*) FROM resources").sees(&["1", "3"]);
    an_arm_that_is_undeclared_is_refused on [sqlite postgres mysql]
        acme("SELECT name FROM resources UNION SELECT word FROM secrets").is_refused(&[Relation]);
    the_last_of_many_arms_may_not_be_undeclared on [sqlite postgres mysql]
        acme("SELECT '' UNION SELECT '' UNION SELECT '' UNION ALL SELECT word FROM secrets").is_refused(&[Relation]);
    an_arm_behind_a_comment_is_refused on [sqlite postgres mysql]
        acme("SELECT name FROM resources/**/UNION/**/ALL/**/SELECT/**/word/**/FROM/**/secrets").is_refused(&[Relation]);
    an_arm_behind_where_is_refused on [sqlite postgres mysql]
        acme("SELECT name FROM resources WHERE id = -1 UNION SELECT word FROM secrets -- ").is_refused(&[Relation]);
    an_arm_of_a_table_command_is_refused_or_scoped on [postgres]
        acme("SELECT id, tenant_id, word FROM (SELECT 1 AS id, '' AS tenant_id, '' AS word) x UNION TABLE secrets")
            .is_refused(&[Relation, Clause, Expression]);
    the_schema_of_the_catalog_is_refused_as_an_arm on [sqlite]
        acme("SELECT name FROM resources UNION SELECT sql FROM sqlite_master").is_refused(&[Relation]);
    union_by_name_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources UNION BY NAME SELECT id FROM orders").is_refused(&[Clause, Syntax, Expression, Relation]);
    minus_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources MINUS SELECT id FROM orders").is_refused(&[Clause, Syntax, Expression]);
}
