import pg from 'pg'
import type { Page } from 'playwright-core'
import type { Stage } from './stage.ts'

/* What a test of pages does behind them. */

/** In the portal's database, as its superuser. */
export async function query<T extends object>(
  stage: Stage,
  sql: string,
  values: unknown[],
): Promise<T[]> {
  const client = new pg.Client(stage.lab.postgres.url('latchkey'))
  await client.connect()
  try {
    return (await client.query<T>(sql, values)).rows
  } finally {
    await client.end()
  }
}

/** Tokens of this grant for whom the browser is signed in as, one after the other: `true` for each, and why there are no more. */
export async function mintUntilRefused(stage: Stage, { request }: Page, grant: string) {
  const answers: unknown[] = []
  for (;;) {
    const answer = await request.post(`/api/grants/${grant}/tokens`, {
      data: { endpoint: 'writer' },
      headers: { origin: stage.url },
    })
    if (answer.ok()) answers.push(true)
    else return [...answers, ((await answer.json()) as { reason?: string }).reason]
  }
}
