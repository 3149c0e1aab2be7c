-- Dropping a month leaves nothing behind that speaks of its events, and loses nothing that later ones are verified with.

DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT latchkey_audit TO %I', current_user);
  END IF;
END $$;
SET LOCAL ROLE latchkey_audit;

CREATE OR REPLACE FUNCTION audit.prune(retention interval, places text[]) RETURNS text
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
  earlier text;
  changes text;
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

  -- What this month says of months dropped before it: which sequence numbers, and how the keys changed in them.
  EXECUTE format($q$
    WITH told AS (SELECT payload_j AS j FROM audit.%1$I WHERE action = 'audit.pruned'),
    gone AS (
      SELECT (j->>'from')::bigint AS low, (j->>'to')::bigint AS high FROM told
      UNION ALL SELECT (j->'earlier'->>'from')::bigint, (j->'earlier'->>'to')::bigint FROM told WHERE j ? 'earlier'),
    change AS (
      SELECT s.seq, e.payload_j AS j FROM audit.%1$I e JOIN audit.seal s ON s.event_id = e.id WHERE e.action = 'key.rotated'
      UNION ALL SELECT (r->>'seq')::bigint, r FROM told, jsonb_array_elements(coalesce(j->'rotations', '[]')) AS r)
    SELECT (SELECT format('"earlier":{"from":%%s,"to":%%s},', min(low), max(high)) FROM gone HAVING count(*) > 0),
           (SELECT format('"rotations":[%%s],', string_agg(format('{"from":%%s,"note":%%s,"seq":%%s,"to":%%s}',
              to_json(j->>'from'), to_json(j->>'note'), seq, to_json(j->>'to')), ',' ORDER BY seq)) FROM change HAVING count(*) > 0)
    $q$, part) INTO earlier, changes;

  EXECUTE format('DROP TABLE audit.%I', part);
  -- Of events that are gone there is no count either. All of its time was in that partition: the default one takes what no month holds.
  DELETE FROM audit.tally WHERE start >= to_date(right(part, 7), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC' AND start < ends;
  IF total > 0 THEN
    INSERT INTO audit.event (action, actor, request_id, payload)
    VALUES ('audit.pruned', 'portal', gen_random_uuid()::text,
      -- RFC 8785: names in order, no spaces.
      format('{"before":"%s","count":%s,%s"from":%s,"partition":"%s","root":"%s",%s"size":%s,"to":%s}',
        to_char(ends AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), total, coalesce(earlier, ''), first,
        part, encode(newest.root, 'base64'), coalesce(changes, ''), newest.size, last + 1));
  END IF;
  RETURN part;
END $$;

-- Of the months that were dropped so far.
DELETE FROM audit.tally t USING audit.event e
 WHERE e.action = 'audit.pruned'
   AND t.start >= to_date(right(e.payload_j->>'partition', 7), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC'
   AND t.start < (e.payload_j->>'before')::timestamptz;

RESET ROLE;
DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('REVOKE latchkey_audit FROM %I', current_user);
  END IF;
END $$;
