import { spawnSync } from 'node:child_process'

export const run = (program: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 })
  return { status, text: `${stdout}${stderr}` }
}

/** Said aloud where it is not, so that nobody takes what was skipped for what was shown. */
export function has(program: string, args: readonly string[]): boolean {
  const found = spawnSync(program, args).error === undefined
  if (!found) console.warn(`${program} is not here: what only it can show is skipped`)
  return found
}
