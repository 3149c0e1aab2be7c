import { accessMap } from '../../server/core/access/access-map.ts'
import { showMap } from '../../server/core/access/show-map.ts'
import { knownPeople } from '../../server/store/people.ts'
import { openStore } from '../../server/store/store.ts'
import { crowd } from '../access/crowd.ts'

const SIZE = { people: 5_000, databases: 500, teams: 50 }

/**
 * A page of the map of a large company from its middle, people read anew each time: the 99th percentile in ms, and of that
 * what raw `pg` takes to read the same people.
 */
export async function benchMap(url: string, asks: number): Promise<string[]> {
  const store = openStore(url)
  try {
    const { catalog, people } = crowd(SIZE)
    await store.pool.query(
      `INSERT INTO person (id, issuer, subject, name, groups, signed_in_at)
       SELECT gen_random_uuid(), 'https://crowd.example.com', p->>'id', p->>'id',
              ARRAY(SELECT jsonb_array_elements_text(p->'groups')), now()
         FROM jsonb_array_elements($1::jsonb) p ON CONFLICT DO NOTHING`,
      [JSON.stringify(people)],
    )
    const { rows } = accessMap(catalog, people)
    const show = showMap({ people: knownPeople(store), catalog: () => catalog })
    const taken = { page: [] as number[], read: [] as number[] }
    for (let i = 0; i < asks; i++) {
      const begun = performance.now()
      await show({}, i % 2 ? 'person' : 'database', Math.floor(rows / 2))
      const shown = performance.now()
      await store.pool.query('SELECT * FROM person ORDER BY name, id')
      // The first ones warm the compiler.
      if (i < asks / 4) continue
      taken.page.push(shown - begun)
      taken.read.push(performance.now() - shown)
    }
    const [page, read] = [p99(taken.page), p99(taken.read)]
    return [
      `the access map, ${rows.toLocaleString('en')} rows: 5,000 people × 500 databases × 50 teams`,
      `  a page from its middle, p99                  ${page.toFixed(1).padStart(9)} ms   limit ≤ 200 ms   ${page <= 200 ? 'holds' : 'MISSES'}`,
      `  reading the people by raw pg                 ${read.toFixed(1).padStart(9)} ms   ratio ${(page / read).toFixed(1)}`,
    ]
  } finally {
    await store.close()
  }
}

const p99 = (taken: number[]) =>
  taken.toSorted((a, b) => a - b)[Math.floor(taken.length * 0.99)] ?? NaN
