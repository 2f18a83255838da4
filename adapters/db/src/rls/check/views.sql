-- Who reads whom by a rule: every view, and every table with rules of its own; the system's own are left out. And whether
-- the role of the connection, or any that it can SET ROLE to, has any right on it.
WITH role AS (
    SELECT r.oid
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = current_user OR pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')
)
SELECT DISTINCT v.oid::int8 AS reader, pg_catalog.format('%s.%s', n.nspname, v.relname) AS name, v.relkind::text AS kind,
    coalesce((
        SELECT o.option_value::boolean
        FROM pg_catalog.pg_options_to_table(v.reloptions) AS o
        WHERE o.option_name = 'security_invoker'
    ), false) AS invoker,
    r.rolname::text AS owner, r.rolsuper OR r.rolbypassrls AS unbound,
    EXISTS (
        SELECT FROM role AS m
        WHERE pg_catalog.has_any_column_privilege(m.oid, v.oid, 'SELECT, INSERT, UPDATE')
            OR pg_catalog.has_table_privilege(m.oid, v.oid, 'DELETE')
    ) AS reachable,
    t.oid::int8 AS read, pg_catalog.format('%s.%s', s.nspname, t.relname) AS read_name, t.relkind::text AS read_kind,
    EXISTS (
        SELECT
        FROM unnest($1::text[], $2::text[]) AS k (space, name)
        WHERE k.space = s.nspname AND k.name = t.relname
    ) AS read_shared
FROM pg_catalog.pg_rewrite AS w
JOIN pg_catalog.pg_class AS v ON v.oid = w.ev_class
JOIN pg_catalog.pg_namespace AS n ON n.oid = v.relnamespace
JOIN pg_catalog.pg_roles AS r ON r.oid = v.relowner
JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> v.oid
JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
JOIN pg_catalog.pg_namespace AS s ON s.oid = t.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY 2, 9
