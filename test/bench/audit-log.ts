import type pg from 'pg'

/** Of 13 months, so that a year back from now is whole. */
const MONTHS = 13
const PEOPLE = 2_000
/** Grants to a statement; each comes with its request, decision, tokens and end: about 46 events. */
const GRANTS_A_BATCH = 200
const EVENTS_A_GRANT = 46

/**
 * Fills an empty log with about `count` events, as the portal would have written them in the last 13 months: people ask,
 * others approve, tokens are made in pairs of intent and outcome, some of it refused or failed. A few people, databases
 * and words are everywhere, many are rare. `client` is a superuser: only one may say when something happened.
 * Returns how many there are.
 */
export async function fillLog(client: pg.Client, count: number): Promise<number> {
  await makePartitions(client)
  await client.query(`
    CREATE TEMP TABLE folk AS SELECT n, gen_random_uuid() AS id FROM generate_series(0, ${PEOPLE - 1}) n;
    CREATE UNIQUE INDEX ON folk (n);
    INSERT INTO person (id, issuer, subject, name, email)
      SELECT id, 'https://id.example.com', 'folk-' || n, 'Person ' || n, 'person' || n || '@example.com' FROM folk`)
  const grants = Math.max(1, Math.round(count / EVENTS_A_GRANT))
  for (let from = 0; from < grants; from += GRANTS_A_BATCH)
    await client.query(GRANTS, [grants, from, Math.min(from + GRANTS_A_BATCH, grants) - 1])
  await client.query('DROP TABLE folk')
  await client.query('VACUUM ANALYZE audit.event')
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM audit.event')
  return Number(rows[0]?.count)
}

/** Those of the past: the portal makes only this month's and those after it. */
async function makePartitions(client: pg.Client): Promise<void> {
  await client.query(`
    DO $$
    DECLARE
      month timestamptz;
      name text;
    BEGIN
      FOR back IN 1..${MONTHS} LOOP
        month := date_trunc('month', now(), 'UTC') - make_interval(months => back);
        name := 'event_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
        EXECUTE format('CREATE TABLE IF NOT EXISTS audit.%I PARTITION OF audit.event FOR VALUES FROM (%L) TO (%L)',
          name, month, month + interval '1 month');
        PERFORM audit.guard_partition(('audit.' || name)::regclass);
        EXECUTE format('ALTER TABLE audit.%I OWNER TO latchkey_audit', name);
      END LOOP;
    END $$`)
}

/** $1 grants in all, of which those from $2 to $3. Cubes of random numbers: the first of each kind are the busiest. */
const GRANTS = `
  WITH grants AS MATERIALIZED (
    SELECT k, gen_random_uuid() AS request, gen_random_uuid() AS grant_id, p.id AS person, a.id AS approver,
           'db-' || d AS database, 'team-' || d % 25 AS team, 'app_' || r % 3 AS db_user, r % 4 = 0 AS asked, r % 50 = 1 AS emergency,
           now() - interval '13 months' + (k + random()) / $1 * interval '13 months' - interval '8 hours' AS at,
           (40 * random())::int AS tokens, '10.' || d % 7 || '.' || h % 250 || '.' || (h * 7) % 250 AS address,
           'INC-' || k || ': the ' || w || ' of ' || v || ' hangs again' AS reason
      FROM (SELECT k, floor(${PEOPLE} * random() ^ 3)::int AS h, floor(${PEOPLE} * random())::int AS i,
                   floor(60 * random() ^ 3)::int AS d, floor(1000 * random())::int AS r,
                   'word' || floor(400 * random() ^ 3)::int AS w, 'thing' || floor(5000 * random() ^ 2)::int AS v
              FROM generate_series($2::int, $3::int) k OFFSET 0) x
      JOIN folk p ON p.n = x.h JOIN folk a ON a.n = x.i),
  tokens AS MATERIALIZED (
    SELECT g.*, gen_random_uuid() AS intent, g.at + (0.1 + 0.9 * random()) * interval '7 hours' AS minted, random() AS luck
      FROM grants g, generate_series(1, g.tokens)),
  events (at, action, actor, subject, intent, address, payload) AS (
    SELECT at, 'session.started', person::text, NULL, NULL::uuid, address, jsonb_build_object('issuer', 'https://id.example.com',
             'subject', person, 'groups', jsonb_build_array(team || '-engineers'), 'teams', jsonb_build_array(team),
             'newPerson', false, 'userAgent', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0') FROM grants
    UNION ALL
    SELECT at + interval '1 minute', 'request.created', person::text, database, NULL, address, jsonb_build_object('request', request,
             'team', team, 'database', database, 'user', db_user, 'seconds', 28800, 'reason', reason) FROM grants
    UNION ALL
    SELECT at + interval '9 minutes', 'decision.made', approver::text, database, NULL, '10.9.9.9', jsonb_build_object('request', request,
             'database', database, 'user', db_user, 'verdict', 'approve', 'comment', 'fine for ' || database, 'terms', md5(team),
             'approvals', 1, 'needed', 1) FROM grants WHERE asked
    UNION ALL
    SELECT at + interval '10 minutes', 'grant.started', CASE WHEN asked THEN approver ELSE person END::text, database, NULL, address,
           jsonb_build_object('grant', grant_id, 'request', request, 'team', team, 'database', database, 'user', db_user,
             'startsAt', at, 'endsAt', at + interval '8 hours') || CASE WHEN asked THEN jsonb_build_object('person', person) ELSE '{}' END
      FROM grants
    UNION ALL
    SELECT minted, 'token.intent', person::text, database, intent, address, jsonb_build_object('grant', grant_id, 'team', team,
             'database', database, 'user', db_user, 'endpoint', 'writer', 'role', 'arn:aws:iam::111122223333:role/latchkey-' || team,
             'sessionName', 'person.' || md5(person::text)) FROM tokens
    UNION ALL
    SELECT minted + interval '12 milliseconds', 'token.issued', person::text, database, intent, address,
           jsonb_build_object('grant', grant_id, 'team', team, 'database', database, 'user', db_user, 'endpoint', 'writer',
             'host', database || '.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com', 'port', 5432, 'region', 'eu-west-1',
             'role', 'arn:aws:iam::111122223333:role/latchkey-' || team, 'sessionName', 'person.' || md5(person::text),
             'accessKeyId', 'ASIA' || upper(left(md5(grant_id::text), 16)), 'stsRequestId', gen_random_uuid(),
             'expiresAt', minted + interval '15 minutes', 'tokenSha256', encode(sha256(intent::text::bytea), 'hex'), 'tokenLength', 1459)
      FROM tokens WHERE luck > 0.004
    UNION ALL
    SELECT minted + interval '40 milliseconds', 'token.failed', person::text, database, intent, address, jsonb_build_object('grant', grant_id,
             'team', team, 'database', database, 'code', 'sts_refused') FROM tokens WHERE luck BETWEEN 0.0005 AND 0.004
    UNION ALL
    SELECT minted + interval '70 seconds', 'token.unknown', 'portal', database, intent, NULL, jsonb_build_object('person', person, 'grant', grant_id,
             'team', team, 'database', database, 'intentAt', minted) FROM tokens WHERE luck < 0.0005
    UNION ALL
    SELECT at + interval '8 hours', 'grant.ended', person::text, database, NULL, address, jsonb_build_object('grant', grant_id,
             'team', team, 'database', database, 'user', db_user, 'how', 'by_holder') FROM grants WHERE NOT emergency
    UNION ALL
    SELECT at + interval '8 hours', 'emergency.reviewed', approver::text, database, NULL, '10.9.9.9', jsonb_build_object('grant', grant_id,
             'request', request, 'person', person, 'comment', 'looked at ' || reason) FROM grants WHERE emergency
    UNION ALL
    SELECT at + interval '3 hours', 'request.refused', person::text, database, NULL, address, jsonb_build_object('team', team,
             'database', database, 'user', db_user, 'why', 'reason_required') FROM grants WHERE k % 20 = 0
    UNION ALL
    SELECT at + interval '4 hours', 'signin.refused', 'anonymous', NULL, NULL, address, jsonb_build_object('reason', 'denied_by_provider',
             'userAgent', 'curl/8.17.0') FROM grants WHERE k % 30 = 0
    UNION ALL
    SELECT at + interval '2 hours', 'audit.read', approver::text, NULL, NULL, '10.9.9.9', jsonb_build_object('filter', 'database=' || database,
             'count', 50) FROM grants WHERE k % 3 = 0
    UNION ALL
    SELECT at, 'catalog.loaded', 'portal', NULL, NULL, NULL, jsonb_build_object('sha256', md5(k::text), 'teams', 25, 'databases', 60, 'rules', 300)
      FROM grants WHERE k % 500 = 0)
  INSERT INTO audit.event (at, action, actor, subject, request_id, intent_id, address, payload)
  SELECT at, action, actor, subject, gen_random_uuid()::text, intent, address, payload::text FROM events ORDER BY at`
