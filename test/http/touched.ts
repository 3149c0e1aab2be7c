import { beforeAll, beforeEach } from 'vitest'
import { asSuperuser } from '../store/mint-scenes.ts'
import type { Portal } from './portal.ts'

/**
 * What changes is what people have, may do and are told. Not `sign_in` and `key_code`: a sign-in or a key on its way gives
 * nobody anything, and what becomes of it is in the log. Of sessions and keys, not when they were used last.
 */
const WATCHED: Record<string, string> = {
  person: 'INSERT OR UPDATE OR DELETE',
  session: 'INSERT OR DELETE',
  access_request: 'INSERT OR UPDATE OR DELETE',
  access_grant: 'INSERT OR UPDATE OR DELETE',
  personal_key: 'INSERT OR DELETE OR UPDATE OF ended_at',
  request_decision: 'INSERT OR UPDATE OR DELETE',
  emergency_review: 'INSERT OR UPDATE OR DELETE',
  outbox: 'INSERT OR DELETE',
  ca_offer: 'INSERT OR UPDATE OR DELETE',
}

/** Watches the tables of a portal's database: which transactions that committed changed a row, and which wrote an event. */
export function useTouched(portal: Portal) {
  const ask = <T extends object>(sql: string) =>
    asSuperuser(portal.url, async (client) => (await client.query<T>(sql)).rows)
  beforeAll(() =>
    ask(`
      CREATE TABLE public.touched (name text, xid xid8);
      CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN INSERT INTO public.touched VALUES (TG_TABLE_NAME, pg_current_xact_id()); RETURN NULL; END $$;
      ${Object.entries(WATCHED)
        .map(
          ([name, changes]) =>
            `CREATE TRIGGER touched AFTER ${changes} ON ${name} FOR EACH ROW EXECUTE FUNCTION public.touch();`,
        )
        .join('\n')}`),
  )
  let seen = '0'
  const forget = async () => {
    await ask('DELETE FROM public.touched')
    const [row] = await ask<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM audit.event')
    seen = row!.id
  }
  beforeEach(forget)
  return {
    forget,
    /** Since `forget`: the tables and transactions of changed rows, and the events with theirs, oldest first. */
    changes: () => ask<{ name: string; xid: string }>('SELECT DISTINCT name, xid FROM touched'),
    events: () =>
      ask<{ action: string; xid: string }>(
        `SELECT action, xid FROM audit.event WHERE id > ${seen} ORDER BY id`,
      ),
  }
}
