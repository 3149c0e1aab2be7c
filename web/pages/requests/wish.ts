import type { RequestsWish } from '../../../server/contract/request.ts'

type View = NonNullable<RequestsWish['view']>
type State = NonNullable<RequestsWish['state']>

export const STATES: readonly { value: State; label: string }[] = [
  { value: 'pending', label: 'Waits for approval' },
  { value: 'running', label: 'Access open' },
  { value: 'approved', label: 'Approved' },
  { value: 'denied', label: 'Denied' },
  { value: 'withdrawn', label: 'Withdrawn' },
  { value: 'lapsed', label: 'Lapsed' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'emergency', label: 'Emergency' },
]

const VIEWS: readonly View[] = ['waiting', 'mine', 'all']

/** What the address of the page asks for. What it says wrongly is as if it did not say it. */
export function wishOf(
  query: (name: string) => string,
  isAdministrator: boolean,
): RequestsWish & { view: View } {
  const view = VIEWS.find((each) => each === query('view')) ?? 'waiting'
  const state = STATES.find(({ value }) => value === query('state'))?.value
  const text = query('q').trim().slice(0, 100)
  return {
    view: view === 'all' && !isAdministrator ? 'waiting' : view,
    ...(state ? { state } : {}),
    ...(text ? { text } : {}),
  }
}
