-- What RDS has in one account and region, as it was read last; of a place that cannot be read it is old.
CREATE TABLE inventory_place (
  account  text NOT NULL CHECK (account ~ '^[0-9]{12}$'),
  region   text NOT NULL,
  -- With success; null for never.
  read_at  timestamptz(6),
  tried_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  -- Why the newest reading failed as a whole, and the API actions that were refused in it.
  fault    jsonb,
  missing  text[] NOT NULL DEFAULT '{}',
  found    jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(found) = 'array'),
  -- A digest of what was found.
  version  text NOT NULL DEFAULT '',
  PRIMARY KEY (account, region)
);

-- What a database of the catalog follows in RDS, as the log has it.
CREATE TABLE followed (
  database  text PRIMARY KEY,
  -- Null where it follows nothing, and is closed.
  resource  text,
  endpoints text[] NOT NULL DEFAULT '{}'
);

INSERT INTO chore (name) VALUES ('inventory');

GRANT SELECT, INSERT, UPDATE, DELETE ON inventory_place TO latchkey_app;
GRANT SELECT, INSERT, UPDATE ON followed TO latchkey_app;
