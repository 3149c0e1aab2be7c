import type { Guide, GuideChoices } from '../../../server/contract/guide.ts'
import { api, Refusal } from '../../lib/api.ts'
import { kept, ticks } from './kept.ts'
import {
  emptyDraft,
  withDatabase,
  withTeam,
  wishOf,
  type Draft,
  type Found,
  type Known,
} from './wish.ts'

const FROM_RDS = /^(engine|form|account|region|identifier|resource|port|endpoints)/

/** What is typed, the guide that came of it, and how far one has come with it. Kept in this browser. */
export class GuideForm {
  draft = $state() as Draft
  /** The ARN or name of what the form was filled from; empty when it is typed. */
  picked = $state('')
  /** Whether what RDS says of the picked one is in sight. It is once something is wrong with it. */
  opened = $state(false)
  guide = $state.raw<Guide>()
  /** Whether the form is in sight; else the guide is, or on its way. */
  editing = $state(true)
  busy = $state(false)
  error = $state.raw<unknown>()
  done = $state.raw<readonly string[]>([])
  /** By field; what was changed since is no problem until the portal says so again. */
  problems = $state.raw<Record<string, string>>({})
  #choices: GuideChoices

  constructor(choices: GuideChoices) {
    const before = kept.read()
    this.#choices = choices
    this.draft = before?.draft ?? emptyDraft(choices)
    this.picked = before?.picked ?? ''
    this.editing = !before?.written
    if (before?.written) void this.write()
  }

  /** Takes some fields over; their problems are gone until the next try. */
  keep = (change: Partial<Draft>) => {
    this.#replace({ ...this.draft, ...change }, Object.keys(change))
  }

  pick = (database: Found | Known | null) => {
    this.picked = !database ? '' : 'arn' in database ? database.arn : database.name
    if (database) this.#replace(withDatabase(this.draft, database, this.#choices))
    else this.#save(false)
    this.opened = false
  }

  setTeam = (team: string) => {
    this.#replace(withTeam(this.draft, team, this.#choices), [
      'team',
      'groups',
      'roleName',
      'externalId',
    ])
  }

  /** Asks for the guide. False where it was refused, and why is told. */
  write = async () => {
    if (this.busy) return false
    this.busy = true
    this.error = undefined
    try {
      this.guide = await api.guide(wishOf(this.draft))
      this.problems = {}
      this.done = ticks.read(this.#database)
      this.editing = false
      this.#save(true)
      return true
    } catch (failure) {
      this.error = failure
      this.problems = problemsOf(failure)
      this.opened ||= Object.keys(this.problems).some((field) => FROM_RDS.test(field))
      this.editing = true
      return false
    } finally {
      this.busy = false
    }
  }

  tick = (step: string, isDone: boolean) => {
    const others = this.done.filter((each) => each !== step)
    this.done = isDone ? [...others, step] : others
    ticks.write(this.#database, this.done)
  }

  startOver = () => {
    kept.drop()
    // An external id belongs to one role
    this.draft = emptyDraft({ ...this.#choices, externalId: crypto.randomUUID() })
    this.picked = ''
    this.guide = undefined
    this.error = undefined
    this.problems = {}
    this.editing = true
  }

  get #database() {
    const { account, region, resource } = this.draft
    return [account, region, resource].join('/')
  }

  #replace(draft: Draft, changed = Object.keys(draft)) {
    this.draft = draft
    const isChanged = (field: string) => changed.includes(field.split('/')[0] ?? '')
    this.problems = Object.fromEntries(
      Object.entries(this.problems).filter(([field]) => !isChanged(field)),
    )
    this.#save(false)
  }

  #save(written: boolean) {
    kept.write({ draft: $state.snapshot(this.draft), written, picked: this.picked })
  }
}

/** Of the form's own names: where a client is, are two fields of it. */
function problemsOf(failure: unknown): Record<string, string> {
  if (!(failure instanceof Refusal)) return {}
  return Object.fromEntries(
    (failure.problem.fields ?? []).map(({ field, message, mend }) => [
      field.replace(/^client\//, '').replace(/^(groups|users\/\d+\/approvalGroups)\/\d+$/, '$1'),
      sentence(message, mend),
    ]),
  )
}

const sentence = (message: string, mend: string) =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}: ${mend}.`
