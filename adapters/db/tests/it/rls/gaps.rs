//! Each hole, made and found.

use tollgate_db::Schema;
use tollgate_db::rls::{self, Gap, Power};

use super::kit::{Town, gaps_of, schema};

#[tokio::test]
async fn the_migration_leaves_no_gap_and_can_be_repeated() {
    let town = Town::new().await;
    assert_eq!(town.gaps().await, []);
    town.run(&rls::migration_sql(&schema())).await;
    assert_eq!(town.gaps().await, []);
}

#[tokio::test]
async fn without_the_migration_everything_is_missing_at_once_down_to_the_partition() {
    let town = Town::open().await;
    let told = town.told().await;
    for table in ["resources", "orders", "events", "old_events"] {
        for what in [
            "row-level security is not enabled",
            "row-level security is not forced",
            "no policy tollgate_tenant",
            "no policy tollgate_tenant_only",
        ] {
            let gap = format!("public.{table}: {what}");
            assert!(told.contains(&gap), "{gap} in {told:?}");
        }
    }
    assert_eq!(told.len(), 16, "{told:?}");
}

#[tokio::test]
async fn the_migration_taken_back_leaves_the_tables_as_they_were_and_foreign_policies_in_force() {
    let town = Town::new().await;
    town.run("CREATE POLICY mine ON orders USING (true)").await;
    town.run(&rls::down_sql(&schema())).await;
    let told = town.told().await;
    assert_eq!(told.len(), 14, "{told:?}");
    assert!(
        !told
            .iter()
            .any(|gap| gap.starts_with("public.orders: row-level")),
        "{told:?}"
    );
    assert_eq!(town.seen(None, "SELECT name FROM resources").await.len(), 9);
    town.run(&rls::down_sql(&schema())).await;
}

#[tokio::test]
async fn a_role_that_no_policy_binds_is_named() {
    let town = Town::new().await;
    for (attribute, power) in [
        ("SUPERUSER", Power::Superuser),
        ("BYPASSRLS", Power::BypassRls),
        ("CREATEROLE", Power::CreateRole),
    ] {
        town.run(&format!("ALTER ROLE $role {attribute}")).await;
        let gap = Gap::Power {
            login: town.role.clone(),
            role: town.role.clone(),
            power,
        };
        assert!(
            town.gaps().await.contains(&gap),
            "{attribute}: {:?}",
            town.gaps().await
        );
        town.run(&format!("ALTER ROLE $role NO{attribute}")).await;
    }
    assert_eq!(town.gaps().await, []);
}

#[tokio::test]
async fn of_a_superuser_only_that_is_told_and_what_the_tables_lack() {
    let town = Town::new().await;
    town.run("ALTER TABLE orders NO FORCE ROW LEVEL SECURITY; CREATE VIEW leak AS SELECT * FROM resources").await;
    let told: Vec<_> = gaps_of(&town.admin, &schema())
        .await
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "role postgres is a superuser",
            "public.orders: row-level security is not forced"
        ]
    );
}

#[tokio::test]
async fn a_role_that_can_become_one_that_no_policy_binds_is_named_however_long_the_way() {
    let town = Town::new().await;
    town.run(
        "CREATE ROLE $role_boss NOINHERIT BYPASSRLS; CREATE ROLE $role_between NOINHERIT;
         GRANT $role_boss TO $role_between; GRANT $role_between TO $role; GRANT pg_read_server_files TO $role",
    )
    .await;
    assert_eq!(
        town.told().await,
        [
            "role app can become app_boss, which is exempt from policies (BYPASSRLS)",
            "role app can become pg_read_server_files, which is allowed to touch the server's files or run programs \
             there",
        ]
    );
}

#[tokio::test]
async fn an_owner_is_named_and_who_can_become_the_owner_and_who_may_truncate() {
    let town = Town::new().await;
    town.run("ALTER TABLE resources OWNER TO $role").await;
    let owner = |who: &str| {
        format!(
            "role app is, or can become, {who}, the owner of public.resources, and could turn its policies off"
        )
    };
    assert_eq!(town.told().await, [owner("app")]);

    town.run("CREATE ROLE $role_owner; GRANT $role_owner TO $role; ALTER TABLE resources OWNER TO $role_owner").await;
    assert_eq!(town.told().await, [owner("app_owner")]);

    town.run("ALTER TABLE resources OWNER TO postgres; GRANT TRUNCATE ON resources TO $role")
        .await;
    assert_eq!(
        town.told().await,
        [
            "role app, or one that it can become, may TRUNCATE public.resources, which no policy governs"
        ]
    );
}

#[tokio::test]
async fn a_table_without_row_level_security_or_force_is_named_and_so_is_a_new_partition() {
    let town = Town::new().await;
    town.run("ALTER TABLE resources NO FORCE ROW LEVEL SECURITY")
        .await;
    town.run("ALTER TABLE orders DISABLE ROW LEVEL SECURITY")
        .await;
    town.run(
        "CREATE TABLE new_events PARTITION OF events FOR VALUES FROM (1000) TO (2000); GRANT SELECT ON new_events TO $role",
    )
    .await;
    assert_eq!(
        town.told().await,
        [
            "public.resources: row-level security is not forced",
            "public.orders: row-level security is not enabled",
            "public.new_events: row-level security is not enabled",
            "public.new_events: row-level security is not forced",
            "public.new_events: no policy tollgate_tenant",
            "public.new_events: no policy tollgate_tenant_only",
        ]
    );
    town.run(&rls::migration_sql(&schema())).await;
    assert_eq!(town.gaps().await, []);
}

#[tokio::test]
async fn a_policy_that_is_gone_or_not_what_the_migration_makes_is_named_with_what_differs() {
    let town = Town::new().await;
    town.run("DROP POLICY tollgate_tenant_only ON resources")
        .await;
    assert_eq!(
        town.told().await,
        ["public.resources: no policy tollgate_tenant_only"]
    );
    let wanted = "(tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))";
    for (policy, differs) in [
        (
            "AS PERMISSIVE USING (true) WITH CHECK (true)",
            vec![
                "AS PERMISSIVE, must be RESTRICTIVE".to_owned(),
                format!("USING true, must be {wanted}"),
                format!("WITH CHECK true, must be {wanted}"),
            ],
        ),
        (
            &format!("AS RESTRICTIVE USING {wanted}"),
            vec![format!("WITH CHECK missing, must be {wanted}")],
        ),
        (
            &format!("AS RESTRICTIVE TO $role USING {wanted} WITH CHECK {wanted}"),
            vec!["TO app, must be PUBLIC".to_owned()],
        ),
        (
            &format!("AS RESTRICTIVE FOR UPDATE USING {wanted} WITH CHECK {wanted}"),
            vec!["FOR UPDATE, must be ALL".to_owned()],
        ),
        (
            "AS RESTRICTIVE USING (tenant_id = current_setting('app.tenant_id', true) OR id = 1) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))",
            vec![format!(
                "USING ((tenant_id = current_setting('app.tenant_id'::text, true)) OR (id = 1)), must be {wanted}"
            )],
        ),
    ] {
        town.run(&format!(
            "CREATE POLICY tollgate_tenant_only ON resources {policy}"
        ))
        .await;
        let told: Vec<_> = differs
            .iter()
            .map(|differs| format!("public.resources: policy tollgate_tenant_only is {differs}"))
            .collect();
        assert_eq!(town.told().await, told, "{policy}");
        town.run("DROP POLICY tollgate_tenant_only ON resources")
            .await;
    }
}

#[tokio::test]
async fn what_is_printed_alike_and_is_another_function_or_operator_is_found() {
    let town = Town::new().await;
    town.run(
        "CREATE SCHEMA evil;
         CREATE FUNCTION evil.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'globex' $$;
         CREATE FUNCTION evil.yes(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
         CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.yes);
         ALTER POLICY tollgate_tenant ON resources
            USING (tenant_id = NULLIF(evil.current_setting('app.tenant_id', true), ''));
         ALTER POLICY tollgate_tenant_only ON resources
            USING (tenant_id OPERATOR(evil.=) NULLIF(current_setting('app.tenant_id', true), ''));",
    )
    .await;
    // Even where a search path would hide it.
    town.run("ALTER ROLE $role SET search_path = evil, pg_catalog, public")
        .await;
    let told = town.told().await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("evil.current_setting"), "{told:?}");
    assert!(told[1].contains("OPERATOR(evil.=)"), "{told:?}");
}

#[tokio::test]
async fn a_view_that_reads_unbound_is_named_if_the_role_can_reach_it() {
    let town = Town::new().await;
    town.run("CREATE VIEW leak AS SELECT name FROM resources")
        .await;
    assert_eq!(town.gaps().await, [], "out of reach");
    assert!(
        town.within(Some("acme"), "SELECT name FROM leak")
            .await
            .is_err()
    );

    town.run("CREATE VIEW over WITH (security_invoker = on) AS SELECT * FROM leak; GRANT SELECT ON leak, over TO $role").await;
    assert_eq!(
        town.seen(Some("acme"), "SELECT name FROM over").await.len(),
        9,
        "a leak, indeed"
    );
    let gap = "view public.leak reads a scoped table as postgres, whom no policy binds: set its security_invoker, or \
               its owner";
    assert_eq!(town.told().await, [gap]);

    town.run("ALTER VIEW leak SET (security_invoker = on)")
        .await;
    assert_eq!(town.gaps().await, []);
    assert_eq!(
        town.seen(Some("acme"), "SELECT name FROM over").await.len(),
        3
    );

    town.run(
        "ALTER VIEW leak RESET (security_invoker); CREATE ROLE $role_viewer;
         GRANT SELECT ON resources TO $role_viewer; ALTER VIEW leak OWNER TO $role_viewer",
    )
    .await;
    assert_eq!(town.gaps().await, []);
    assert_eq!(
        town.seen(Some("acme"), "SELECT name FROM over").await.len(),
        3
    );
}

#[tokio::test]
async fn a_copy_of_scoped_rows_is_named_also_behind_a_view_of_a_column_only() {
    let town = Town::new().await;
    town.run(
        "CREATE VIEW leak AS SELECT name FROM resources; CREATE MATERIALIZED VIEW copy AS SELECT * FROM leak;
         CREATE VIEW over AS SELECT * FROM copy; GRANT SELECT (name) ON over TO $role",
    )
    .await;
    let copy = "materialised view public.copy holds a copy of scoped rows, which no policy governs";
    let told = town.told().await;
    assert!(told.contains(&copy.to_owned()), "{told:?}");
}

#[tokio::test]
async fn a_scoped_view_stands_on_tables_with_policies_only() {
    let town = Town::new().await;
    town.run(
        "CREATE TABLE raw (tenant_id text, x int);
         CREATE VIEW mixed WITH (security_invoker = on) AS
            SELECT r.tenant_id, r.x, c.code FROM raw r, countries c, resources s WHERE s.id = r.x;
         GRANT SELECT ON mixed, raw TO $role",
    )
    .await;
    let with_view = schema().scoped("mixed");
    let beneath = Gap::Beneath {
        view: "public.mixed".into(),
        table: "public.raw".into(),
    };
    assert_eq!(gaps_of(&town.app, &with_view).await, [beneath]);
    let whole = with_view.scoped("raw");
    town.run(&rls::migration_sql(&whole)).await;
    assert_eq!(gaps_of(&town.app, &whole).await, []);
}

#[tokio::test]
async fn connections_that_start_with_a_tenant_are_named() {
    let town = Town::new().await;
    town.run("ALTER ROLE $role SET app.tenant_id = 'acme'")
        .await;
    assert_eq!(
        town.gaps().await,
        [Gap::Preset {
            value: "acme".into()
        }]
    );
}

#[tokio::test]
async fn what_is_not_there_or_can_have_no_policy_is_named() {
    let town = Town::new().await;
    town.run("CREATE MATERIALIZED VIEW copy AS SELECT * FROM countries")
        .await;
    let odd = schema()
        .scoped("nowhere")
        .scoped("app.resources")
        .scoped("copy")
        .scoped("countries_of");
    town.run("CREATE TABLE countries_of (code text)").await;
    let told: Vec<_> = gaps_of(&town.app, &odd)
        .await
        .iter()
        .map(ToString::to_string)
        .collect();
    for gap in [
        "no table public.nowhere",
        "no table app.resources",
        "public.copy is a materialised view, which can have no policy",
        "public.countries_of: no column tenant_id of a type that compares exactly",
    ] {
        assert!(told.contains(&gap.to_owned()), "{gap} in {told:?}");
    }
}

#[tokio::test]
async fn a_check_leaves_nothing_behind_on_the_pool() {
    let town = Town::new().await;
    assert_eq!(town.gaps().await, []);
    let path = town
        .seen(None, "SELECT current_setting('search_path')")
        .await;
    assert_eq!(path, ["\"$user\", public"]);
    assert!(
        rls::check(&town.app, &Schema::new()).await.is_ok(),
        "nothing declared, nothing missing"
    );
}

#[tokio::test]
async fn a_new_partition_needs_no_policies_until_somebody_can_reach_it_but_by_its_parent() {
    let town = Town::new().await;
    town.run(
        "CREATE TABLE new_events PARTITION OF events FOR VALUES FROM (1000) TO (2000);
         INSERT INTO events VALUES ('globex', 1001)",
    )
    .await;
    assert_eq!(town.gaps().await, []);
    assert_eq!(
        town.seen(Some("acme"), "SELECT tenant_id FROM events")
            .await,
        ["acme", "acme"]
    );
    let missing = [
        "public.new_events: row-level security is not enabled",
        "public.new_events: row-level security is not forced",
        "public.new_events: no policy tollgate_tenant",
        "public.new_events: no policy tollgate_tenant_only",
    ];
    for (open, close) in [
        ("GRANT INSERT (at) ON new_events TO $role", "REVOKE INSERT (at) ON new_events FROM $role"),
        ("GRANT SELECT ON new_events TO PUBLIC", "REVOKE SELECT ON new_events FROM PUBLIC"),
        ("CREATE VIEW on_new_events AS SELECT * FROM new_events", "DROP VIEW on_new_events"),
        (
            "CREATE ROLE $role_reader; GRANT DELETE ON new_events TO $role_reader; ALTER ROLE $role NOINHERIT;
             GRANT $role_reader TO $role",
            "REVOKE $role_reader FROM $role",
        ),
    ] {
        town.run(open).await;
        assert_eq!(town.told().await, missing, "{open}");
        town.run(close).await;
        assert_eq!(town.gaps().await, [], "{close}");
    }
}

#[tokio::test]
async fn what_a_role_that_it_can_become_may_do_counts() {
    let town = Town::new().await;
    town.run("CREATE ROLE $role_served; GRANT TRUNCATE ON resources TO $role_served")
        .await;
    assert_eq!(town.gaps().await, []);
    town.run("GRANT $role_served TO $role; ALTER ROLE $role NOINHERIT")
        .await;
    let gap = Gap::Truncate {
        login: town.role.clone(),
        table: "public.resources".into(),
    };
    assert_eq!(town.gaps().await, std::slice::from_ref(&gap));
    // Also for connections that have become it at once.
    town.run("ALTER ROLE $role SET role = $role_served").await;
    let fresh = town
        .app
        .options()
        .clone()
        .connect_lazy_with((*town.app.connect_options()).clone());
    assert_eq!(gaps_of(&fresh, &schema()).await, [gap]);
}
