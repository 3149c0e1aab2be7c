import fs from 'node:fs'
import path from 'node:path'

/**
 * The text of a file in the home folder, made on first need and readable by its owner alone.
 * It is written beside and renamed, so that an interrupted start leaves no half a key.
 */
export async function keepFile(
  home: string,
  name: string,
  make: () => string | Promise<string>,
): Promise<string> {
  const file = path.join(home, name)
  if (!fs.existsSync(file)) writeKept(file, await make())
  return fs.readFileSync(file, 'utf8')
}

export function writeKept(file: string, text: string): void {
  const beside = `${file}.${process.pid}`
  fs.writeFileSync(beside, text, { mode: 0o600 })
  fs.renameSync(beside, file)
}
