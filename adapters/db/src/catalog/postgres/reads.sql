-- What rows are made of: a view's of what its rule reads and calls, a table's of those of its partitions and heirs too.
SELECT DISTINCT w.ev_class::int8 AS reader, t.oid::int8 AS read, NULL::text AS function
FROM pg_catalog.pg_rewrite AS w
JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> w.ev_class
JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
UNION
-- As a schema declares it: with its own schema only if it must be.
SELECT DISTINCT w.ev_class::int8, NULL::int8,
    CASE
        WHEN pg_catalog.pg_function_is_visible(p.oid) THEN p.proname::text
        ELSE pg_catalog.format('%s.%s', p.pronamespace::pg_catalog.regnamespace, p.proname)
    END
FROM pg_catalog.pg_rewrite AS w
JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
LEFT JOIN pg_catalog.pg_operator AS o
    ON d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND o.oid = d.refobjid
JOIN pg_catalog.pg_proc AS p
    ON p.oid = CASE
        WHEN d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass THEN d.refobjid
        ELSE o.oprcode
    END
WHERE p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
UNION
SELECT i.inhparent::int8, i.inhrelid::int8, NULL::text
FROM pg_catalog.pg_inherits AS i
ORDER BY 1, 2, 3
