import type { Catalog } from '../catalog/catalog.ts'

/**
 * Where a message goes, as it is kept: a kind, a colon, whom it reaches there.
 * Never an address with a secret in it: `webhook:default`, `slack:default`, `team-webhook:payments`, `email:ada@example.com`.
 */
export type Channel = { kind: 'webhook' | 'slack' | 'team-webhook' | 'email'; target: string }

const KINDS: readonly string[] = ['webhook', 'slack', 'team-webhook', 'email']

export const channelName = ({ kind, target }: Channel): string => `${kind}:${target}`

/** Undefined for what an older or newer portal wrote and this one does not know. */
export function parseChannel(name: string): Channel | undefined {
  const colon = name.indexOf(':')
  const kind = name.slice(0, Math.max(colon, 0))
  return KINDS.includes(kind)
    ? { kind: kind as Channel['kind'], target: name.slice(colon + 1) }
    : undefined
}

/** Which of the portal's own channels are configured. */
export type Configured = { webhook: boolean; slack: boolean; email: boolean }

/**
 * The channels of a message about a request of `team`, and whether the people in question are to have mail.
 * What the catalog names is there even where the portal lacks the means: it then fails where administrators see it.
 */
export function planChannels(
  configured: Configured,
  catalog: Pick<Catalog, 'teams'>,
  team: string,
): { channels: string[]; mail: boolean } {
  const { webhook = null, email = null } = catalog.teams.get(team)?.notify ?? {}
  const channels: Channel[] = []
  if (configured.webhook) channels.push({ kind: 'webhook', target: 'default' })
  if (configured.slack) channels.push({ kind: 'slack', target: 'default' })
  if (webhook !== null) channels.push({ kind: 'team-webhook', target: team })
  if (email !== null) channels.push({ kind: 'email', target: email })
  return { channels: channels.map(channelName), mail: configured.email }
}
