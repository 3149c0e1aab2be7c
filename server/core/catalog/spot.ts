import type { Node } from 'yaml'

/** A place in the file: a value (null where nothing is written), where it begins, and how it is reached. */
export type Spot = { node: Node | null; offset: number; path: string }

/** A value that was read, with its place, so that later checks can point at it. */
export type At<T> = { value: T; spot: Spot }

/** `teams` then `payments` is `teams.payments`; a key that is no name is put in quotes. */
export function pathTo(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`
  if (!/^[A-Za-z0-9_.-]{1,64}$/u.test(key)) return `${parent}[${JSON.stringify(key.slice(0, 64))}]`
  return parent === '' ? key : `${parent}.${key}`
}
