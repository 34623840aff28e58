import type { Content, Table } from '../stand-in/state.ts'

/** Stands once in one row. */
export const marker = 'Zq7marker4Kd'

/** More than a megabyte, so that its image has a middle to stop in. */
const orders: Table = {
  schema: 'SHOP',
  name: 'ORDERS',
  columns: [
    { name: 'ID', type: 'BIGINT' },
    { name: 'NOTE', type: 'VARCHAR' },
    { name: 'PAID', type: 'DATE' },
  ],
  rows: Array.from({ length: 9_000 }, (_, id) => [
    id,
    `order ${id} ${'lorem ipsum '.repeat(10)}`,
    id % 3 ? '2026-11-25' : null,
  ]),
}

const people: Table = {
  schema: 'SHOP',
  name: 'People "of" all|kinds',
  columns: [
    { name: 'NAME', type: 'VARCHAR' },
    { name: 'Größe', type: 'DECIMAL' },
    { name: 'PHOTO', type: 'BLOB' },
    { name: 'CARD', type: 'XML' },
    { name: 'MOOD', type: 'user MOOD' },
  ],
  rows: [
    [marker, '1.80', 'xxxx', '<a/>', 'glad'],
    ['Ωμέγα', null, null, null, null],
    ['', '-0.5', '', '<b/>', 'sad'],
  ],
}

const empty: Table = { schema: 'SHOP', name: 'EMPTY', columns: [{ name: 'A', type: 'INTEGER' }], rows: [] }

/** The server's own, which change by themselves and are not compared. */
const tools: Table = { schema: 'SYSTOOLS', name: 'HMON', columns: [{ name: 'A', type: 'INTEGER' }], rows: [[1]] }

export const shop: Content = {
  settings: { codeset: 'UTF-8', logarchmeth1: 'OFF' },
  tables: [orders, people, empty, tools],
  objects: { views: 2, indexes: 5, triggers: 1, routines: 3, sequences: 1, constraints: 4, types: 1 },
  partitions: 1,
  tableSpaces: [],
}

/** A database whose logs are archived, which may be backed up while it is in use. */
export const archiving: Partial<Content> = { settings: { codeset: 'UTF-8', logarchmeth1: 'DISK:/archive/' } }
