import { Type, type Static } from 'typebox'
import { closed, Uuid } from './scalar.ts'

/**
 * What the stream of /api/live says: `hello` when it begins, `change` when a request or a grant of it changed,
 * `missed` when changes may not have been heard and all that is shown should be asked again, `over` when the session
 * has ended and the stream with it.
 */
export type LiveEvent = 'hello' | 'change' | 'missed' | 'over'

/** The data of a `change`. That of the others is `{}`. */
export const Changed = Type.Object({ request: Uuid }, closed)
export type Changed = Static<typeof Changed>
