//! Upserts: the row that is in the way may be another tenant's.

use super::attack::{Why::*, acme};

attacks! {
    an_upsert_of_the_tenants_key_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) VALUES (50, 'pen', 5) ON CONFLICT (tenant_id, name) DO UPDATE SET qty = excluded.qty")
            .leaves(&["1 pen open 5", "2 ink shut 20", "3 nib open 30"]);
    an_upsert_in_another_order_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) VALUES (50, 'pen', 5) ON CONFLICT (name, tenant_id) DO UPDATE SET qty = excluded.qty")
            .leaves(&["1 pen open 5", "2 ink shut 20", "3 nib open 30"]);
    an_upsert_that_does_nothing_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) VALUES (50, 'pen', 5) ON CONFLICT (tenant_id, name) DO NOTHING")
            .leaves(&["1 pen open 10", "2 ink shut 20", "3 nib open 30"]);
    an_upsert_with_a_condition_keeps_it on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) VALUES (50, 'pen', 5) ON CONFLICT (tenant_id, name) DO UPDATE SET qty = excluded.qty WHERE resources.qty > 10 OR 1 = 2")
            .leaves(&["1 pen open 10", "2 ink shut 20", "3 nib open 30"]);
    or_in_an_upserts_condition_does_not_escape on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) VALUES (50, 'pen', 5) ON CONFLICT (tenant_id, name) DO UPDATE SET qty = 6 WHERE 1 = 2 OR 1 = 1")
            .leaves(&["1 pen open 6", "2 ink shut 20", "3 nib open 30"]);
    an_upsert_of_a_select_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) SELECT 50, 'pen', max(qty) FROM resources WHERE true ON CONFLICT (tenant_id, name) DO UPDATE SET qty = excluded.qty")
            .leaves(&["1 pen open 30", "2 ink shut 20", "3 nib open 30"]);
    an_upsert_of_a_select_without_where_is_harmless on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) SELECT 50, 'pen', qty FROM resources WHERE id = 3 ON CONFLICT (tenant_id, name) DO UPDATE SET qty = excluded.qty")
            .leaves(&["1 pen open 30", "2 ink shut 20", "3 nib open 30"]);
    an_aliased_upsert_is_scoped on [postgres]
        acme("INSERT INTO resources AS r (id, name, qty) VALUES (50, 'pen', 5) ON CONFLICT (tenant_id, name) DO UPDATE SET qty = r.qty + excluded.qty")
            .leaves(&["1 pen open 15", "2 ink shut 20", "3 nib open 30"]);
    returning_of_an_upsert_is_the_tenants on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) VALUES (50, 'pen', 5) ON CONFLICT (tenant_id, name) DO UPDATE SET qty = 7 RETURNING id, tenant_id, qty")
            .sees(&["1|acme|7"]);
    the_excluded_tenant_can_be_read on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO UPDATE SET status = excluded.tenant_id")
            .leaves(&["1 pen acme 10", "2 ink shut 20", "3 nib open 30"]);
    a_sub_select_in_an_upsert_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO UPDATE SET qty = (SELECT count(*) FROM orders)")
            .leaves(&["1 pen open 3", "2 ink shut 20", "3 nib open 30"]);
    a_secret_in_an_upsert_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO UPDATE SET status = (SELECT max(word) FROM secrets)")
            .is_refused(&[Relation]);
    a_secret_in_an_upserts_condition_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO UPDATE SET qty = 1 WHERE EXISTS (SELECT 1 FROM secrets)")
            .is_refused(&[Relation]);
    an_upsert_of_anothers_key_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT (id) DO UPDATE SET name = 'mine'").is_refused(&[Upsert]);
    an_upsert_of_anothers_key_that_does_nothing_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT (id) DO NOTHING").is_refused(&[Upsert]);
    an_upsert_of_anothers_key_that_moves_it_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.tenant_id")
            .is_refused(&[Upsert, TenantColumn]);
    an_upsert_without_a_target_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT DO NOTHING").is_refused(&[Upsert]);
    an_upsert_without_a_target_that_updates_is_refused on [sqlite]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT DO UPDATE SET name = 'mine'").is_refused(&[Upsert, Syntax]);
    an_upsert_on_a_constraint_is_refused on [postgres]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT ON CONSTRAINT resources_pkey DO UPDATE SET name = 'mine'")
            .is_refused(&[Upsert]);
    an_upsert_that_sets_the_tenant_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO UPDATE SET tenant_id = 'globex'")
            .is_refused(&[TenantColumn]);
    an_upsert_that_sets_the_tenant_in_quotes_is_refused on [sqlite postgres]
        acme(r#"INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO UPDATE SET "tenant_id" = 'globex'"#)
            .is_refused(&[TenantColumn]);
    an_upsert_that_sets_the_tenant_in_a_tuple_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO UPDATE SET (qty, tenant_id) = (1, 'globex')")
            .is_refused(&[TenantColumn]);
    an_upsert_that_sets_a_system_column_is_refused on [sqlite]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO UPDATE SET rowid = 101").is_refused(&[SystemColumn]);
    two_conflict_clauses_are_refused on [sqlite]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT (tenant_id, name) DO NOTHING ON CONFLICT (id) DO UPDATE SET name = 'mine'")
            .is_refused(&[Upsert, Syntax, Statements]);
    a_target_in_another_case_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) VALUES (50, 'pen', 5) ON CONFLICT (TENANT_ID, Name) DO UPDATE SET qty = 5")
            .leaves(&["1 pen open 5", "2 ink shut 20", "3 nib open 30"]);
    a_target_in_quotes_and_capitals_is_another_column on [postgres]
        acme(r#"INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT ("TENANT_ID", id) DO UPDATE SET name = 'mine'"#)
            .is_refused(&[Upsert]);
    an_expression_that_holds_the_tenant_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT (lower(tenant_id), id) DO UPDATE SET name = 'mine'")
            .is_refused(&[Upsert, Syntax]);
    a_partial_target_is_harmless on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) WHERE id > 0 DO NOTHING");
    a_collated_target_is_harmless on [sqlite postgres]
        acme(r#"INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id COLLATE "C", name) DO NOTHING"#);
    a_target_that_is_unique_beyond_the_tenant_fails on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT (tenant_id, id) DO UPDATE SET name = 'mine'").fails();
    a_key_of_anothers_in_the_way_fails on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON CONFLICT (tenant_id, name) DO UPDATE SET name = 'mine'").fails();
    on_duplicate_key_is_refused on [mysql]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON DUPLICATE KEY UPDATE name = 'mine'").is_refused(&[Upsert, Clause]);
    on_duplicate_key_that_moves_a_row_is_refused on [mysql]
        acme("INSERT INTO resources (id, name) VALUES (101, 'mine') ON DUPLICATE KEY UPDATE tenant_id = VALUES(tenant_id)")
            .is_refused(&[Upsert, Clause, TenantColumn]);
    an_upsert_on_mysql_is_refused on [mysql]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO NOTHING").is_refused(&[Upsert, Clause, Syntax]);
    an_upsert_into_a_shared_table_is_refused on [sqlite postgres]
        acme("INSERT INTO countries (code, name) VALUES ('DE', 'Mine') ON CONFLICT (code) DO UPDATE SET name = 'Mine'").is_refused(&[SharedWrite]);
}
