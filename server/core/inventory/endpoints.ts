import type { Found } from './found.ts'

/** The endpoints that lead to it: its own, and those of the instances of a cluster. */
export function endpointsTo(found: Found, everything: readonly Found[]): Found['endpoints'] {
  if (found.kind !== 'cluster') return found.endpoints
  const members = everything.filter(
    ({ kind, account, region, cluster }) =>
      kind === 'instance' &&
      account === found.account &&
      region === found.region &&
      cluster === found.identifier,
  )
  return [...found.endpoints, ...members.flatMap(({ endpoints }) => endpoints)]
}
