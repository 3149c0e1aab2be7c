CREATE TABLE person (
  id         uuid PRIMARY KEY,
  issuer     text NOT NULL,
  subject    text NOT NULL,
  name       text,
  email      text,
  first_seen timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  last_seen  timestamptz(6) NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX person_issuer_subject_key ON person (issuer, subject);

CREATE TABLE session (
  id          uuid PRIMARY KEY,
  key_hash    bytea NOT NULL CHECK (length(key_hash) = 32),
  person_id   uuid NOT NULL REFERENCES person ON DELETE RESTRICT ON UPDATE CASCADE,
  groups      text[] NOT NULL,
  groups_from text NOT NULL CHECK (groups_from IN ('id_token', 'userinfo', 'none')),
  claims      jsonb NOT NULL,
  started_at  timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  last_seen   timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  ends_at     timestamptz(6) NOT NULL
);
CREATE UNIQUE INDEX session_key_hash_key ON session (key_hash);
CREATE INDEX session_person_id_idx ON session (person_id);
CREATE INDEX session_ends_at_idx ON session (ends_at);

CREATE TABLE sign_in (
  state_hash   bytea PRIMARY KEY CHECK (length(state_hash) = 32),
  browser_hash bytea NOT NULL CHECK (length(browser_hash) = 32),
  nonce        text NOT NULL,
  verifier     text NOT NULL,
  return_to    text NOT NULL,
  started_at   timestamptz(6) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX sign_in_started_at_idx ON sign_in (started_at);

CREATE TABLE access_request (
  id         uuid PRIMARY KEY,
  person_id  uuid NOT NULL REFERENCES person ON DELETE RESTRICT ON UPDATE CASCADE,
  team       text NOT NULL,
  database   text NOT NULL,
  db_user    text NOT NULL,
  seconds    integer NOT NULL CHECK (seconds > 0),
  reason     text,
  state      text NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'withdrawn', 'lapsed')),
  created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX access_request_person_id_created_at_idx ON access_request (person_id, created_at DESC);

CREATE TABLE access_grant (
  id         uuid PRIMARY KEY,
  request_id uuid NOT NULL REFERENCES access_request ON DELETE RESTRICT ON UPDATE CASCADE,
  person_id  uuid NOT NULL REFERENCES person ON DELETE RESTRICT ON UPDATE CASCADE,
  team       text NOT NULL,
  database   text NOT NULL,
  db_user    text NOT NULL,
  reason     text,
  starts_at  timestamptz(6) NOT NULL,
  ends_at    timestamptz(6) NOT NULL,
  ended_at   timestamptz(6),
  ended_by   uuid,
  CHECK (starts_at < ends_at),
  CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX access_grant_person_id_ends_at_idx ON access_grant (person_id, ends_at DESC);
CREATE INDEX access_grant_request_id_idx ON access_grant (request_id);

CREATE TABLE reaper (
  one           boolean PRIMARY KEY DEFAULT true CHECK (one),
  settled_until timestamptz(6) NOT NULL
);
INSERT INTO reaper (settled_until) VALUES (clock_timestamp());

-- The roles live in the cluster, not in the database: another portal on it may have made them, even at this moment.
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['latchkey_app', 'latchkey_audit', 'latchkey_sealer'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN
          RAISE EXCEPTION 'role % does not exist and % may not create it', wanted, current_user
            USING HINT = 'Run the migration as a user with CREATEROLE, or have these made first: CREATE ROLE latchkey_app NOLOGIN; CREATE ROLE latchkey_audit NOLOGIN; CREATE ROLE latchkey_sealer NOLOGIN; and granted to that user WITH ADMIN OPTION.';
      END;
    END IF;
  END LOOP;
END $$;

-- The portal's connections work as latchkey_app (`SET ROLE`): what is not granted here, it cannot do.
DO $$
BEGIN
  IF NOT pg_has_role(current_user, 'latchkey_app', 'MEMBER') THEN
    EXECUTE format('GRANT latchkey_app TO %I', current_user);
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO latchkey_app', current_schema());
END $$;
GRANT SELECT, INSERT, UPDATE (name, email, last_seen) ON person TO latchkey_app;
GRANT SELECT, INSERT, DELETE, UPDATE (last_seen) ON session TO latchkey_app;
GRANT SELECT, INSERT, DELETE ON sign_in TO latchkey_app;
GRANT SELECT, INSERT, UPDATE (state) ON access_request TO latchkey_app;
GRANT SELECT, INSERT, UPDATE (ended_at, ended_by) ON access_grant TO latchkey_app;
GRANT SELECT, UPDATE (settled_until) ON reaper TO latchkey_app;
GRANT SELECT ON _prisma_migrations TO latchkey_app;
