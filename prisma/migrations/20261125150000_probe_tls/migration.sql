-- What the portal saw when it looked at the TLS of an endpoint, the newest look of each.
CREATE TABLE tls_probe (
  database     text NOT NULL,
  endpoint     text NOT NULL,
  -- As the catalog had them: a look at another address proves nothing.
  signing_host text NOT NULL,
  dial_host    text NOT NULL,
  dial_port    integer NOT NULL CHECK (dial_port BETWEEN 1 AND 65535),
  at           timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  finding      jsonb NOT NULL CHECK (finding->>'outcome' IN ('failed', 'answered')),
  PRIMARY KEY (database, endpoint)
);

-- Work that one portal does for all: who finds it due takes it, by moving the time.
CREATE TABLE chore (
  name   text PRIMARY KEY,
  due_at timestamptz(6) NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO chore (name) VALUES ('tls_probe');

GRANT SELECT, INSERT, UPDATE, DELETE ON tls_probe TO latchkey_app;
GRANT SELECT, INSERT, UPDATE ON chore TO latchkey_app;
