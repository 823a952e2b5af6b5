-- The whole schema of Calseta Ingest. Works on Postgres 15 to 18.
--
-- Tables that grow with the alerts are range-partitioned by day on a UUIDv7, whose first 48 bits are
-- its time: the primary key is the partition key, so uniqueness holds. There is no default partition;
-- the worker makes partitions ahead and drops those past retention.

-- The smallest UUIDv7 of a moment, which bounds a partition.
CREATE FUNCTION uuid_floor(moment timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- One row per accepted request that a worker has settled, written with its alerts: a redelivery finds it.
CREATE TABLE receipts (
    receipt_id  uuid        NOT NULL PRIMARY KEY,
    source      text        NOT NULL,
    received_at timestamptz NOT NULL,
    stored_at   timestamptz NOT NULL DEFAULT now(),
    key_prefix  text        NOT NULL,
    verified_by text        NOT NULL,
    documents   integer     NOT NULL, -- what the body held
    alerts      integer     NOT NULL, -- stored as alerts
    duplicates  integer     NOT NULL, -- sent before: stored as occurrences
    dead        integer     NOT NULL, -- stored as dead letters, and not yet replayed
    discarded   integer     NOT NULL DEFAULT 0, -- dead letters that somebody gave up
    mended      text[]      NOT NULL  -- what had to be mended to read the body
) PARTITION BY RANGE (receipt_id);

-- One row per alert.
CREATE TABLE alerts (
    uuid                  uuid        NOT NULL PRIMARY KEY, -- made from receipt and position
    receipt_id            uuid        NOT NULL,
    position              integer     NOT NULL,             -- in the body, from 0
    source                text        NOT NULL,
    identity              uuid        NOT NULL,             -- the same for the same Elastic alert
    fingerprint           uuid        NOT NULL,             -- the same for alike alerts
    duplicate_of          uuid,                             -- the first alike alert of the window
    elastic_id            text,
    title                 text        NOT NULL,
    severity              text        NOT NULL,             -- Pending … Critical
    severity_id           smallint    NOT NULL,             -- 0 … 5
    severity_sent         text,
    occurred_at           timestamptz NOT NULL,
    occurred_at_estimated boolean     NOT NULL,
    event_time            timestamptz,
    received_at           timestamptz NOT NULL,
    mitre_tactics         text[]      NOT NULL,
    mitre_techniques      text[]      NOT NULL,
    threat                json        NOT NULL,
    description           text,
    reason                text,
    risk_score            double precision,
    tags                  text[]      NOT NULL,
    rule_id               text,
    rule_uuid             text,
    rule_name             text,
    rule_type             text,
    rule_version          text,
    space                 text,
    alert_url             text,
    workflow_status       text,
    building_block        boolean     NOT NULL,
    event_action          text,
    event_outcome         text,
    schema                text,                             -- legacy, kibana, both, defend
    kibana_version        text,
    notes                 text[]      NOT NULL,             -- what was mended or fell back
    dropped               json        NOT NULL,             -- values that are no indicators, by reason
    raw                   json        NOT NULL              -- the document, text kept exactly
) PARTITION BY RANGE (uuid);
-- json, not jsonb: NUL and lone surrogates, which jsonb refuses, are kept.
ALTER TABLE alerts ALTER COLUMN raw SET COMPRESSION lz4;
ALTER TABLE alerts ALTER COLUMN threat SET COMPRESSION lz4;
CREATE INDEX alerts_occurred_at ON alerts (occurred_at);
CREATE INDEX alerts_rule_uuid ON alerts (rule_uuid);

-- What makes two documents the same Elastic alert, and the alert that was first.
CREATE TABLE alert_identities (
    identity   uuid        NOT NULL PRIMARY KEY,
    alert_uuid uuid        NOT NULL,
    raw_hash   uuid        NOT NULL,              -- of the first raw text, to tell whether another differs
    seen_at    timestamptz NOT NULL DEFAULT now()
);

-- The first alert of each fingerprint's current window.
CREATE TABLE alert_fingerprints (
    fingerprint uuid        NOT NULL PRIMARY KEY,
    alert_uuid  uuid        NOT NULL,
    opened_at   timestamptz NOT NULL
);

-- The same alert sent again: append-only, its raw text only where it differs.
CREATE TABLE alert_occurrences (
    uuid        uuid        NOT NULL PRIMARY KEY, -- made from receipt and position, as an alert's
    alert_uuid  uuid        NOT NULL,
    receipt_id  uuid        NOT NULL,
    received_at timestamptz NOT NULL,
    raw         json
) PARTITION BY RANGE (uuid);
ALTER TABLE alert_occurrences ALTER COLUMN raw SET COMPRESSION lz4;
CREATE INDEX alert_occurrences_alert ON alert_occurrences (alert_uuid);

-- One row per indicator, whoever mentioned it. The id is computed from type and value, so that finding
-- one by its value needs no index of its own.
CREATE TABLE indicators (
    id            uuid        NOT NULL PRIMARY KEY,
    type          text        NOT NULL,
    value         text        NOT NULL,
    scope         text,                    -- of an ip: public, private, loopback, …
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL
) WITH (fillfactor = 90);                  -- room for last_seen_at to change in place

-- The id of an indicator: WHERE id = indicator_id('ip', '203.0.113.42').
CREATE FUNCTION indicator_id(type text, canonical text) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN encode(substr(sha256(convert_to(type, 'UTF8') || '\x00' || convert_to(canonical, 'UTF8')), 1, 16), 'hex')::uuid;

-- Which indicators an alert mentions, and where in the document: one row an alert, whose three arrays
-- have one place for every field that an indicator was read from. A row a link cost twice as much to
-- write; alert_indicators shows them as that. Alerts of an indicator: indicator_ids @> ARRAY[id].
CREATE TABLE alert_links (
    alert_uuid    uuid   NOT NULL PRIMARY KEY,
    indicator_ids uuid[] NOT NULL,
    fields        text[] NOT NULL,
    roles         text[] NOT NULL
) PARTITION BY RANGE (alert_uuid);
-- New entries wait in a list and are sorted in together: the smaller the list, the shorter the pause.
CREATE INDEX alert_links_indicators ON alert_links USING gin (indicator_ids) WITH (gin_pending_list_limit = 1024);

-- One row per detection rule, made on first sight.
CREATE TABLE detection_rules (
    rule_uuid        text        NOT NULL PRIMARY KEY,
    rule_id          text,
    name             text        NOT NULL,
    type             text,
    version          text,
    severity         text        NOT NULL,
    mitre_tactics    text[]      NOT NULL,
    mitre_techniques text[]      NOT NULL,
    first_seen_at    timestamptz NOT NULL,
    last_seen_at     timestamptz NOT NULL
) WITH (fillfactor = 90);

-- Fields of a SOC's own that hold indicators.
CREATE TABLE indicator_field_mappings (
    id             uuid        NOT NULL PRIMARY KEY,
    field_path     text        NOT NULL,
    indicator_type text        NOT NULL,
    is_active      boolean     NOT NULL DEFAULT true,
    description    text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (field_path, indicator_type)
);

-- What could not become alerts, byte for byte; the id is computed from the bytes.
CREATE TABLE dead_letters (
    id            uuid        NOT NULL PRIMARY KEY,
    sha256        bytea       NOT NULL,
    reason        text        NOT NULL,
    detail        text        NOT NULL,
    source        text        NOT NULL,
    receipt_id    uuid        NOT NULL,            -- of the first; a replay keeps its alert uuids
    position      integer,                         -- in the receipt's body; NULL: the whole body
    received_at   timestamptz NOT NULL,
    content_type  text,
    key_prefix    text        NOT NULL,
    verified_by   text        NOT NULL,
    body          bytea       NOT NULL,
    original_body bytea,                           -- as it came, once somebody has edited the body
    edited_at     timestamptz,
    occurrences   bigint      NOT NULL DEFAULT 1,
    attempts      integer     NOT NULL DEFAULT 0,  -- replays that failed
    status        text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved', 'discarded')),
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at  timestamptz NOT NULL DEFAULT now(),
    resolved_at   timestamptz,
    alert_uuid    uuid,                            -- the alert a replay made of it
    last_run      uuid                             -- the run that ended its last attempt: a killed run goes on behind it
);
CREATE INDEX dead_letters_open ON dead_letters (last_seen_at) WHERE status = 'open';
CREATE INDEX dead_letters_in_order ON dead_letters (receipt_id, id); -- replays go through them oldest first

-- Where each dead letter came from: one row a document, so that equal bytes are counted exactly, also
-- when they are delivered again, and every receipt can be accounted for.
CREATE TABLE dead_letter_occurrences (
    receipt_id     uuid        NOT NULL,
    position       integer     NOT NULL,           -- in the receipt's body; -1: the whole body
    dead_letter_id uuid        NOT NULL REFERENCES dead_letters (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    received_at    timestamptz NOT NULL,
    outcome        text        CHECK (outcome IN ('stored', 'discarded')), -- NULL: still dead
    alert_uuid     uuid,                           -- the alert it became, or is an occurrence of
    context        json,                           -- what its body said beside it: {"rule":…} or {"_id":…}
    PRIMARY KEY (receipt_id, position)
);
CREATE INDEX dead_letter_occurrences_letter ON dead_letter_occurrences (dead_letter_id);

-- Every run of a replay, and every edit and discard: who, why, what, how it ended. The counts grow in
-- the transactions that do the work, so that they are right also after a kill.
CREATE TABLE dead_letter_replays (
    id          uuid        NOT NULL PRIMARY KEY,
    action      text        NOT NULL DEFAULT 'replay' CHECK (action IN ('replay', 'edit', 'discard')),
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    actor       text        NOT NULL,
    reason      text        NOT NULL,
    filter      json        NOT NULL,
    matched     bigint      NOT NULL,
    stored      bigint      NOT NULL DEFAULT 0,
    failed      bigint      NOT NULL DEFAULT 0,
    skipped     bigint      NOT NULL DEFAULT 0
);

-- Who may send; the key itself is never stored.
CREATE TABLE api_keys (
    id              uuid        NOT NULL PRIMARY KEY,
    name            text        NOT NULL,
    prefix          text        NOT NULL,          -- the first 12 characters of the key
    key_hash        bytea       NOT NULL UNIQUE,   -- SHA-256 of the whole key
    scopes          text[]      NOT NULL,          -- alerts:write, alerts:read, admin
    allowed_sources text[],                        -- NULL: every source
    rate_per_second integer,                       -- NULL: no limit
    rate_burst      integer,
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz,
    revoked_at      timestamptz,
    last_used_at    timestamptz,
    replaced_by     uuid        REFERENCES api_keys (id)
);
CREATE INDEX api_keys_prefix ON api_keys (prefix);

-- Every change of a key.
CREATE TABLE api_key_audit (
    id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT now(),
    key_id uuid        NOT NULL,
    action text        NOT NULL,
    actor  text        NOT NULL,                   -- "cli", or the id of the admin key
    detail json
);

-- Programs keep keys and mappings in memory and are told when to look again; the channel is the table.
CREATE FUNCTION tell_of_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(TG_TABLE_NAME, '');
    RETURN NULL;
END $$;
CREATE TRIGGER api_keys_changed
    AFTER INSERT OR DELETE OR UPDATE OF name, scopes, allowed_sources, rate_per_second, rate_burst, expires_at, revoked_at
    ON api_keys FOR EACH STATEMENT EXECUTE FUNCTION tell_of_change();
CREATE TRIGGER indicator_field_mappings_changed
    AFTER INSERT OR UPDATE OR DELETE
    ON indicator_field_mappings FOR EACH STATEMENT EXECUTE FUNCTION tell_of_change();

-- What an analyst reads first: the alert with its counts, which follow from append-only rows.
CREATE VIEW alert_overview AS
SELECT a.uuid, a.occurred_at, a.title, a.severity, a.severity_id, a.mitre_tactics, a.mitre_techniques,
       a.rule_uuid, a.duplicate_of, again.times AS duplicate_count,
       greatest(a.received_at, again.last_at) AS last_seen_at
FROM alerts a
CROSS JOIN LATERAL (
    SELECT count(*) AS times, max(o.received_at) AS last_at
    FROM alert_occurrences o WHERE o.alert_uuid = a.uuid
) again;

-- How often a rule fired, counted from its alerts.
CREATE VIEW detection_rule_overview AS
SELECT r.*, (SELECT count(*) FROM alerts a WHERE a.rule_uuid = r.rule_uuid) AS alert_count
FROM detection_rules r;

-- One row a link of an alert and an indicator, with every field and role.
CREATE VIEW alert_indicators AS
SELECT l.alert_uuid, link.indicator_id, link.fields, link.roles
FROM alert_links l
CROSS JOIN LATERAL (
    SELECT place.indicator_id, array_agg(place.field ORDER BY place.nth) AS fields,
           array_agg(DISTINCT place.role) AS roles
    FROM unnest(l.indicator_ids, l.fields, l.roles) WITH ORDINALITY AS place (indicator_id, field, role, nth)
    GROUP BY place.indicator_id
) link;

-- How often an indicator was seen, counted from its links.
CREATE VIEW indicator_overview AS
SELECT i.*, (SELECT count(*) FROM alert_links l WHERE l.indicator_ids @> ARRAY[i.id]) AS alert_count
FROM indicators i;
