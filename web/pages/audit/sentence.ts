import type { AuditEntry } from '../../../server/contract/audit.ts'
import { phrase, type Part, TELLING } from './telling.ts'
import type { Change } from './wish.ts'

export type { Part }
export type People = Readonly<Record<string, string>>

/** An event as somebody would tell it. @param me whoever reads it is called “you” */
export function sentence(entry: AuditEntry, people: People, me?: string): Part[] {
  const told = new Told(entry, people, me)
  const tell = Object.hasOwn(TELLING, entry.action) ? TELLING[entry.action] : undefined
  const parts = tell?.(told) ?? phrase`${told.who}: ${told.code(entry.action)}`
  const [first, ...rest] = parts.filter(({ text }) => text !== '')
  return first
    ? [{ ...first, text: first.text[0]?.toUpperCase() + first.text.slice(1) }, ...rest]
    : []
}

export const plain = (parts: readonly Part[]) => parts.map(({ text }) => text).join('')

/** What a person wrote, where the event has it. A refused sign-in has a code in its place. */
export function quoteOf({ action, detail }: AuditEntry): string | null {
  if (action === 'signin.refused') return null
  const said = [detail.reason, detail.comment].find((each) => typeof each === 'string' && each)
  return typeof said === 'string' ? said : null
}

/** What a sentence is made of: the fields of an event, as parts that lead somewhere. */
export class Told {
  readonly detail: AuditEntry['detail']
  readonly who: Part
  #people: People
  #me: string | undefined

  constructor({ actor, actorName, detail }: AuditEntry, people: People, me?: string) {
    this.detail = detail
    this.#people = people
    this.#me = me
    this.who = this.#called(actor, actorName, true)
  }

  /** Somebody whom the detail names; whoever did it where it names nobody. */
  person(field: string): Part {
    const id = this.detail[field]
    return typeof id === 'string' ? this.#called(id, null, false) : this.who
  }

  /** `Ada Marín and Li Wei` */
  people(field: string): Part[] {
    const ids = this.detail[field]
    const parts = (Array.isArray(ids) ? ids : []).map((id) => this.#called(String(id), null, false))
    return parts.flatMap((part, at) => {
      const between = at === 0 ? '' : at === parts.length - 1 ? ' and ' : ', '
      return [{ text: between }, part]
    })
  }

  get database() {
    return this.#leading('database', (database) => ({ database }))
  }
  get team() {
    return this.#leading('team', (team) => ({ team }))
  }
  get user() {
    return this.code(this.text('user', 'an unknown database user'))
  }

  code(text: string): Part {
    return { text, mono: true }
  }

  text(field: string, missing = ''): string {
    const value = this.detail[field]
    return typeof value === 'string' ? value : missing
  }

  number(field: string): number {
    const value = this.detail[field]
    return typeof value === 'number' ? value : 0
  }

  list(field: string): string[] {
    const value = this.detail[field]
    return Array.isArray(value) ? value.map(String) : []
  }

  #leading(field: string, by: (value: string) => Change): Part {
    const value = this.detail[field]
    return typeof value === 'string' && value
      ? { text: value, by: by(value) }
      : { text: `an unknown ${field}` }
  }

  #called(id: string, name: string | null, isFirst: boolean): Part {
    if (id === this.#me) return { text: isFirst ? 'You' : 'you' }
    const by = { person: id }
    if (id === 'portal') return { text: isFirst ? 'The portal' : 'the portal', by }
    if (id === 'anonymous')
      return { text: isFirst ? 'Somebody not signed in' : 'somebody not signed in', by }
    return { text: name ?? this.#people[id] ?? `person ${id.slice(0, 8)}`, by }
  }
}
