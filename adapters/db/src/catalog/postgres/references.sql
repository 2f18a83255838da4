-- Foreign keys.
SELECT f.conrelid::int8 AS relation, f.conname::text AS name, n.nspname::text AS space, t.relname::text AS target,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(f.conkey) WITH ORDINALITY AS k (at, number)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.at
        ORDER BY k.number
    ) AS here,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(f.confkey) WITH ORDINALITY AS k (at, number)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.confrelid AND a.attnum = k.at
        ORDER BY k.number
    ) AS there,
    f.confdeltype IN ('c', 'n', 'd') OR f.confupdtype IN ('c', 'n', 'd') AS cascades
FROM pg_catalog.pg_constraint AS f
JOIN pg_catalog.pg_class AS t ON t.oid = f.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
WHERE f.contype = 'f' AND f.conparentid = 0
ORDER BY f.conname
