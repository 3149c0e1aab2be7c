-- CA bundles that an administrator gave or the portal fetched. Nothing of one is trusted before somebody accepts it.
CREATE TABLE ca_offer (
  id         uuid PRIMARY KEY,
  origin     text NOT NULL CHECK (origin IN ('upload', 'aws', 'aws-us-gov', 'aws-cn')),
  pem        text NOT NULL CHECK (length(pem) <= 2000000),
  sha256     text NOT NULL CHECK (sha256 = encode(sha256(convert_to(pem, 'UTF8')), 'hex')),
  state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'accepted', 'refused', 'replaced')),
  offered_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  -- Null for the portal itself.
  offered_by uuid REFERENCES person (id),
  decided_at timestamptz(6),
  decided_by uuid REFERENCES person (id),
  CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX ca_offer_waiting ON ca_offer (origin) WHERE state = 'waiting';
CREATE INDEX ca_offer_newest ON ca_offer (origin, offered_at DESC);

GRANT SELECT, INSERT, UPDATE (state, decided_at, decided_by) ON ca_offer TO latchkey_app;
