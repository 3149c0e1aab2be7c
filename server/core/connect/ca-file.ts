import { shellWord } from './shell.ts'

/** Where the CA bundle of a region lies on the person's machine. */
export const caFile = (region: string) => `~/.latchkey/${region}.pem`

/** The line that puts it there, for a POSIX shell. `curl` verifies the portal, and the portal vouches for the bundle. */
export function caCommand(publicUrl: string, region: string): string {
  const source = `${publicUrl.replace(/\/+$/, '')}/api/ca/${region}.pem`
  return `mkdir -p ~/.latchkey && curl -fsS -o ${caFile(region)} ${shellWord(source)}`
}
