-- Finding events: indexes in the order in which lists are read (newest first), words, and counts that need no scan.

DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT latchkey_audit TO %I', current_user);
  END IF;
END $$;
SET LOCAL ROLE latchkey_audit;

-- What people wrote, as words: in small letters, cut at everything that is neither letter nor digit.
-- A word is cut off at 100 characters: tsvector takes no more than 2046 bytes, and no text may stop an event.
CREATE FUNCTION audit.words(said text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT left(word, 100)), '{}')
    FROM regexp_split_to_table(lower(said), '[^[:alnum:]]+') AS word WHERE word <> ''
$$;

CREATE FUNCTION audit.said(payload jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT array_to_tsvector(audit.words(concat_ws(' ', payload->>'reason', payload->>'comment')))
$$;

-- All of these words, or what begins with them. Words hold letters and digits only, so quoting them is enough.
CREATE FUNCTION audit.sought(said text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(format('''%s'':*', word), ' & ')::tsquery FROM unnest(audit.words(said)) AS word
$$;

-- Inserting evaluates what is indexed, as whoever inserts.
REVOKE ALL ON FUNCTION audit.words(text), audit.said(jsonb), audit.sought(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.words(text), audit.said(jsonb), audit.sought(text) TO latchkey_app, latchkey_sealer;

DROP INDEX audit.event_actor_idx;
DROP INDEX audit.event_action_idx;
CREATE INDEX event_newest ON audit.event (at DESC, id DESC);
CREATE INDEX event_actor ON audit.event (actor, at DESC, id DESC);
CREATE INDEX event_action ON audit.event (action, at DESC, id DESC);
CREATE INDEX event_address ON audit.event (address, at DESC, id DESC) WHERE address IS NOT NULL;
CREATE INDEX event_database ON audit.event ((payload_j->>'database'), at DESC, id DESC) WHERE payload_j->>'database' IS NOT NULL;
CREATE INDEX event_team ON audit.event ((payload_j->>'team'), at DESC, id DESC) WHERE payload_j->>'team' IS NOT NULL;
-- Those that few events have.
CREATE INDEX event_person ON audit.event ((payload_j->>'person'), at DESC, id DESC) WHERE payload_j->>'person' IS NOT NULL;
CREATE INDEX event_request ON audit.event ((payload_j->>'request'), at DESC, id DESC) WHERE payload_j->>'request' IS NOT NULL;
-- Of tokens, which are most of all, those of a grant are found by its holder and its time.
CREATE INDEX event_grant ON audit.event ((payload_j->>'grant'), at DESC, id DESC)
  WHERE payload_j->>'grant' IS NOT NULL AND action NOT IN ('token.intent', 'token.issued', 'token.failed', 'token.unknown');
-- Words that are everywhere are found by reading backwards, the others by their index.
CREATE INDEX event_said ON audit.event (at DESC, id DESC)
  WHERE payload_j->>'reason' IS NOT NULL OR payload_j->>'comment' IS NOT NULL;
CREATE INDEX event_words ON audit.event USING gin (audit.said(payload_j)) WITH (fastupdate = off)
  WHERE payload_j->>'reason' IS NOT NULL OR payload_j->>'comment' IS NOT NULL;

-- How many events there are of each kind in each hour and day (UTC), of what is sealed. What an event has not is ''.
CREATE TABLE audit.tally (
  seconds  integer NOT NULL CHECK (seconds IN (3600, 86400)),
  start    timestamptz NOT NULL,
  action   text NOT NULL,
  database text NOT NULL,
  team     text NOT NULL,
  count    bigint NOT NULL,
  PRIMARY KEY (seconds, start, action, database, team)
) WITH (fillfactor = 70);
REVOKE ALL ON audit.tally FROM PUBLIC;
GRANT SELECT ON audit.tally TO latchkey_app;

-- Each event is sealed once, so it is counted once, in the transaction that seals it.
-- Only by index: a plan that joins the whole log would be right for small logs, and is kept.
CREATE FUNCTION audit.tally_sealed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
  INSERT INTO audit.tally AS t (seconds, start, action, database, team, count)
  SELECT unit.seconds, date_bin(make_interval(secs => unit.seconds), e.at, 'epoch'), e.action,
         coalesce(e.payload_j->>'database', ''), coalesce(e.payload_j->>'team', ''), count(*)
    FROM sealed s JOIN audit.event e ON e.id = s.event_id AND e.at = s.event_at,
         (VALUES (3600), (86400)) AS unit (seconds)
   GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT (seconds, start, action, database, team) DO UPDATE SET count = t.count + excluded.count;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION audit.tally_sealed() FROM PUBLIC;
CREATE TRIGGER tally AFTER INSERT ON audit.seal REFERENCING NEW TABLE AS sealed
  FOR EACH STATEMENT EXECUTE FUNCTION audit.tally_sealed();
ALTER TABLE audit.seal ENABLE ALWAYS TRIGGER tally;

INSERT INTO audit.tally (seconds, start, action, database, team, count)
SELECT unit.seconds, date_bin(make_interval(secs => unit.seconds), e.at, 'epoch'), e.action,
       coalesce(e.payload_j->>'database', ''), coalesce(e.payload_j->>'team', ''), count(*)
  FROM audit.seal s JOIN audit.event e ON e.id = s.event_id AND e.at = s.event_at,
       (VALUES (3600), (86400)) AS unit (seconds)
 GROUP BY 1, 2, 3, 4, 5;

RESET ROLE;
DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('REVOKE latchkey_audit FROM %I', current_user);
  END IF;
END $$;
