import { Type, type Static } from 'typebox'
import { Person } from './request.ts'
import { closed, DatabaseUser, Instant, Name, Seconds, Uuid } from './scalar.ts'

const nullable = <T extends Type.TSchema>(schema: T, options: Type.TSchemaOptions = {}) =>
  Type.Union([schema, Type.Null()], options)
const Group = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
  description: 'An SSO group, exactly',
})
const Groups = Type.Array(Type.String(), { description: 'SSO groups' })

const filters = {
  person: Type.Optional(Uuid),
  team: Type.Optional(Name),
  group: Type.Optional(Group),
  database: Type.Optional(Name),
  user: Type.Optional(DatabaseUser),
  text: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: '^[^\\u0000-\\u001f\\u007f]*$',
      description: 'A part of the name of the person, team, database or database user',
    }),
  ),
}

/** What is looked for: all of it must hold. The page's address and the export say the same by the same names. */
export const MapFilter = Type.Object(filters, closed)
export type MapFilter = Static<typeof MapFilter>

export const MapWish = Type.Object(
  {
    ...filters,
    by: Type.Optional(
      Type.Union([Type.Literal('person'), Type.Literal('database')], {
        description: 'What the rows go by; by person unless said',
      }),
    ),
    from: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,10}$', description: '`next` of the page before' }),
    ),
  },
  closed,
)
export type MapWish = Static<typeof MapWish>

const Terms = Type.Object(
  {
    longest: Seconds,
    reason: Type.Union([Type.Literal('required'), Type.Literal('optional')]),
    reasonPattern: nullable(Type.String()),
    approval: nullable(
      Type.Object({ groups: Groups, count: Type.Integer(), within: Seconds }, closed),
    ),
    emergency: nullable(Type.Object({ longest: Seconds }, closed)),
  },
  closed,
)
export type Terms = Static<typeof Terms>

const right = {
  team: Type.String(),
  database: Type.String(),
  environment: nullable(Type.String()),
  user: Type.String(),
}
const because = Type.Array(Type.String(), {
  description: 'The SSO groups through which it is',
})

const MapRight = Type.Object({ ...right, terms: Terms, because }, closed)
export type MapRight = Static<typeof MapRight>

/** What follows from some groups. The lists may be cut; the counts say how long they are. */
export const Reach = Type.Object(
  {
    groups: Groups,
    teams: Type.Array(Type.Object({ name: Type.String(), because }, closed)),
    rules: Type.Array(MapRight, { description: 'What can be asked for; at most 500' }),
    ruleCount: Type.Integer(),
    approves: Type.Array(MapRight, { description: 'What they decide about; at most 500' }),
    approveCount: Type.Integer(),
    administrator: Type.Array(Type.String(), {
      description: 'The groups that make an administrator; empty where none does',
    }),
    auditor: Type.Array(Type.String(), { description: 'The same, for the audit log' }),
    idle: Type.Array(Type.String(), { description: 'Groups that the catalog does not name' }),
  },
  closed,
)
export type Reach = Static<typeof Reach>

const MapPerson = Type.Object(
  {
    ...Person.properties,
    signedInAt: nullable(Instant, {
      description: 'Their newest sign-in, and so when their groups were learnt',
    }),
  },
  closed,
)
export type MapPerson = Static<typeof MapPerson>

export const MapPage = Type.Object(
  {
    now: Instant,
    catalog: Type.String({ description: 'SHA-256 of the catalog that this follows from' }),
    counts: Type.Object(
      {
        rows: Type.Integer(),
        people: Type.Integer({ description: 'Who reach something of it' }),
        databases: Type.Integer({ description: 'What somebody known reaches of it' }),
        known: Type.Integer({ description: 'Everybody who ever signed in' }),
      },
      closed,
    ),
    rows: Type.Array(Type.Object({ person: MapPerson, ...MapRight.properties }, closed), {
      description: '50 to a page',
    }),
    from: Type.Integer({ description: 'The place of the first row, from 0' }),
    next: nullable(Type.Integer()),
    person: nullable(Type.Object({ person: MapPerson, reach: Reach }, closed), {
      description: 'Where one person is looked at',
    }),
    ways: nullable(
      Type.Array(
        Type.Object(
          {
            ...right,
            terms: Terms,
            groups: Type.Array(
              Type.Object({ name: Type.String(), people: Type.Integer() }, closed),
            ),
          },
          closed,
        ),
      ),
      { description: 'Where one database is looked at: every way in, also those of nobody known' },
    ),
  },
  closed,
)
export type MapPage = Static<typeof MapPage>

/** What can be filtered by, and the groups that mean something. */
export const MapChoices = Type.Object(
  {
    teams: Type.Array(Type.String()),
    databases: Type.Array(Type.String()),
    users: Type.Array(Type.String()),
    groups: Type.Array(Type.String(), { description: 'Those that put somebody in a team' }),
    others: Type.Array(Type.String(), {
      description: 'Those that only administer, audit or approve',
    }),
  },
  closed,
)
export type MapChoices = Static<typeof MapChoices>

export const WhatIfWish = Type.Object(
  {
    groups: Type.Union([Group, Type.Array(Group, { minItems: 1, maxItems: 100 })], {
      description: 'May be given up to 100 times',
    }),
  },
  closed,
)
export const WhatIf = Type.Object({ catalog: Type.String(), reach: Reach }, closed)
export type WhatIf = Static<typeof WhatIf>

/** Bytes of a catalog. */
export const LARGEST_CATALOG = 1_048_576

export const PreviewWish = Type.Object(
  { catalog: Type.String({ maxLength: LARGEST_CATALOG, description: 'The text of the file' }) },
  closed,
)

const key = { team: Type.String(), database: Type.String(), user: Type.String() }
const RightChange = Type.Object(
  {
    ...key,
    groups: Groups,
    terms: Terms,
    otherwise: Type.Array(Type.String(), {
      description: 'Teams through which the same groups had it before, or keep it',
    }),
    replaced: Type.Boolean({ description: 'The database is another one under the same name' }),
  },
  closed,
)
export type RightChange = Static<typeof RightChange>

const changes = <T extends Type.TSchema>(schema: T) =>
  Type.Object({ gains: Type.Array(schema), losses: Type.Array(schema) }, closed)

/** Who gains and who loses. Lists may be cut at 500; the counts say how long they are. */
export const Preview = Type.Object(
  {
    now: Instant,
    problems: Type.Array(
      Type.Object(
        {
          line: Type.Integer(),
          column: Type.Integer(),
          path: Type.String(),
          message: Type.String(),
          mend: Type.String(),
        },
        closed,
      ),
      { description: 'Where there are any, it is no catalog, and there is no change to tell of' },
    ),
    change: nullable(
      Type.Object(
        {
          from: Type.String({ description: 'SHA-256 of the catalog in force' }),
          to: Type.String(),
          same: Type.Boolean({ description: 'Nobody gains or loses anything' }),
          counts: Type.Object(
            {
              gains: Type.Integer(),
              losses: Type.Integer(),
              terms: Type.Integer(),
              people: Type.Integer(),
            },
            closed,
          ),
          gains: Type.Array(RightChange),
          losses: Type.Array(RightChange),
          terms: Type.Array(
            Type.Object(
              {
                ...key,
                groups: Groups,
                changes: Type.Array(
                  Type.Object(
                    {
                      term: Type.String(),
                      from: Type.String(),
                      to: Type.String(),
                      way: Type.Union([
                        Type.Literal('wider'),
                        Type.Literal('narrower'),
                        Type.Literal('other'),
                      ]),
                    },
                    closed,
                  ),
                ),
              },
              closed,
            ),
          ),
          approvers: changes(Type.Object({ ...key, group: Type.String() }, closed)),
          administrators: changes(Type.String()),
          auditors: changes(Type.String()),
          roles: Type.Array(
            Type.Object(
              {
                team: Type.String(),
                account: Type.String(),
                from: Type.String(),
                to: Type.String(),
              },
              closed,
            ),
          ),
          people: Type.Array(
            Type.Object(
              {
                person: MapPerson,
                gains: Type.Integer({ description: 'Database users that they could not ask for' }),
                losses: Type.Integer(),
                terms: Type.Integer(),
                administrator: nullable(Type.Union([Type.Literal('gains'), Type.Literal('loses')])),
                auditor: nullable(Type.Union([Type.Literal('gains'), Type.Literal('loses')])),
              },
              closed,
            ),
            { description: 'Known people whom it touches, by their newest groups' },
          ),
          text: Type.String({ description: 'The same in words, for a review' }),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type Preview = Static<typeof Preview>
