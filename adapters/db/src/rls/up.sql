DECLARE
    setting CONSTANT text := $$NULLIF(pg_catalog.current_setting('app.tenant_id', true), '')$$;
    declared record;
    member record;
    found bigint;
    plain text;
    whose text;
BEGIN
    FOR declared IN
        SELECT d.space, d.name, d.col FROM (VALUES
            {declared}
        ) AS d (space, name, col)
        WHERE d.name IS NOT NULL
    LOOP
        found := 0;
        -- The table, and every table below it: a partition that is read directly obeys its own policies only.
        FOR member IN
            WITH RECURSIVE family (relation) AS (
                SELECT c.oid
                FROM pg_catalog.pg_class AS c
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname = declared.space AND c.relname = declared.name
                UNION
                SELECT i.inhrelid
                FROM family AS f
                JOIN pg_catalog.pg_inherits AS i ON i.inhparent = f.relation
            )
            SELECT c.oid, c.oid::pg_catalog.regclass AS relation, c.relkind AS kind, base.type,
                coalesce(l.collisdeterministic, true) AS exact
            FROM family AS f
            JOIN pg_catalog.pg_class AS c ON c.oid = f.relation
            LEFT JOIN pg_catalog.pg_attribute AS a
                ON a.attrelid = c.oid AND a.attname = declared.col AND a.attnum > 0
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
                SELECT d.type FROM domain AS d WHERE d.kind <> 'd'
            ) AS base ON true
        LOOP
            found := found + 1;
            IF member.kind = 'v' THEN
                CONTINUE; -- a view obeys the policies of what it reads: tollgate's check looks into that
            END IF;
            IF member.kind NOT IN ('r', 'p') THEN
                RAISE EXCEPTION 'tollgate: % can have no policy: it is no table', member.relation;
            END IF;
            IF member.type IS NULL THEN
                RAISE EXCEPTION 'tollgate: % has no column %', member.relation, declared.col;
            END IF;
            -- Two spellings may be one value of a type (7 and 007). So the column is compared as text too: only the
            -- spelling that the database itself gives back is the tenant's.
            plain := CASE member.type
                WHEN 'pg_catalog.text'::pg_catalog.regtype THEN 'text'
                WHEN 'pg_catalog.varchar'::pg_catalog.regtype THEN 'text'
                WHEN 'pg_catalog.bpchar'::pg_catalog.regtype THEN 'text'
                WHEN 'pg_catalog.uuid'::pg_catalog.regtype THEN 'uuid'
                WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 'int2'
                WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 'int4'
                WHEN 'pg_catalog.int8'::pg_catalog.regtype THEN 'int8'
            END;
            IF plain IS NULL OR NOT member.exact THEN
                RAISE EXCEPTION 'tollgate: %, column %: its type or collation does not compare exactly',
                    member.relation, declared.col;
            END IF;
            whose := pg_catalog.format('%I::pg_catalog.text OPERATOR(pg_catalog.=) %s', declared.col, setting);
            IF plain <> 'text' THEN
                whose := pg_catalog.format(
                    '%1$I::pg_catalog.%2$s OPERATOR(pg_catalog.=) %3$s::pg_catalog.%2$s'
                    ' AND %1$I::pg_catalog.%2$s::pg_catalog.text OPERATOR(pg_catalog.=) %3$s',
                    declared.col, plain, setting);
            END IF;
            EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
                member.relation);
            EXECUTE pg_catalog.format('DROP POLICY IF EXISTS tollgate_tenant ON %s', member.relation);
            EXECUTE pg_catalog.format('DROP POLICY IF EXISTS tollgate_tenant_only ON %s', member.relation);
            EXECUTE pg_catalog.format(
                'CREATE POLICY tollgate_tenant ON %s AS PERMISSIVE FOR ALL TO PUBLIC USING (%s) WITH CHECK (%s)',
                member.relation, whose, whose);
            EXECUTE pg_catalog.format(
                'CREATE POLICY tollgate_tenant_only ON %s AS RESTRICTIVE FOR ALL TO PUBLIC USING (%s) WITH CHECK (%s)',
                member.relation, whose, whose);
        END LOOP;
        IF found = 0 THEN
            RAISE EXCEPTION 'tollgate: no table %.%', declared.space, declared.name;
        END IF;
    END LOOP;
END
