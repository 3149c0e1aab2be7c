-- The groups of the newest sign-in: whether somebody who decided an hour ago is still one who may.
ALTER TABLE person ADD COLUMN groups text[] NOT NULL DEFAULT '{}';
UPDATE person p SET groups = s.groups
  FROM (SELECT DISTINCT ON (person_id) person_id, groups FROM session ORDER BY person_id, started_at DESC) s
 WHERE s.person_id = p.id;

ALTER TABLE access_request
  ADD COLUMN starts_at timestamptz(6),
  ADD COLUMN lapses_at timestamptz(6),
  ADD COLUMN closed_at timestamptz(6),
  ADD COLUMN emergency boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT access_request_pending_lapses CHECK (state <> 'pending' OR lapses_at IS NOT NULL);
UPDATE access_request SET closed_at = created_at;
ALTER TABLE access_request
  ADD CONSTRAINT access_request_open_or_closed CHECK ((state = 'pending') = (closed_at IS NULL));

-- One open request per person and rule: the index says so, so that two at once cannot both be the first.
CREATE UNIQUE INDEX access_request_one_open ON access_request (person_id, team, database, db_user) WHERE state = 'pending';
CREATE INDEX access_request_open ON access_request (lapses_at) WHERE state = 'pending';
CREATE INDEX access_request_newest ON access_request (created_at DESC, id DESC);
CREATE INDEX access_request_state ON access_request (state, created_at DESC, id DESC);
DROP INDEX access_request_person_id_created_at_idx;
CREATE INDEX access_request_mine ON access_request (person_id, created_at DESC, id DESC);

CREATE TABLE request_decision (
  id         uuid PRIMARY KEY,
  request_id uuid NOT NULL REFERENCES access_request ON DELETE RESTRICT ON UPDATE CASCADE,
  person_id  uuid NOT NULL REFERENCES person ON DELETE RESTRICT ON UPDATE CASCADE,
  verdict    text NOT NULL CHECK (verdict IN ('approve', 'deny')),
  comment    text,
  -- What the terms were that this person saw: an approval of other terms does not count.
  terms      text NOT NULL,
  at         timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  CHECK (verdict = 'approve' OR comment IS NOT NULL)
);
CREATE UNIQUE INDEX request_decision_once ON request_decision (request_id, person_id, terms);

-- Nobody decides for themselves: below every line of the program, too.
CREATE FUNCTION refuse_own_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM access_request r WHERE r.id = NEW.request_id AND r.person_id = NEW.person_id) THEN
    RAISE EXCEPTION 'nobody decides on their own request' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER not_ones_own BEFORE INSERT OR UPDATE ON request_decision
  FOR EACH ROW EXECUTE FUNCTION refuse_own_decision();

ALTER TABLE access_grant
  ADD COLUMN emergency boolean NOT NULL DEFAULT false,
  ADD COLUMN end_reason text,
  ADD COLUMN reviewed_at timestamptz(6),
  ADD CONSTRAINT access_grant_revoked_with_reason CHECK (ended_by IS NULL OR ended_by = person_id OR end_reason IS NOT NULL);
CREATE INDEX access_grant_database_ends_at_idx ON access_grant (database, ends_at DESC) WHERE ended_at IS NULL;

CREATE TABLE emergency_review (
  grant_id  uuid PRIMARY KEY REFERENCES access_grant ON DELETE RESTRICT ON UPDATE CASCADE,
  person_id uuid NOT NULL REFERENCES person ON DELETE RESTRICT ON UPDATE CASCADE,
  comment   text NOT NULL,
  at        timestamptz(6) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX access_grant_unreviewed ON access_grant (request_id) WHERE emergency AND reviewed_at IS NULL;

CREATE FUNCTION refuse_own_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM access_grant g WHERE g.id = NEW.grant_id AND g.person_id = NEW.person_id) THEN
    RAISE EXCEPTION 'nobody reviews their own emergency' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER not_ones_own BEFORE INSERT OR UPDATE ON emergency_review
  FOR EACH ROW EXECUTE FUNCTION refuse_own_review();

-- What people are to be told, written with the change that it tells of; delivered afterwards, at least once.
CREATE TABLE outbox (
  id         uuid PRIMARY KEY,
  topic      text NOT NULL CHECK (topic ~ '^[a-z]+\.[a-z]+$'),
  request_id uuid NOT NULL REFERENCES access_request ON DELETE RESTRICT ON UPDATE CASCADE,
  payload    jsonb NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  -- Set once its deliveries, one for each channel, are written down.
  spread_at  timestamptz(6)
);
CREATE INDEX outbox_waiting ON outbox (created_at) WHERE spread_at IS NULL;

CREATE TABLE delivery (
  outbox_id  uuid NOT NULL REFERENCES outbox ON DELETE CASCADE ON UPDATE CASCADE,
  -- The channel and whom it reaches there: `webhook:default`, `email:ada@example.com`.
  channel    text NOT NULL,
  attempts   integer NOT NULL DEFAULT 0,
  next_at    timestamptz(6) DEFAULT clock_timestamp(),
  done_at    timestamptz(6),
  last_error text,
  PRIMARY KEY (outbox_id, channel),
  -- Done, given up (neither), or to be tried.
  CHECK (done_at IS NULL OR next_at IS NULL)
);
CREATE INDEX delivery_due ON delivery (next_at) WHERE next_at IS NOT NULL;

GRANT UPDATE (groups) ON person TO latchkey_app;
GRANT UPDATE (closed_at) ON access_request TO latchkey_app;
GRANT SELECT, INSERT ON request_decision TO latchkey_app;
GRANT UPDATE (end_reason, reviewed_at) ON access_grant TO latchkey_app;
GRANT SELECT, INSERT ON emergency_review TO latchkey_app;
GRANT SELECT, INSERT, DELETE, UPDATE (spread_at) ON outbox TO latchkey_app;
GRANT SELECT, INSERT, DELETE, UPDATE (attempts, next_at, done_at, last_error) ON delivery TO latchkey_app;
