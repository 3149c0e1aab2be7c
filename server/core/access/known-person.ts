/** Somebody who has signed in at least once, with the groups of their newest sign-in: those that a session begun then has. */
export type KnownPerson = {
  id: string
  name: string | null
  email: string | null
  subject: string
  groups: readonly string[]
  /** When the groups were learnt; null where it was before that was kept. */
  signedInAt: Date | null
}

/** In the order in which people look for them: by name. */
export type KnownPeople = () => Promise<{ now: Date; people: KnownPerson[] }>
