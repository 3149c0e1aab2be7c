import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { startPostgres } from './lab/postgres.ts'
import { migrate } from '../server/store/migrate.ts'
import { MIGRATED } from './lab/test-database.ts'

/** One PostgreSQL for the whole run; `freshDatabase` gives each test an empty database in it. */
export default async function startForRun(project: TestProject): Promise<() => Promise<void>> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-test-'))
  const postgres = await startPostgres(home, {
    settings: {
      // When a transaction committed is what tests of races compare.
      track_commit_timestamp: 'on',
      // Nothing of it has to outlive the run, so nothing waits for a disk.
      fsync: 'off',
      full_page_writes: 'off',
    },
  })
  await postgres.createDatabase(MIGRATED)
  await migrate(postgres.url(MIGRATED))
  project.provide('postgresUrl', postgres.url('postgres'))
  return async () => {
    await postgres.stop()
    fs.rmSync(home, { recursive: true, force: true })
  }
}
