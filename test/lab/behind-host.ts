import type { RdsWorld } from './rds-world.ts'

/** What a token is judged by: the region and resource that a host leads to now, and whether tokens are taken there. */
export type Behind = { region: string; port: number; resource: string; iam: boolean }

/** What stands behind an endpoint of the world. @returns undefined once nothing has this name any more */
export function behindHost(world: RdsWorld, host: string): Behind | undefined {
  const cluster = world.clusters.find((it) => it.host === host || it.readerHost === host)
  if (cluster) return cluster
  const instance = world.instances.find((it) => it.host === host)
  if (instance) return instance
  const writer = world.globals
    .find((it) => it.host === host)
    ?.members.find((member) => member.writer)
  // A global endpoint leads to the cluster that writes, in whatever region that is.
  return world.clusters.find(
    (it) => it.region === writer?.region && it.identifier === writer.cluster,
  )
}
