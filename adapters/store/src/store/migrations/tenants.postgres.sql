-- The tenants' table: made if there is none, given columns if there is one; and every change to it is numbered
-- and kept in tenant_changes, whoever makes it. PostgreSQL 13 or later. Existing rows stay as they are.

CREATE TABLE IF NOT EXISTS tenants (
    id VARCHAR(255) PRIMARY KEY,
    quota_requests_per_minute BIGINT DEFAULT 0,
    quota_tokens_per_minute BIGINT DEFAULT 0,
    allowed_models TEXT,
    allowed_tools TEXT,
    metadata TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- Quotas go up to 2^53 - 1. This writes an old table anew, under a lock, and nothing if they are BIGINT.
ALTER TABLE tenants
    ALTER quota_requests_per_minute TYPE BIGINT,
    ALTER quota_tokens_per_minute TYPE BIGINT;

-- NULL is the default of each, as in the columns above.
ALTER TABLE tenants
    ADD limits TEXT,                -- JSON array of further limits
    ADD allowed_methods TEXT,       -- JSON array
    ADD allowed_paths TEXT,         -- JSON array
    ADD features TEXT,              -- JSON object of booleans
    ADD parent VARCHAR(255),
    ADD status VARCHAR(16) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    ADD version BIGINT NOT NULL DEFAULT 0;

-- Times are UTC whatever the time zone of the session that writes.
DO $$
DECLARE
    column_name name;
BEGIN
    FOR column_name IN
        SELECT attname FROM pg_attribute
         WHERE attrelid = 'tenants'::regclass AND attname IN ('created_at', 'updated_at')
           AND atttypid = 'timestamp'::regtype
    LOOP
        EXECUTE format('ALTER TABLE tenants ALTER %I SET DEFAULT (now() AT TIME ZONE ''UTC'')', column_name);
    END LOOP;
END $$;

CREATE INDEX tollgate_tenants_by_id ON tenants ((id COLLATE "C"));
CREATE INDEX tollgate_tenants_by_status ON tenants (status, (id COLLATE "C"));

-- What numbers the changes. It begins at the time in microseconds and an hour, above all numbers that were given
-- to the table while it had none and, if the database is made anew, above those of the one before.
CREATE SEQUENCE tollgate_revision;
SELECT setval('tollgate_revision', (extract(epoch FROM now())::bigint + 3600) * 1000000);

CREATE TABLE tenant_changes (
    version BIGINT PRIMARY KEY,
    tenant_id TEXT COLLATE "C" NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    who TEXT,                       -- NULL: somebody who does not write through tollgate
    row_before TEXT,                -- JSON object of the columns; NULL: there was no row
    row_after TEXT,                 -- the same; NULL: there is none any more
    -- A lower version may be committed later: who reads the changes goes by transactions.
    transaction_id XID8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX tenant_changes_by_tenant ON tenant_changes (tenant_id, version);
CREATE INDEX tenant_changes_by_transaction ON tenant_changes (transaction_id, version);

CREATE FUNCTION tollgate_tenant_json(tenant jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_object_agg(key, value)::text FROM jsonb_each(tenant) WHERE key = ANY (ARRAY[
        'id', 'quota_requests_per_minute', 'quota_tokens_per_minute', 'allowed_models', 'allowed_tools',
        'metadata', 'limits', 'allowed_methods', 'allowed_paths', 'features', 'parent', 'status'])
$$;

UPDATE tenants SET version = nextval('tollgate_revision');
INSERT INTO tenant_changes (version, tenant_id, row_after)
    SELECT version, id, tollgate_tenant_json(to_jsonb(tenants)) FROM tenants;

-- A number is drawn while the row is locked, so that a tenant's numbers have the order of its commits. A new row has
-- no lock yet that others would wait for: it gets its number once it is in the table, by the trigger after.
-- They run as their owner, so that whoever may write tenants needs no rights on the rest.
CREATE FUNCTION tollgate_before_tenant() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' AS $$
BEGIN
    NEW.updated_at := now();
    NEW.created_at := coalesce(NEW.created_at, now());
    IF TG_OP = 'UPDATE' AND NEW.id = OLD.id THEN
        NEW.version := nextval('tollgate_revision');
    ELSE
        NEW.version := 0;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION tollgate_after_tenant() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    author text := nullif(current_setting('tollgate.who', true), '');
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND NEW.id <> OLD.id) THEN
        INSERT INTO tenant_changes (version, tenant_id, who, row_before)
            VALUES (nextval('tollgate_revision'), OLD.id, author, tollgate_tenant_json(to_jsonb(OLD)));
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.id <> OLD.id) THEN
        UPDATE tenants SET version = 0 WHERE id = NEW.id;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO tenant_changes (version, tenant_id, who, row_before, row_after)
            VALUES (NEW.version, NEW.id, author,
                CASE WHEN OLD.version <> 0 THEN tollgate_tenant_json(to_jsonb(OLD)) END,
                tollgate_tenant_json(to_jsonb(NEW)));
    END IF;
    PERFORM pg_notify('tollgate_tenants', TG_TABLE_SCHEMA);
    RETURN NULL;
END $$;

CREATE FUNCTION tollgate_before_truncate() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO tenant_changes (version, tenant_id, who, row_before)
        SELECT nextval('tollgate_revision'), id, nullif(current_setting('tollgate.who', true), ''),
            tollgate_tenant_json(to_jsonb(tenants)) FROM tenants;
    PERFORM pg_notify('tollgate_tenants', TG_TABLE_SCHEMA);
    RETURN NULL;
END $$;

CREATE TRIGGER tollgate_before_tenant BEFORE INSERT OR UPDATE ON tenants
    FOR EACH ROW EXECUTE FUNCTION tollgate_before_tenant();
CREATE TRIGGER tollgate_after_tenant AFTER INSERT OR UPDATE OR DELETE ON tenants
    FOR EACH ROW EXECUTE FUNCTION tollgate_after_tenant();
CREATE TRIGGER tollgate_before_truncate BEFORE TRUNCATE ON tenants
    FOR EACH STATEMENT EXECUTE FUNCTION tollgate_before_truncate();
