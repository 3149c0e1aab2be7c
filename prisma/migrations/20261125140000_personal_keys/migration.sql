-- When the groups of a person were learnt: what works without a session is bound to their age.
ALTER TABLE person ADD COLUMN signed_in_at timestamptz(6);
UPDATE person SET signed_in_at = last_seen;
GRANT UPDATE (signed_in_at) ON person TO latchkey_app;

-- When the provider saw the person itself, rather than a session of its own. Null where it did not say.
ALTER TABLE session ADD COLUMN proved_at timestamptz(6);
ALTER TABLE sign_in ADD COLUMN again boolean NOT NULL DEFAULT false;

CREATE TABLE personal_key (
  id           uuid PRIMARY KEY,
  person_id    uuid NOT NULL REFERENCES person ON DELETE RESTRICT ON UPDATE CASCADE,
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  key_hash     bytea NOT NULL CHECK (length(key_hash) = 32),
  prefix       text NOT NULL,
  created_at   timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  expires_at   timestamptz(6) NOT NULL,
  ended_at     timestamptz(6),
  ended_by     uuid REFERENCES person ON DELETE RESTRICT ON UPDATE CASCADE,
  last_used_at timestamptz(6),
  -- When it was last written down that it was used in vain: once a minute, so that a program cannot fill the log.
  refused_at   timestamptz(6),
  CHECK (created_at < expires_at),
  CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX personal_key_key_hash_key ON personal_key (key_hash);
CREATE INDEX personal_key_person_id_expires_at_idx ON personal_key (person_id, expires_at DESC);
GRANT SELECT, INSERT, UPDATE (ended_at, ended_by, last_used_at, refused_at) ON personal_key TO latchkey_app;

-- A key that a person allowed to a terminal, and that the terminal has not fetched yet. No reference to the session:
-- whoever fetches locks the session after this row, and whoever ends the session must not wait for this row.
CREATE TABLE key_code (
  code_hash  bytea PRIMARY KEY CHECK (length(code_hash) = 32),
  person_id  uuid NOT NULL REFERENCES person ON DELETE CASCADE ON UPDATE CASCADE,
  session_id uuid NOT NULL,
  challenge  text NOT NULL,
  name       text NOT NULL,
  seconds    integer NOT NULL CHECK (seconds > 0),
  made_at    timestamptz(6) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX key_code_made_at_idx ON key_code (made_at);
GRANT SELECT, INSERT, DELETE ON key_code TO latchkey_app;
