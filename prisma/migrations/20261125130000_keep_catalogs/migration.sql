-- The rules of every catalog that was in force, so that who asks later which rules there were need not trust anybody's memory.
-- The event `catalog.loaded` has the SHA-256 of the text, and is sealed.
CREATE TABLE catalog_version (
  rules_sha256 text PRIMARY KEY CHECK (rules_sha256 = encode(sha256(convert_to(rules, 'UTF8')), 'hex')),
  rules        text NOT NULL
);

GRANT SELECT, INSERT ON catalog_version TO latchkey_app;
