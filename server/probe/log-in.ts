import { isMySql } from '../core/catalog/catalog.ts'
import type { LogIn } from '../core/health/ports.ts'
import { logInToMySql } from './log-in-mysql.ts'
import { logInToPostgres } from './log-in-postgres.ts'

/**
 * Logs in with a token as a client of the engine does, over TLS whose chain and name are verified, asks for 1, and leaves.
 * Whatever goes wrong is told by code alone: a server that has seen a token could write it into its own words.
 * @param milliseconds for the connection, and again for what is asked
 */
export const makeLogIn =
  (milliseconds = 8_000): LogIn =>
  (wish) =>
    isMySql(wish.database.engine)
      ? logInToMySql(wish, milliseconds)
      : logInToPostgres(wish, milliseconds)
