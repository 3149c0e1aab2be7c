-- Tamper evidence over the audit log: the order of events, a Merkle tree over them (RFC 9162), signed checkpoints.
-- What was written before this migration is sealed like everything else: the watermark starts below every transaction.

-- The sealer works as a role of its own (`SET ROLE`), beside the portal's.
DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT latchkey_sealer TO %I', current_user);
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION '% may not become latchkey_sealer', current_user
      USING HINT = format('Have it granted: GRANT latchkey_sealer TO %I WITH ADMIN OPTION.', current_user);
END $$;

-- The schema belongs to a role that nobody logs in as: making tables there needs membership for a moment.
DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT latchkey_audit TO %I', current_user);
  END IF;
END $$;
SET LOCAL ROLE latchkey_audit;

CREATE TABLE audit.seal (
  -- The number of the leaf, from 0 and without a gap: the order of the log.
  seq      bigint PRIMARY KEY CHECK (seq >= 0),
  event_id bigint NOT NULL UNIQUE,
  -- With the id it is the event's key, and says which partition holds it.
  event_at timestamptz(6) NOT NULL,
  leaf     bytea NOT NULL CHECK (length(leaf) = 32)
);

-- The tree's complete inner nodes from level 8 on. What is below is computed from at most 256 leaves.
CREATE TABLE audit.node (
  level smallint NOT NULL CHECK (level >= 8),
  index bigint NOT NULL CHECK (index >= 0),
  hash  bytea NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (level, index)
);

CREATE TABLE audit.checkpoint (
  size bigint PRIMARY KEY CHECK (size > 0),
  root bytea NOT NULL CHECK (length(root) = 32),
  -- The signed note (c2sp.org/tlog-checkpoint), byte for byte.
  note text NOT NULL,
  at   timestamptz(6) NOT NULL DEFAULT clock_timestamp()
);

-- Where outside of this database a checkpoint is known.
CREATE TABLE audit.anchor (
  size  bigint NOT NULL,
  place text NOT NULL,
  ref   text NOT NULL,
  at    timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (size, place)
);

-- The keys that signed, each from the first checkpoint it signed. The checkpoint of a change has the signatures of both.
CREATE TABLE audit.signing_key (
  id         text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{8}$'),
  public_key text NOT NULL,
  from_size  bigint NOT NULL UNIQUE,
  at         timestamptz(6) NOT NULL DEFAULT clock_timestamp()
);

-- Where sealing stands. Events of transactions below the watermark are sealed, all of them and once.
CREATE TABLE audit.sealer_state (
  one       boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- The log's name in every checkpoint, from the first one on.
  origin    text,
  watermark xid8 NOT NULL,
  size      bigint NOT NULL CHECK (size >= 0),
  -- The compact range of the first `size` leaves: the roots of its complete subtrees, largest first.
  hashes    bytea[] NOT NULL,
  at        timestamptz(6)
);
INSERT INTO audit.sealer_state (watermark, size, hashes) VALUES ('0', 0, '{}');

-- ALWAYS: also when a session pretends to be a replica.
DO $$
DECLARE made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['seal', 'node', 'checkpoint', 'anchor', 'signing_key', 'sealer_state'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE %s ON audit.%I FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()',
      CASE made WHEN 'sealer_state' THEN 'DELETE' ELSE 'UPDATE OR DELETE' END, made);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit.%I FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', made);
    EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER append_only', made);
    EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_truncate', made);
    EXECUTE format('REVOKE ALL ON audit.%I FROM PUBLIC', made);
    EXECUTE format('GRANT SELECT ON audit.%I TO latchkey_app, latchkey_sealer', made);
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA audit TO latchkey_sealer;
GRANT INSERT ON audit.seal, audit.node, audit.checkpoint, audit.anchor, audit.signing_key TO latchkey_sealer;
GRANT UPDATE (origin, watermark, size, hashes, at) ON audit.sealer_state TO latchkey_sealer;
-- It reads every event, and writes one itself: that the key changed.
GRANT SELECT ON audit.event TO latchkey_sealer;
GRANT INSERT (action, actor, subject, request_id, intent_id, address, payload) ON audit.event TO latchkey_sealer;

-- The transaction of an event tells the portal whether it is sealed, and gives its lists a horizon.
CREATE OR REPLACE VIEW audit.log AS
  SELECT id, at, action, actor, subject, request_id, intent_id, address, payload, payload_j, xid, v FROM audit.event;

RESET ROLE;
DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('REVOKE latchkey_audit FROM %I', current_user);
  END IF;
END $$;
