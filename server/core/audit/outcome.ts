import type { AuditAction } from './event.ts'

/** How what an event tells ended: it happened, somebody was told no, it went wrong, or nobody knows. */
export type Outcome = 'done' | 'refused' | 'failed' | 'unknown'

/** Of every action: a new one does not compile without. */
const OUTCOMES: Record<AuditAction, Outcome> = {
  'portal.started': 'done',
  'portal.stopped': 'done',
  'migration.applied': 'done',
  'catalog.loaded': 'done',
  'catalog.followed': 'done',
  'catalog.refused': 'refused',
  'session.started': 'done',
  'session.ended': 'done',
  'signin.refused': 'refused',
  'refusals.counted': 'refused',
  'access.refused': 'refused',
  'view.refused': 'refused',
  'request.created': 'done',
  'request.refused': 'refused',
  'request.approved': 'done',
  'request.denied': 'done',
  'withdrawal.refused': 'refused',
  'request.withdrawn': 'done',
  'request.lapsed': 'done',
  'request.cancelled': 'done',
  'decision.made': 'done',
  'decision.refused': 'refused',
  'emergency.reviewed': 'done',
  'review.refused': 'refused',
  'grant.started': 'done',
  'grant.ended': 'done',
  'grant.refused': 'refused',
  'access.ended': 'done',
  'ending.refused': 'refused',
  'key.created': 'done',
  'key.ended': 'done',
  'key.refused': 'refused',
  'token.refused': 'refused',
  'token.intent': 'done',
  'token.issued': 'done',
  'token.failed': 'failed',
  'token.unknown': 'unknown',
  'notification.failed': 'failed',
  'requests.read': 'done',
  'map.exported': 'done',
  'kit.downloaded': 'done',
  'ca.downloaded': 'done',
  'tls.probed': 'done',
  'check.intent': 'done',
  'check.done': 'done',
  'ca.offered': 'done',
  'ca.accepted': 'done',
  'ca.refused': 'refused',
  'export.started': 'done',
  'export.ended': 'done',
  'audit.read': 'done',
  'key.rotated': 'done',
  'log.verified': 'done',
  'anchor.failed': 'failed',
  'anchor.recovered': 'done',
  'stream.failed': 'failed',
  'stream.recovered': 'done',
  'audit.pruned': 'done',
}

export const ACTIONS = Object.keys(OUTCOMES) as readonly AuditAction[]

/** Null for an action that this version does not know: written by a newer one. */
export const outcomeOf = (action: string): Outcome | null =>
  Object.hasOwn(OUTCOMES, action) ? OUTCOMES[action as AuditAction] : null

export const actionsThat = (outcome: Outcome): AuditAction[] =>
  ACTIONS.filter((action) => OUTCOMES[action] === outcome)
