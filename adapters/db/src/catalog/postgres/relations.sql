-- Every relation but the system's own, and what its name means without its schema.
SELECT c.oid::int8 AS relation, n.nspname::text AS space, c.relname::text AS name, c.relkind::text AS kind,
    pg_catalog.to_regclass(pg_catalog.quote_ident(c.relname)) IS DISTINCT FROM c.oid AS shadowed,
    (
        SELECT pg_catalog.format('%s.%s', m.nspname, r.relname)
        FROM pg_catalog.pg_class AS r
        JOIN pg_catalog.pg_namespace AS m ON m.oid = r.relnamespace
        WHERE r.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(c.relname))
    ) AS meant
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind NOT IN ('i', 'I', 't')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY n.nspname, c.relname
