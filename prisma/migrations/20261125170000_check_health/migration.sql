-- What the newest check of each endpoint found, for each team and database user of a rule on it.
CREATE TABLE health_finding (
  database text NOT NULL,
  -- Both empty where no rule is on the database: no name of the catalog is.
  team     text NOT NULL,
  db_user  text NOT NULL,
  endpoint text NOT NULL,
  at       timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  steps    jsonb NOT NULL CHECK (jsonb_typeof(steps) = 'array'),
  PRIMARY KEY (database, team, db_user, endpoint),
  CHECK ((team = '') = (db_user = ''))
);
INSERT INTO chore (name) VALUES ('health');

GRANT SELECT, INSERT, UPDATE, DELETE ON health_finding TO latchkey_app;
