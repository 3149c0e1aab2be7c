import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether this is `npm run test:long`, which may take its time. */
    thorough: boolean
  }
}

/** How many times a thing is tried: a few in `npm test`, which everybody waits for; all in `npm run test:long`. */
export const times = (few: number, all: number): number => (inject('thorough') ? all : few)
