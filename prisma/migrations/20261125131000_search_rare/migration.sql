-- What somebody, a database or a team had refused, denied or failing, newest first, however much else there is.
-- Intents and issued tokens are nearly all of a log: they stay out, so that a mint writes to none of these.

DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT latchkey_audit TO %I', current_user);
  END IF;
END $$;
SET LOCAL ROLE latchkey_audit;

CREATE INDEX event_rare_actor ON audit.event (actor, action, at DESC, id DESC)
  WHERE action NOT IN ('token.intent', 'token.issued');
CREATE INDEX event_rare_database ON audit.event ((payload_j->>'database'), action, at DESC, id DESC)
  WHERE action NOT IN ('token.intent', 'token.issued') AND payload_j->>'database' IS NOT NULL;
CREATE INDEX event_rare_team ON audit.event ((payload_j->>'team'), action, at DESC, id DESC)
  WHERE action NOT IN ('token.intent', 'token.issued') AND payload_j->>'team' IS NOT NULL;

RESET ROLE;
DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('REVOKE latchkey_audit FROM %I', current_user);
  END IF;
END $$;
