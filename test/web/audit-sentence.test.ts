import { describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../server/contract/audit.ts'
import { ACTIONS } from '../../server/core/audit/outcome.ts'
import { plain, quoteOf, sentence } from '../../web/pages/audit/sentence.ts'
import { TELLING } from '../../web/pages/audit/telling.ts'
import { anEntry } from './audit.ts'

const people = { ada: 'Ada Marín', li: 'Li Wei' }
const tell = (over: Partial<AuditEntry>, me?: string) => plain(sentence(anEntry(over), people, me))
const where = { database: 'orders', user: 'orders_reader' }

test.each(ACTIONS)('%s is told as a sentence', (action) => {
  expect(Object.keys(TELLING)).toContain(action)
  // An event of another version may lack any field
  expect(tell({ action, detail: {} })).toMatch(/^[A-Z].*\w/)
})

describe('who did what', () => {
  test.each<[Partial<AuditEntry>, string]>([
    [
      { action: 'token.issued', detail: { ...where, endpoint: 'writer' } },
      'Ada Marín got a token for orders as orders_reader, writer endpoint',
    ],
    [
      { action: 'session.started', detail: { teams: ['payments', 'logistics'], newPerson: true } },
      'Ada Marín signed in for the first time, of the teams payments, logistics',
    ],
    [
      {
        action: 'request.created',
        detail: { ...where, team: 'payments', seconds: 1800, approvals: 2 },
      },
      'Ada Marín asked for orders as orders_reader for 30 min, through payments, which needs 2 approvals',
    ],
    [
      { action: 'request.created', detail: { ...where, emergency: true, seconds: 1800 } },
      'Ada Marín declared an emergency to open orders as orders_reader for 30 min',
    ],
    [
      { action: 'request.approved', detail: { ...where, by: ['li', 'ada', 'x'] } },
      'The request for orders as orders_reader was approved by Li Wei, Ada Marín and person x',
    ],
    [
      { action: 'request.lapsed', actor: 'portal', detail: { ...where, person: 'li' } },
      'The request of Li Wei for orders as orders_reader lapsed: nobody decided in time',
    ],
    [
      {
        action: 'decision.made',
        detail: { ...where, verdict: 'approve', approvals: 1, needed: 2 },
      },
      'Ada Marín approved the request for orders as orders_reader, approval 1 of 2',
    ],
    [
      {
        action: 'grant.started',
        detail: {
          ...{ ...where, person: 'li' },
          ...{ startsAt: '2026-11-25T12:00:00Z', endsAt: '2026-11-25T13:00:00Z' },
        },
      },
      'Li Wei got access to orders as orders_reader for 1 h',
    ],
    [
      { action: 'grant.ended', detail: { ...where, how: 'revoked', person: 'li' } },
      'Ada Marín revoked the access of Li Wei to orders as orders_reader',
    ],
    [
      { action: 'signin.refused', actor: 'anonymous', detail: { reason: 'groups_invalid' } },
      'A sign-in was refused: groups_invalid',
    ],
    [
      {
        action: 'access.refused',
        detail: { method: 'GET', route: '/api/setup', needs: 'administrator' },
      },
      'Ada Marín could not open GET /api/setup, which needs an administrator',
    ],
    [{ action: 'moon.landed' }, 'Ada Marín: moon.landed'],
  ])('%#: %s', (over, text) => {
    expect(tell(over)).toBe(text)
  })

  test('whoever reads it is “you”, in the middle too', () => {
    expect(tell({ action: 'session.ended', detail: {} }, 'ada')).toBe('You signed out')
    expect(
      tell({ actor: 'li', action: 'grant.started', detail: { ...where, person: 'ada' } }, 'ada'),
    ).toMatch(/^You got access/)
    expect(
      tell(
        { actor: 'li', action: 'grant.ended', detail: { ...where, how: 'revoked', person: 'ada' } },
        'ada',
      ),
    ).toBe('Li Wei revoked the access of you to orders as orders_reader')
  })

  test('names lead to what they name, and a name that is a property of objects is a name', () => {
    const parts = sentence(anEntry({ action: 'token.issued', detail: where }), people)
    expect(parts.flatMap(({ by }) => by ?? [])).toEqual([{ person: 'ada' }, { database: 'orders' }])
    expect(tell({ action: 'constructor.x' })).toBe('Ada Marín: constructor.x')
  })
})

test('what a person wrote is quoted, a code is not', () => {
  expect(quoteOf(anEntry({ detail: { reason: 'INC-7' } }))).toBe('INC-7')
  expect(quoteOf(anEntry({ detail: { comment: 'Go ahead' } }))).toBe('Go ahead')
  expect(quoteOf(anEntry({ detail: { reason: null } }))).toBeNull()
  expect(quoteOf(anEntry({ action: 'signin.refused', detail: { reason: 'x' } }))).toBeNull()
})
