import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { startPostgres } from './lab/postgres.ts'
import './lab/test-database.ts'

/** One PostgreSQL for the whole run; `freshDatabase` gives each test an empty database in it. */
export default async function startForRun(project: TestProject): Promise<() => Promise<void>> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-test-'))
  // When a transaction committed is what tests of races compare.
  const postgres = await startPostgres(home, { settings: { track_commit_timestamp: 'on' } })
  project.provide('postgresUrl', postgres.url('postgres'))
  return async () => {
    await postgres.stop()
    fs.rmSync(home, { recursive: true, force: true })
  }
}
