-- The tenants' table: made if there is none, given columns if there is one; and every change to it is numbered
-- and kept in tenant_changes, whoever makes it. SQLite 3.38 or later. Existing rows stay as they are.

CREATE TABLE IF NOT EXISTS tenants (
    id VARCHAR(255) PRIMARY KEY,
    quota_requests_per_minute INT DEFAULT 0,
    quota_tokens_per_minute INT DEFAULT 0,
    allowed_models TEXT,
    allowed_tools TEXT,
    metadata TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- NULL is the default of each, as in the columns above.
ALTER TABLE tenants ADD COLUMN limits TEXT;             -- JSON array of further limits
ALTER TABLE tenants ADD COLUMN allowed_methods TEXT;    -- JSON array
ALTER TABLE tenants ADD COLUMN allowed_paths TEXT;      -- JSON array
ALTER TABLE tenants ADD COLUMN features TEXT;           -- JSON object of booleans
ALTER TABLE tenants ADD COLUMN parent VARCHAR(255);
ALTER TABLE tenants ADD COLUMN status VARCHAR(16) NOT NULL DEFAULT 'active'
    CHECK (status IN ('active', 'suspended'));
ALTER TABLE tenants ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

CREATE INDEX tollgate_tenants_by_status ON tenants (status, id);

-- The version is the rowid: SQLite has one writer at a time, so that versions have the order of commits.
CREATE TABLE tenant_changes (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id TEXT NOT NULL,
    changed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    who TEXT,                       -- NULL: somebody who does not write through tollgate
    row_before TEXT,                -- JSON object of the columns; NULL: there was no row
    row_after TEXT                  -- the same; NULL: there is none any more
);
CREATE INDEX tenant_changes_by_tenant ON tenant_changes (tenant_id, version);

-- Versions begin at the time in microseconds and an hour, above all numbers that were given to the table while it
-- had none and, if the database is made anew, above those of the one before.
INSERT INTO sqlite_sequence (name, seq)
    VALUES ('tenant_changes', (CAST(strftime('%s', 'now') AS INTEGER) + 3600) * 1000000);

INSERT INTO tenant_changes (tenant_id, row_after)
    SELECT CAST(id AS TEXT), json_object(
        'id', CAST(id AS TEXT),
        'quota_requests_per_minute', CAST(quota_requests_per_minute AS TEXT),
        'quota_tokens_per_minute', CAST(quota_tokens_per_minute AS TEXT),
        'allowed_models', CAST(allowed_models AS TEXT), 'allowed_tools', CAST(allowed_tools AS TEXT),
        'metadata', CAST(metadata AS TEXT), 'limits', NULL, 'allowed_methods', NULL, 'allowed_paths', NULL,
        'features', NULL, 'parent', NULL, 'status', status)
    FROM tenants WHERE id IS NOT NULL ORDER BY id;
UPDATE tenants SET version = coalesce((SELECT c.version FROM tenant_changes c WHERE c.tenant_id = tenants.id), 0);

-- A trigger here can't alter the row that is being written: it writes it once more. What it writes are `version` and the
-- times, by which the trigger on updates knows itself again, also under `recursive_triggers`.
CREATE TRIGGER tollgate_tenant_inserted AFTER INSERT ON tenants WHEN NEW.id IS NOT NULL
BEGIN
    -- INSERT OR REPLACE removes a row that was there without a word: the history knows it.
    INSERT INTO tenant_changes (tenant_id, row_before, row_after) VALUES (
        CAST(NEW.id AS TEXT),
        (SELECT c.row_after FROM tenant_changes c WHERE c.tenant_id = CAST(NEW.id AS TEXT)
          ORDER BY c.version DESC LIMIT 1),
        json_object(
            'id', CAST(NEW.id AS TEXT),
            'quota_requests_per_minute', CAST(NEW.quota_requests_per_minute AS TEXT),
            'quota_tokens_per_minute', CAST(NEW.quota_tokens_per_minute AS TEXT),
            'allowed_models', CAST(NEW.allowed_models AS TEXT), 'allowed_tools', CAST(NEW.allowed_tools AS TEXT),
            'metadata', CAST(NEW.metadata AS TEXT), 'limits', CAST(NEW.limits AS TEXT),
            'allowed_methods', CAST(NEW.allowed_methods AS TEXT), 'allowed_paths', CAST(NEW.allowed_paths AS TEXT),
            'features', CAST(NEW.features AS TEXT), 'parent', CAST(NEW.parent AS TEXT), 'status', NEW.status));
    UPDATE tenants SET
        version = (SELECT max(c.version) FROM tenant_changes c),
        created_at = coalesce(created_at, strftime('%Y-%m-%d %H:%M:%f', 'now')),
        updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
    WHERE id = NEW.id;
END;

CREATE TRIGGER tollgate_tenant_updated AFTER UPDATE ON tenants WHEN NEW.id IS NOT NULL AND (
    NEW.version IS OLD.version
    OR NEW.version IS NOT (SELECT max(c.version) FROM tenant_changes c))
BEGIN
    INSERT INTO tenant_changes (tenant_id, row_before)
        SELECT CAST(OLD.id AS TEXT), json_object(
            'id', CAST(OLD.id AS TEXT),
            'quota_requests_per_minute', CAST(OLD.quota_requests_per_minute AS TEXT),
            'quota_tokens_per_minute', CAST(OLD.quota_tokens_per_minute AS TEXT),
            'allowed_models', CAST(OLD.allowed_models AS TEXT), 'allowed_tools', CAST(OLD.allowed_tools AS TEXT),
            'metadata', CAST(OLD.metadata AS TEXT), 'limits', CAST(OLD.limits AS TEXT),
            'allowed_methods', CAST(OLD.allowed_methods AS TEXT), 'allowed_paths', CAST(OLD.allowed_paths AS TEXT),
            'features', CAST(OLD.features AS TEXT), 'parent', CAST(OLD.parent AS TEXT), 'status', OLD.status)
        WHERE OLD.id IS NOT NULL AND OLD.id IS NOT NEW.id;
    INSERT INTO tenant_changes (tenant_id, row_before, row_after) VALUES (
        CAST(NEW.id AS TEXT),
        CASE WHEN OLD.id IS NEW.id THEN json_object(
            'id', CAST(OLD.id AS TEXT),
            'quota_requests_per_minute', CAST(OLD.quota_requests_per_minute AS TEXT),
            'quota_tokens_per_minute', CAST(OLD.quota_tokens_per_minute AS TEXT),
            'allowed_models', CAST(OLD.allowed_models AS TEXT), 'allowed_tools', CAST(OLD.allowed_tools AS TEXT),
            'metadata', CAST(OLD.metadata AS TEXT), 'limits', CAST(OLD.limits AS TEXT),
            'allowed_methods', CAST(OLD.allowed_methods AS TEXT), 'allowed_paths', CAST(OLD.allowed_paths AS TEXT),
            'features', CAST(OLD.features AS TEXT), 'parent', CAST(OLD.parent AS TEXT), 'status', OLD.status) END,
        json_object(
            'id', CAST(NEW.id AS TEXT),
            'quota_requests_per_minute', CAST(NEW.quota_requests_per_minute AS TEXT),
            'quota_tokens_per_minute', CAST(NEW.quota_tokens_per_minute AS TEXT),
            'allowed_models', CAST(NEW.allowed_models AS TEXT), 'allowed_tools', CAST(NEW.allowed_tools AS TEXT),
            'metadata', CAST(NEW.metadata AS TEXT), 'limits', CAST(NEW.limits AS TEXT),
            'allowed_methods', CAST(NEW.allowed_methods AS TEXT), 'allowed_paths', CAST(NEW.allowed_paths AS TEXT),
            'features', CAST(NEW.features AS TEXT), 'parent', CAST(NEW.parent AS TEXT), 'status', NEW.status));
    UPDATE tenants SET
        version = (SELECT max(c.version) FROM tenant_changes c),
        updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
    WHERE id = NEW.id;
END;

CREATE TRIGGER tollgate_tenant_deleted AFTER DELETE ON tenants WHEN OLD.id IS NOT NULL
BEGIN
    INSERT INTO tenant_changes (tenant_id, row_before) VALUES (CAST(OLD.id AS TEXT), json_object(
        'id', CAST(OLD.id AS TEXT),
        'quota_requests_per_minute', CAST(OLD.quota_requests_per_minute AS TEXT),
        'quota_tokens_per_minute', CAST(OLD.quota_tokens_per_minute AS TEXT),
        'allowed_models', CAST(OLD.allowed_models AS TEXT), 'allowed_tools', CAST(OLD.allowed_tools AS TEXT),
        'metadata', CAST(OLD.metadata AS TEXT), 'limits', CAST(OLD.limits AS TEXT),
        'allowed_methods', CAST(OLD.allowed_methods AS TEXT), 'allowed_paths', CAST(OLD.allowed_paths AS TEXT),
        'features', CAST(OLD.features AS TEXT), 'parent', CAST(OLD.parent AS TEXT), 'status', OLD.status));
END;
