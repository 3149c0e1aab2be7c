-- The audit log: append-only by privilege and by trigger, one partition a month, owned by a role that nobody logs in as.
-- Tamper evidence (seals, checkpoints, anchors) is laid over it; what a row says, and how it gets in, is final here.

CREATE SCHEMA audit;

CREATE TABLE audit.event (
  id         bigint GENERATED ALWAYS AS IDENTITY,
  -- The transaction that wrote the row: sealing reads by it, since ids are not in the order of commits.
  xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at         timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  v          smallint NOT NULL DEFAULT 1,
  action     text NOT NULL CHECK (action ~ '^[a-z]+\.[a-z]+$'),
  -- A person's id, or portal, or anonymous.
  actor      text NOT NULL,
  subject    text,
  request_id text NOT NULL,
  intent_id  uuid,
  address    text,
  -- The detail as canonical JSON (RFC 8785): these bytes are hashed, the jsonb beside them is searched.
  payload    text NOT NULL CHECK (octet_length(payload) <= 65536),
  payload_j  jsonb GENERATED ALWAYS AS (payload::jsonb) STORED,
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);

CREATE INDEX event_xid_idx ON audit.event (xid);
CREATE INDEX event_intent_idx ON audit.event (intent_id) WHERE intent_id IS NOT NULL;
CREATE INDEX event_actor_idx ON audit.event (actor, id DESC);
CREATE INDEX event_action_idx ON audit.event (action, id DESC);

CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.event
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit.event
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
-- ALWAYS: also when a session pretends to be a replica.
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER no_truncate;

-- Statement triggers are not inherited: each partition needs its own against TRUNCATE.
CREATE FUNCTION audit.guard_partition(partition regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', partition);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER no_truncate', partition);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only', partition);
END $$;

-- Makes the partitions of this month and the two after it. Called at start and daily by the portal; harmless twice.
-- The default partition takes what no month holds, so that a clock far off never stops an event.
CREATE FUNCTION audit.ensure_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  month timestamptz;
  name text;
  made integer := 0;
BEGIN
  FOR ahead IN 0..2 LOOP
    month := (date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') + make_interval(months => ahead)) AT TIME ZONE 'UTC';
    name := 'event_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
    IF to_regclass('audit.' || name) IS NULL THEN
      PERFORM pg_advisory_xact_lock(72707370);
      CONTINUE WHEN to_regclass('audit.' || name) IS NOT NULL;
      EXECUTE format('CREATE TABLE audit.%I PARTITION OF audit.event FOR VALUES FROM (%L) TO (%L)', name,
        month, ((month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
      PERFORM audit.guard_partition(('audit.' || name)::regclass);
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END $$;

CREATE TABLE audit.event_default PARTITION OF audit.event DEFAULT;
SELECT audit.guard_partition('audit.event_default');
SELECT audit.ensure_partitions();

-- What the portal may read. It may not see the table itself.
CREATE VIEW audit.log AS
  SELECT id, at, action, actor, subject, request_id, intent_id, address, payload, payload_j FROM audit.event;

REVOKE ALL ON SCHEMA audit FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO latchkey_app;
-- Not id, xid, at: the application cannot say when or in which order something happened.
GRANT INSERT (action, actor, subject, request_id, intent_id, address, payload) ON audit.event TO latchkey_app;
GRANT SELECT ON audit.log TO latchkey_app;
GRANT EXECUTE ON FUNCTION audit.ensure_partitions() TO latchkey_app;

-- Handing over needs membership for a moment where the migrating user is no superuser.
DO $$
DECLARE
  part regclass;
  superuser boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
  me text := current_user;
BEGIN
  IF NOT superuser THEN EXECUTE format('GRANT latchkey_audit TO %I', me); END IF;
  ALTER SCHEMA audit OWNER TO latchkey_audit;
  FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'audit.event'::regclass LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO latchkey_audit', part);
  END LOOP;
  ALTER TABLE audit.event OWNER TO latchkey_audit;
  ALTER VIEW audit.log OWNER TO latchkey_audit;
  ALTER FUNCTION audit.refuse_change() OWNER TO latchkey_audit;
  ALTER FUNCTION audit.guard_partition(regclass) OWNER TO latchkey_audit;
  ALTER FUNCTION audit.ensure_partitions() OWNER TO latchkey_audit;
  IF NOT superuser THEN EXECUTE format('REVOKE latchkey_audit FROM %I', me); END IF;
END $$;
