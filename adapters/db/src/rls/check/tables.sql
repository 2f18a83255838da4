-- Every scoped table and what is below it, with the policies of ours that it has; and what can be done to it by the role
-- of the connection, or any that it can SET ROLE to.
WITH RECURSIVE role AS (
    SELECT r.oid
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = current_user OR pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')
), family (declared, relation, col, below) AS (
    SELECT d.number, c.oid, d.col, false
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS d (space, name, col, number)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = d.space
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = d.name
    UNION
    SELECT f.declared, i.inhrelid, f.col, true
    FROM family AS f
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = f.relation
)
SELECT f.declared, c.oid::int8 AS relation, pg_catalog.format('%s.%s', n.nspname, c.relname) AS name,
    c.relkind::text AS kind, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
    pg_catalog.pg_get_userbyid(c.relowner)::text AS owner, session_user::text AS login,
    pg_catalog.pg_has_role(session_user, c.relowner, 'MEMBER') AS owned,
    EXISTS (SELECT FROM role AS r WHERE pg_catalog.has_table_privilege(r.oid, c.oid, 'TRUNCATE')) AS truncates,
    -- By way of the table above it, that one's policies hold.
    NOT f.below
        OR EXISTS (
            SELECT FROM role AS r
            WHERE pg_catalog.has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE')
                OR pg_catalog.has_table_privilege(r.oid, c.oid, 'DELETE')
        )
        OR EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid
        ) AS exposed,
    pg_catalog.quote_ident(f.col) AS quoted, f.col AS col, base.name AS base, base.is_domain,
    coalesce(l.collisdeterministic, true) AS exact,
    p.polname::text AS policy, p.polcmd::text AS command,
    CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END AS strictness,
    p.roles, pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS qual, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS checked
FROM family AS f
JOIN pg_catalog.pg_class AS c ON c.oid = f.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = f.col AND a.attnum > 0
LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
LEFT JOIN LATERAL (
    WITH RECURSIVE domain (type, kind, next) AS (
        SELECT t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type AS t WHERE t.oid = a.atttypid
        UNION ALL
        SELECT t.oid, t.typtype, t.typbasetype
        FROM domain AS d
        JOIN pg_catalog.pg_type AS t ON t.oid = d.next
        WHERE d.kind = 'd'
    )
    SELECT t.typname::text AS name, t.oid <> a.atttypid AS is_domain
    FROM domain AS d
    JOIN pg_catalog.pg_type AS t ON t.oid = d.type
    WHERE d.kind <> 'd' AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
) AS base ON true
LEFT JOIN LATERAL (
    SELECT q.*, (
        SELECT coalesce(pg_catalog.string_agg(coalesce(r.rolname::text, 'PUBLIC'), ', ' ORDER BY r.rolname), '')
        FROM pg_catalog.unnest(q.polroles) AS o (oid)
        LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = o.oid
    ) AS roles
    FROM pg_catalog.pg_policy AS q
    WHERE q.polrelid = c.oid AND q.polname IN ('tollgate_tenant', 'tollgate_tenant_only')
) AS p ON true
ORDER BY f.declared, n.nspname, c.relname, p.polname
