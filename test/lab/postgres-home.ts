import fs from 'node:fs'
import path from 'node:path'
import type { Programs } from './postgres-programs.ts'
import { makeData, type Home } from './server-home.ts'
import { runProgram } from './supervise.ts'

/** Makes the data folder unless it is there. @throws Error when it is of another major version */
export async function prepareData(place: Home, programs: Programs): Promise<void> {
  const { data, account } = place
  await makeData(place, 'PG_VERSION', (beside) => {
    const choices = ['-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C']
    return runProgram(programs.initdb, ['-D', beside, ...choices], account)
  })
  const major = Number(fs.readFileSync(path.join(data, 'PG_VERSION'), 'utf8'))
  if (major !== programs.major) {
    throw new Error(
      `The data in ${data} is of PostgreSQL ${major}, the program here is ${programs.major}. ` +
        `Export it with version ${major} first, or move the folder away to start empty.`,
    )
  }
}
