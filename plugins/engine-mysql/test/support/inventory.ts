import type { TestServer } from '../../../../test/servers/mysql.ts'

/** What the server itself says of a database: every object in information_schema, and CHECKSUM TABLE of each table. */
export async function inventory(server: TestServer, database: string): Promise<string> {
  const select = (table: string, schema: string, columns: string, where = '1 = 1'): string =>
    `SELECT '${table}', ${columns} FROM information_schema.${table} WHERE ${schema} = '${database}' AND ${where} ORDER BY ${columns};`
  const said = await server.sql(
    [
      select('TABLES', 'TABLE_SCHEMA', 'TABLE_NAME, TABLE_TYPE, ENGINE, ROW_FORMAT, TABLE_COLLATION, TABLE_COMMENT'),
      select(
        'COLUMNS',
        'TABLE_SCHEMA',
        'TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, COLUMN_KEY, EXTRA, GENERATION_EXPRESSION, COLUMN_COMMENT',
      ),
      select('STATISTICS', 'TABLE_SCHEMA', 'TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, INDEX_TYPE'),
      select(
        'REFERENTIAL_CONSTRAINTS',
        'CONSTRAINT_SCHEMA',
        'TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_NAME, UPDATE_RULE, DELETE_RULE',
      ),
      select('CHECK_CONSTRAINTS', 'CONSTRAINT_SCHEMA', 'CONSTRAINT_NAME, CHECK_CLAUSE'),
      select(
        'PARTITIONS',
        'TABLE_SCHEMA',
        'TABLE_NAME, PARTITION_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, PARTITION_DESCRIPTION',
        'PARTITION_NAME IS NOT NULL',
      ),
      select('VIEWS', 'TABLE_SCHEMA', 'TABLE_NAME, VIEW_DEFINITION, DEFINER, SECURITY_TYPE, CHARACTER_SET_CLIENT'),
      select(
        'TRIGGERS',
        'TRIGGER_SCHEMA',
        'TRIGGER_NAME, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_TIMING, ACTION_STATEMENT, DEFINER, SQL_MODE',
      ),
      select(
        'ROUTINES',
        'ROUTINE_SCHEMA',
        'ROUTINE_NAME, ROUTINE_TYPE, DATA_TYPE, ROUTINE_DEFINITION, IS_DETERMINISTIC, SQL_MODE, DEFINER',
      ),
      select(
        'EVENTS',
        'EVENT_SCHEMA',
        'EVENT_NAME, DEFINER, TIME_ZONE, EVENT_DEFINITION, INTERVAL_VALUE, INTERVAL_FIELD, STARTS, ENDS, STATUS, ON_COMPLETION',
      ),
    ].join('\n'),
  )
  const tables = await server.sql(
    `SELECT CONCAT('\`', REPLACE(TABLE_NAME, '\`', '\`\`'), '\`') FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database}' AND TABLE_TYPE LIKE '%E%' AND TABLE_TYPE <> 'VIEW' AND TABLE_TYPE <> 'SEQUENCE'`,
  )
  const names = tables.replaceAll('\\\\', '\\').trim().split('\n')
  const sums = await server.sql(`CHECKSUM TABLE ${names.join(', ')}`, database)
  return `${said}${sums.split('\n').sort().join('\n')}`.replaceAll(database, 'DATABASE')
}
