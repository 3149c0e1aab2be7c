import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** What the portal counts as it happens, in this process. */
export type Counted = ReturnType<typeof countedIn>

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** From what a local answer takes to where a person gives up, seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * Registers what is counted. Every label has few values, and none says who or which: routes as they are written,
 * codes, kinds. No path, name, address, id or token gets here, because nothing here takes one.
 */
export function countedIn(registry: Registry) {
  const registers = [registry]
  const requests = new Histogram({
    name: 'latchkey_http_request_duration_seconds',
    help: 'Answered HTTP requests by their route as it is written; event streams are not among them.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  })
  const streams = new Gauge({
    name: 'latchkey_live_streams',
    help: 'Pages that follow changes by an event stream of this process.',
    registers,
  })
  const issued = new Counter({
    name: 'latchkey_tokens_issued_total',
    help: 'Tokens whose record was committed and that were given to a person.',
    registers,
  })
  const failures = new Counter({
    name: 'latchkey_token_failures_total',
    help: 'Tokens that were asked for and not given, by the code of the answer: refused as well as failed.',
    labelNames: ['code'],
    registers,
  })
  const unknown = new Counter({
    name: 'latchkey_token_intents_unknown_total',
    help: 'Intents of a token that had no outcome after a minute: a portal ended, or lost its store, in the middle.',
    registers,
  })
  const sts = new Histogram({
    name: 'latchkey_sts_call_duration_seconds',
    help: 'Calls of AssumeRole by their outcome; the tries of one wish are calls of their own.',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers,
  })
  const circuits = new Gauge({
    name: 'latchkey_sts_circuits_open',
    help: 'Roles that STS did not answer well for, and that are given a rest until a call goes well.',
    registers,
  })
  const openCircuits = new Set<string>()
  const deliveries = new Counter({
    name: 'latchkey_delivery_attempts_total',
    help: 'Attempts to deliver a message, by the kind of channel and whether it arrived.',
    labelNames: ['channel', 'outcome'],
    registers,
  })
  const catalogs = new Counter({
    name: 'latchkey_catalog_loads_total',
    help: 'Catalog files that were judged: loaded, or refused with the last good one left in force.',
    labelNames: ['outcome'],
    registers,
  })
  // A counter that is not there before its first event cannot be seen to rise from nothing.
  for (const outcome of ['loaded', 'refused']) catalogs.inc({ outcome }, 0)

  return {
    request: (seen: { method: string; route: string; status: number; seconds: number }) =>
      requests.observe(
        {
          method: KNOWN_METHODS.has(seen.method) ? seen.method : 'other',
          route: seen.route,
          status: seen.status,
        },
        seen.seconds,
      ),
    streams: (open: number) => streams.set(open),
    tokenIssued: () => issued.inc(),
    tokenFailed: (code: string) => failures.inc({ code }),
    intentsUnknown: (count: number) => unknown.inc(count),
    stsCalled: (outcome: string, seconds: number) => sts.observe({ outcome }, seconds),
    circuit: (role: string, open: boolean) => {
      if (open) openCircuits.add(role)
      else openCircuits.delete(role)
      circuits.set(openCircuits.size)
    },
    delivered: (channel: string, arrived: boolean) =>
      deliveries.inc({ channel, outcome: arrived ? 'arrived' : 'failed' }),
    catalog: (outcome: 'loaded' | 'refused') => catalogs.inc({ outcome }),
  }
}
