//! UPDATE and DELETE: what they touch, where they look, and what they may not move.

use super::attack::{Attack, Why::*, acme};

/// Acme tries this, and nothing of acme's changes.
const fn changes_nothing(sql: &'static str) -> Attack {
    acme(sql).leaves(&["1 pen open 10", "2 ink shut 20", "3 nib open 30"])
}

/// Acme tries this, which sets the quantity of all of acme's resources to 0, and nothing else.
const fn empties_all(sql: &'static str) -> Attack {
    acme(sql).leaves(&["1 pen open 0", "2 ink shut 0", "3 nib open 0"])
}

attacks! {
    an_update_without_where_changes_the_tenants_own on [sqlite postgres mysql]
        empties_all("UPDATE resources SET qty = 0");
    or_in_an_update_does_not_escape_the_tenant on [sqlite postgres mysql]
        empties_all("UPDATE resources SET qty = 0 WHERE id = 1 OR 1 = 1");
    an_update_of_anothers_row_changes_nothing on [sqlite postgres mysql]
        changes_nothing("UPDATE resources SET qty = 0 WHERE id = 101");
    an_update_that_names_another_tenant_changes_nothing on [sqlite postgres mysql]
        changes_nothing("UPDATE resources SET qty = 0 WHERE tenant_id = 'globex'");
    an_update_with_a_comment_for_where_changes_the_tenants_own on [sqlite postgres mysql]
        empties_all("UPDATE resources SET qty = 0 -- WHERE id = 1");
    an_aliased_update_is_scoped on [sqlite postgres]
        empties_all("UPDATE resources AS r SET qty = 0 WHERE r.id = 1 OR 1 = 1");
    an_update_with_an_alias_without_as_is_scoped on [postgres]
        empties_all("UPDATE resources r SET qty = 0 WHERE r.id = 1 OR 1 = 1");
    an_update_aliased_like_another_table_is_scoped on [sqlite postgres]
        empties_all("UPDATE resources AS orders SET qty = 0 WHERE orders.id < 100 OR 1 = 1");
    a_qualified_update_is_scoped on [postgres]
        empties_all(r#"UPDATE "public".resources SET qty = 0 WHERE 1 = 1 OR 1 = 2"#);
    a_qualified_update_is_scoped_on_sqlite on [sqlite]
        empties_all("UPDATE main.[Resources] SET qty = 0 WHERE 1 = 1 OR 1 = 2");
    a_sub_select_in_set_is_scoped on [sqlite postgres]
        acme("UPDATE resources SET qty = (SELECT sum(total) FROM orders) WHERE id = 1").leaves(&["1 pen open 21", "2 ink shut 20", "3 nib open 30"]);
    a_sub_select_in_an_updates_where_is_scoped on [sqlite postgres]
        changes_nothing("UPDATE resources SET qty = 0 WHERE 500 IN (SELECT total FROM orders)");
    a_secret_in_set_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources SET name = (SELECT max(word) FROM secrets)").is_refused(&[Relation]);
    a_secret_in_an_updates_where_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources SET qty = 0 WHERE EXISTS (SELECT 1 FROM secrets)").is_refused(&[Relation]);
    an_update_from_is_scoped_on_both_sides on [sqlite postgres]
        acme("UPDATE resources SET qty = o.total FROM orders o WHERE o.resource_id = resources.id")
            .leaves(&["1 pen open 5", "2 ink shut 7", "3 nib open 30"]);
    or_in_an_update_from_does_not_escape_the_tenant on [sqlite postgres]
        empties_all("UPDATE resources SET qty = 0 FROM orders o WHERE o.id = 1 OR 1 = 1");
    an_update_from_a_join_is_scoped on [sqlite postgres]
        acme("UPDATE resources SET qty = 0 FROM orders o LEFT JOIN open_resources p ON p.id = o.resource_id WHERE p.id = resources.id OR 1 = 2")
            .leaves(&["1 pen open 0", "2 ink shut 20", "3 nib open 30"]);
    an_update_from_secrets_is_refused on [sqlite postgres]
        acme("UPDATE resources SET name = s.word FROM secrets s").is_refused(&[Relation]);
    an_update_from_a_sub_select_is_scoped on [sqlite postgres]
        acme("UPDATE resources SET qty = x.n FROM (SELECT count(*) AS n FROM orders) x WHERE id = 1").leaves(&["1 pen open 3", "2 ink shut 20", "3 nib open 30"]);
    returning_of_an_update_is_the_tenants on [sqlite postgres]
        acme("UPDATE resources SET qty = 0 WHERE 1 = 1 OR 1 = 2 RETURNING id, tenant_id").sees(&["1|acme", "2|acme", "3|acme"]);
    a_sub_select_in_an_updates_returning_is_scoped on [sqlite postgres]
        acme("UPDATE resources SET qty = 0 WHERE id = 1 RETURNING (SELECT max(name) FROM open_resources)").sees(&["pen"]);
    a_secret_in_an_updates_returning_is_refused on [sqlite postgres]
        acme("UPDATE resources SET qty = 0 RETURNING (SELECT max(word) FROM secrets)").is_refused(&[Relation]);

    an_update_of_the_tenant_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources SET tenant_id = 'globex'").is_refused(&[TenantColumn]);
    an_update_of_the_tenant_to_itself_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources SET tenant_id = tenant_id").is_refused(&[TenantColumn]);
    an_update_of_the_tenant_among_others_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources SET qty = 1, tenant_id = 'globex', name = 'x'").is_refused(&[TenantColumn]);
    an_update_of_the_tenant_in_capitals_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources SET TENANT_ID = 'globex'").is_refused(&[TenantColumn]);
    an_update_of_the_tenant_in_quotes_is_refused on [sqlite postgres]
        acme(r#"UPDATE resources SET "tenant_id" = 'globex'"#).is_refused(&[TenantColumn]);
    an_update_of_the_tenant_in_quotes_and_capitals_is_refused on [sqlite]
        acme(r#"UPDATE resources SET "TENANT_id" = 'globex'"#).is_refused(&[TenantColumn]);
    an_update_of_the_tenant_in_backticks_is_refused on [sqlite mysql]
        acme("UPDATE resources SET `Tenant_Id` = 'globex'").is_refused(&[TenantColumn]);
    an_update_of_the_tenant_in_brackets_is_refused on [sqlite]
        acme("UPDATE resources SET [tenant_id] = 'globex'").is_refused(&[TenantColumn]);
    an_update_of_the_tenant_in_single_quotes_is_refused on [sqlite]
        acme("UPDATE resources SET 'tenant_id' = 'globex'").is_refused(&[TenantColumn, Syntax]);
    an_update_of_the_tenant_in_escapes_is_refused on [postgres]
        acme(r#"UPDATE resources SET U&"\0074enant_id" = 'globex'"#).is_refused(&[TenantColumn, Syntax, Clause, Expression]);
    an_update_of_the_tenant_by_its_table_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources SET resources.tenant_id = 'globex'").is_refused(&[TenantColumn, Clause, Syntax, Expression]);
    an_update_of_the_tenant_by_an_alias_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources AS r SET r.tenant_id = 'globex'").is_refused(&[TenantColumn, Clause, Syntax, Expression]);
    an_update_of_the_tenant_in_a_tuple_is_refused on [sqlite postgres]
        acme("UPDATE resources SET (name, tenant_id) = ('x', 'globex')").is_refused(&[TenantColumn]);
    an_update_of_the_tenant_in_a_tuple_of_a_select_is_refused on [sqlite postgres]
        acme("UPDATE resources SET (name, tenant_id) = (SELECT 'x', 'globex')").is_refused(&[TenantColumn, Syntax]);
    an_update_of_the_tenant_in_a_row_is_refused on [postgres]
        acme("UPDATE resources SET (tenant_id) = ROW('globex')").is_refused(&[TenantColumn, Syntax]);
    an_update_of_a_part_of_the_tenant_is_refused on [postgres]
        acme("UPDATE resources SET tenant_id[1] = 'g'").is_refused(&[TenantColumn, Clause, Syntax]);
    an_update_of_a_field_of_the_tenant_is_refused on [postgres]
        acme("UPDATE resources SET tenant_id.x = 'g'").is_refused(&[TenantColumn, Clause, Syntax, Expression]);
    an_update_of_the_tenant_behind_a_comment_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources SET/**/tenant_id/**/=/**/'globex'").is_refused(&[TenantColumn]);
    an_update_of_the_tenant_with_a_turkish_i_is_refused on [mysql]
        acme("UPDATE resources SET tenant_\u{130}d = 'globex'").is_refused(&[TenantColumn, Clause]);
    an_update_of_the_tenant_with_a_turkish_i_is_harmless on [sqlite postgres]
        acme("UPDATE resources SET tenant_\u{130}d = 'globex'");
    an_update_of_the_tenant_twice_is_refused on [sqlite postgres mysql]
        acme("UPDATE resources SET qty = 1, qty = 2, tenant_id = 'globex'").is_refused(&[TenantColumn]);
    an_update_of_the_tenant_in_the_other_table_is_refused on [sqlite postgres mysql]
        acme("UPDATE orders SET org_id = 'globex'").is_refused(&[TenantColumn]);
    a_column_called_tenant_id_in_another_table_is_just_a_column on [sqlite postgres mysql]
        acme("UPDATE orders SET tenant_id = 'x'").fails();

    an_update_of_an_undeclared_table_is_refused on [sqlite postgres mysql]
        acme("UPDATE secrets SET word = 'mine'").is_refused(&[Relation]);
    an_update_of_an_undeclared_view_is_refused on [postgres]
        acme("UPDATE all_resources SET qty = 0").is_refused(&[Relation]);
    an_update_of_a_declared_view_is_scoped on [postgres]
        acme("UPDATE open_resources SET qty = 0 WHERE 1 = 1 OR 1 = 2").leaves(&["1 pen open 0", "2 ink shut 20", "3 nib open 0"]);
    an_update_of_a_shared_table_is_refused on [sqlite postgres mysql]
        acme("UPDATE countries SET name = 'Mine'").is_refused(&[SharedWrite]);
    an_update_only_is_refused on [postgres]
        acme("UPDATE ONLY resources SET qty = 0").is_refused(&[Relation, Clause, Syntax]);
    an_update_with_heirs_is_harmless on [postgres]
        acme("UPDATE resources * SET qty = 0");
    an_update_or_replace_is_refused on [sqlite]
        acme("UPDATE OR REPLACE resources SET id = 101 WHERE id = 1").is_refused(&[Clause, Upsert]);
    an_update_or_ignore_is_refused on [sqlite]
        acme("UPDATE OR IGNORE resources SET id = 101 WHERE id = 1").is_refused(&[Clause, Upsert]);
    an_update_to_anothers_key_fails on [sqlite postgres]
        acme("UPDATE resources SET id = 101 WHERE id = 1").fails();
    an_update_of_two_tables_is_refused on [mysql]
        acme("UPDATE resources r JOIN orders o ON 1 = 1 SET r.qty = 0, o.org_id = 'globex'").is_refused(&[Clause, TenantColumn]);
    an_update_of_two_tables_with_a_comma_is_refused on [mysql]
        acme("UPDATE resources, orders SET resources.qty = 0").is_refused(&[Clause, Syntax]);
    an_update_with_a_limit_is_scoped on [mysql]
        acme("UPDATE resources SET qty = 0 ORDER BY id LIMIT 1").leaves(&["1 pen open 0", "2 ink shut 20", "3 nib open 30"]);
    an_update_with_a_limit_is_harmless on [sqlite]
        acme("UPDATE resources SET qty = 0 ORDER BY id LIMIT 1");
    an_update_where_current_of_is_refused on [postgres]
        acme("UPDATE resources SET qty = 0 WHERE CURRENT OF c").is_refused(&[Clause, Syntax, Expression]);
    an_update_of_a_sub_select_is_refused on [sqlite postgres mysql]
        acme("UPDATE (SELECT * FROM resources) r SET qty = 0").is_refused(&[Clause, Syntax, Relation]);
    an_update_of_a_function_is_refused on [sqlite postgres mysql]
        acme("UPDATE f() SET qty = 0").is_refused(&[Clause, Syntax, Relation, Function]);
    an_update_from_before_set_is_refused_or_right on [sqlite postgres mysql]
        acme("UPDATE resources FROM secrets SET qty = 0").is_refused(&[Clause, Syntax, Relation]);

    a_delete_without_where_deletes_the_tenants_own on [sqlite postgres mysql]
        acme("DELETE FROM resources").leaves(&[]);
    or_in_a_delete_does_not_escape_the_tenant on [sqlite postgres mysql]
        acme("DELETE FROM resources WHERE id = 1 OR 1 = 1").leaves(&[]);
    a_delete_of_anothers_row_changes_nothing on [sqlite postgres mysql]
        changes_nothing("DELETE FROM resources WHERE id = 101");
    a_delete_of_one_row_deletes_one on [sqlite postgres mysql]
        acme("DELETE FROM resources WHERE id = 1").leaves(&["2 ink shut 20", "3 nib open 30"]);
    an_aliased_delete_is_scoped on [sqlite postgres]
        acme("DELETE FROM resources AS r WHERE r.id > 1 OR 1 = 1").leaves(&[]);
    a_delete_using_is_scoped_on_both_sides on [postgres]
        acme("DELETE FROM resources r USING orders o WHERE o.resource_id = r.id").leaves(&["3 nib open 30"]);
    or_in_a_delete_using_does_not_escape_the_tenant on [postgres]
        acme("DELETE FROM resources r USING orders o WHERE o.resource_id = r.id OR 1 = 1").leaves(&[]);
    a_delete_using_secrets_is_refused on [postgres]
        acme("DELETE FROM resources USING secrets WHERE true").is_refused(&[Relation]);
    a_sub_select_in_a_delete_is_scoped on [sqlite postgres]
        changes_nothing("DELETE FROM resources WHERE 500 IN (SELECT total FROM orders)");
    a_delete_by_exists_is_scoped on [sqlite postgres]
        acme("DELETE FROM resources WHERE EXISTS (SELECT 1 FROM orders o WHERE o.resource_id = resources.id)").leaves(&["3 nib open 30"]);
    a_secret_in_a_delete_is_refused on [sqlite postgres mysql]
        acme("DELETE FROM resources WHERE EXISTS (SELECT 1 FROM secrets)").is_refused(&[Relation]);
    returning_of_a_delete_is_the_tenants on [sqlite postgres]
        acme("DELETE FROM resources WHERE 1 = 1 OR 1 = 2 RETURNING id, tenant_id").sees(&["1|acme", "2|acme", "3|acme"]);
    a_star_in_a_deletes_returning_is_the_tenants on [sqlite postgres]
        acme("DELETE FROM resources WHERE id = 1 RETURNING *").sees(&["1|acme|pen|open|10"]);
    returning_of_a_delete_using_is_the_tenants on [postgres]
        acme("DELETE FROM resources r USING orders o WHERE o.id > 0 AND r.id = 1 RETURNING o.org_id").sees(&["acme"]);
    a_secret_in_a_deletes_returning_is_refused on [sqlite postgres]
        acme("DELETE FROM resources RETURNING (SELECT max(word) FROM secrets)").is_refused(&[Relation]);
    a_delete_from_an_undeclared_table_is_refused on [sqlite postgres mysql]
        acme("DELETE FROM secrets").is_refused(&[Relation]);
    a_delete_from_a_shared_table_is_refused on [sqlite postgres mysql]
        acme("DELETE FROM countries").is_refused(&[SharedWrite]);
    a_delete_only_is_refused on [postgres]
        acme("DELETE FROM ONLY resources").is_refused(&[Relation, Clause, Syntax]);
    a_delete_without_from_is_refused on [mysql]
        acme("DELETE resources").is_refused(&[Clause, Syntax]);
    a_delete_from_two_tables_is_refused on [mysql]
        acme("DELETE resources, orders FROM resources JOIN orders ON 1 = 1").is_refused(&[Clause]);
    a_delete_from_two_tables_using_is_refused on [mysql]
        acme("DELETE FROM resources, orders USING resources JOIN orders ON 1 = 1").is_refused(&[Clause, Syntax]);
    a_delete_of_an_alias_is_refused on [mysql]
        acme("DELETE r FROM resources r JOIN secrets s ON 1 = 1").is_refused(&[Clause, Relation]);
    a_delete_from_a_join_is_refused on [sqlite postgres mysql]
        acme("DELETE FROM resources JOIN orders ON 1 = 1").is_refused(&[Clause, Syntax]);
    a_delete_where_current_of_is_refused on [postgres]
        acme("DELETE FROM resources WHERE CURRENT OF c").is_refused(&[Clause, Syntax, Expression]);
    a_delete_with_a_limit_is_scoped on [mysql]
        acme("DELETE FROM resources ORDER BY id LIMIT 1").leaves(&["2 ink shut 20", "3 nib open 30"]);
    a_delete_with_a_limit_is_harmless on [sqlite]
        acme("DELETE FROM resources ORDER BY id LIMIT 1");
    a_secret_in_the_limit_of_a_delete_is_refused on [sqlite mysql]
        acme("DELETE FROM resources ORDER BY (SELECT max(word) FROM secrets) LIMIT 1").is_refused(&[Relation, Clause, Syntax]);
    a_delete_from_a_partition_is_refused on [mysql]
        acme("DELETE FROM resources PARTITION (p0)").is_refused(&[Clause, Syntax]);
}
