import type { Actor } from '../actor.ts'
import { type Door, showDoor } from './show-door.ts'

/**
 * The files for the clients of one's own grant are about to be given out: that is recorded first, each time.
 * Errors: those of `showDoor`.
 */
export function takeKit(deps: Parameters<typeof showDoor>[0]) {
  const show = showDoor(deps)
  return async (actor: Actor, grantId: string, endpointName?: string): Promise<Door> => {
    const door = await show(actor, grantId, endpointName)
    const { team, database, user } = door.grant
    await deps.record({
      actor: { person: actor.personId },
      requestId: actor.requestId,
      address: actor.address,
      action: 'kit.downloaded',
      subject: grantId,
      detail: { grant: grantId, team, database, user, endpoint: door.endpoint.name },
    })
    return door
  }
}
