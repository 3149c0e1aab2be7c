import type { MapPerson } from '../../../server/contract/access-map.ts'

/** How somebody is called, as well as it is known. */
export const nameOf = ({ name, email, subject }: MapPerson): string => name ?? email ?? subject
