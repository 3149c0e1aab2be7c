-- Where the log goes besides this database, how far it came there, and what may be dropped of it.

DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT latchkey_audit TO %I', current_user);
  END IF;
END $$;
SET LOCAL ROLE latchkey_audit;

CREATE TABLE audit.outlet (
  -- `anchor:` or `stream:`, and which.
  name          text PRIMARY KEY CHECK (name ~ '^(anchor|stream):[a-z0-9]+$'),
  -- The first `size` events of the log have arrived there.
  size          bigint NOT NULL CHECK (size >= 0),
  at            timestamptz(6),
  -- Which portal serves it, until when nobody else may.
  holder        uuid,
  held_until    timestamptz(6),
  due_at        timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  failures      integer NOT NULL DEFAULT 0,
  failing_since timestamptz(6),
  -- A code, never an address.
  error         text,
  CHECK ((failures = 0) = (failing_since IS NULL))
);
REVOKE ALL ON audit.outlet FROM PUBLIC;
GRANT SELECT ON audit.outlet TO latchkey_app, latchkey_sealer;
GRANT INSERT (name, size) ON audit.outlet TO latchkey_sealer;
GRANT UPDATE (size, at, holder, held_until, due_at, failures, failing_since, error) ON audit.outlet TO latchkey_sealer;

-- Drops the oldest month of the log, if all of it may go, and says so in the log in the same transaction. Returns its name, or null.
-- What may go is decided here, not by who asks: nothing younger than a year, nothing that is not sealed, nothing that no
-- checkpoint covers, in this database and at each of the places that are given. The default partition is no month.
CREATE FUNCTION audit.prune(retention interval, places text[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  part    text;
  ends    timestamptz;
  total   bigint;
  sealed  bigint;
  first   bigint;
  last    bigint;
  newest  audit.checkpoint;
  covered bigint;
BEGIN
  IF retention IS NULL OR retention < interval '365 days' THEN
    RAISE EXCEPTION 'the audit log is kept for 365 days at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT pg_try_advisory_xact_lock(72707375) THEN RETURN NULL; END IF;

  SELECT c.relname INTO part FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = 'audit.event'::regclass AND c.relname ~ '^event_[0-9]{4}_[0-9]{2}$'
   ORDER BY c.relname LIMIT 1;
  ends := (to_date(right(part, 7), 'YYYY_MM')::timestamp + interval '1 month') AT TIME ZONE 'UTC';
  IF ends IS NULL OR ends > clock_timestamp() - retention THEN RETURN NULL; END IF;

  EXECUTE format('SELECT count(*), count(s.seq), min(s.seq), max(s.seq)
                    FROM audit.%I e LEFT JOIN audit.seal s ON s.event_id = e.id AND s.event_at = e.at', part)
    INTO total, sealed, first, last;
  IF sealed < total THEN RETURN NULL; END IF;

  SELECT * INTO newest FROM audit.checkpoint ORDER BY size DESC LIMIT 1;
  SELECT least(newest.size, min(coalesce((SELECT max(a.size) FROM audit.anchor a WHERE a.place = p), 0))) INTO covered
    FROM unnest(places) AS p;
  IF total > 0 AND coalesce(last >= covered, true) THEN RETURN NULL; END IF;

  EXECUTE format('DROP TABLE audit.%I', part);
  IF total > 0 THEN
    INSERT INTO audit.event (action, actor, request_id, payload)
    VALUES ('audit.pruned', 'portal', gen_random_uuid()::text,
      -- RFC 8785: names in order, no spaces.
      format('{"before":"%s","count":%s,"from":%s,"partition":"%s","root":"%s","size":%s,"to":%s}',
        to_char(ends AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), total, first, part,
        encode(newest.root, 'base64'), newest.size, last + 1));
  END IF;
  RETURN part;
END $$;
REVOKE ALL ON FUNCTION audit.prune(interval, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.prune(interval, text[]) TO latchkey_sealer;

RESET ROLE;
DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('REVOKE latchkey_audit FROM %I', current_user);
  END IF;
END $$;
