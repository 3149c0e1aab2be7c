-- Refused sign-ins of this and the last minute, by reason and network: how many are in the log each, and how many only counted,
-- so that nobody can fill the disk with them. Of an IPv6 address the first 64 bits; '' is all networks that were too many.
CREATE TABLE anonymous_refusal (
  minute  timestamptz(6) NOT NULL,
  reason  text NOT NULL,
  network text NOT NULL,
  kept    integer NOT NULL,
  surplus integer NOT NULL,
  PRIMARY KEY (minute, reason, network)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON anonymous_refusal TO latchkey_app;
