import { engineName } from '../../lib/format.ts'
import type { Found, Known } from './wish.ts'

const words = ({ identifier, engine, account, region, resource, endpoints }: Found | Known) =>
  [identifier, engine, engineName(engine), account, region, resource]
    .concat(endpoints.map(({ host }) => host))
    .join(' ')
    .toLowerCase()

/** Those in which every word of the search is found: by name, account, region, engine, resource id or host. */
export function matching<T extends Found | Known>(databases: readonly T[], search: string): T[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean)
  return databases.filter((each) => wanted.every((word) => words(each).includes(word)))
}

/** `Aurora PostgreSQL · cluster · eu-west-1 · 111122223333` */
export const about = ({ engine, form, region, account }: Found | Known) =>
  [engineName(engine), form, region, account].join(' · ')
