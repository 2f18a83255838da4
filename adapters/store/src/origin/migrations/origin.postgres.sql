-- What durable limits have granted: a row for each limit's window.
-- Counts are unsigned 64 bits wide; beyond 2^63 they show as negative numbers.
CREATE TABLE tollgate_windows (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  TEXT   NOT NULL,
    limit_name TEXT   NOT NULL,
    dimension  TEXT   NOT NULL, -- what the limit counts: requests, tokens and so on
    period     TEXT   NOT NULL, -- minute, hour, day, month
    starts_at  BIGINT NOT NULL, -- nanoseconds since 1970, UTC
    ends_at    BIGINT NOT NULL, -- the first instant after it
    charged    BIGINT NOT NULL, -- the net holdings of all holders, and what was inherited
    inherited  BIGINT NOT NULL, -- what of that was charged to windows of other periods
    UNIQUE (tenant_id, limit_name, dimension, ends_at, period)
) WITH (fillfactor = 70); -- room to update `charged` in place
CREATE INDEX tollgate_windows_by_end ON tollgate_windows (ends_at);
CREATE INDEX tollgate_windows_inheriting
    ON tollgate_windows (tenant_id, limit_name, dimension, period) WHERE inherited <> 0;

-- What each holder (a meter of one process) has had of a window.
CREATE TABLE tollgate_holders (
    window_id BIGINT NOT NULL,
    holder    BIGINT NOT NULL,
    granted   BIGINT NOT NULL,
    returned  BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL, -- its window's
    PRIMARY KEY (window_id, holder)
) WITH (fillfactor = 70);
CREATE INDEX tollgate_holders_by_end ON tollgate_holders (ends_at);
