import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { describe, it } from 'mocha'
import { guarded, Refused } from '../src/sql/statements.ts'
import { fixtureSql } from './support/harness.ts'

async function passed(text: string, size = 1_000_000): Promise<string> {
  const bytes = Buffer.from(text)
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  return (await buffer(guarded(chunks(), { statements: 0, bytes: 0 }))).toString('utf8')
}

const DUMP = `-- MariaDB dump
/*!40101 SET NAMES utf8mb4 */;
/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */;
DROP TABLE IF EXISTS \`odd \`\`t\`\`; "d'--\`;
CREATE TABLE \`odd \`\`t\`\`; "d'--\` (\`id\` int COMMENT 'USE other; it''s \\'x');
INSERT INTO \`odd \`\`t\`\`; "d'--\` VALUES (1,'a;\\'b\\\\',0x00FF,"c\\";"),
(2,'-- no comment /* nor this','# nor that');
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=\`gone\`@\`%\`*/ /*!50003 TRIGGER trg AFTER INSERT ON b FOR EACH ROW BEGIN
  -- it's a comment; with a semicolon
  INSERT INTO other.log(t) VALUES ('ins; it''s'); /* USE x; */
END */;;
DELIMITER ;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=\`root\`@\`localhost\` SQL SECURITY DEFINER */
/*!50001 VIEW \`v\` AS select 1 AS \`1\` */;
DO SETVAL(\`seq\`, 100, 0);
-- Dump completed on 2026-01-01  0:00:00
`

const REFUSED = [
  'USE other;',
  'use `other`;',
  '/*!40000 USE other */;',
  '/* x */ USE other;',
  '-- x\n  USE other;',
  'INSERT INTO t VALUES (1); USE other;',
  "INSERT INTO t VALUES ('\\';'); USE other; INSERT INTO t VALUES ('');",
  'INSERT INTO other.t VALUES (1);',
  'INSERT INTO `other` . `t` VALUES (1);',
  'DROP TABLE IF EXISTS `other`.`t`;',
  'DROP TABLE IF EXISTS a, other.t;',
  'DROP DATABASE other;',
  'CREATE DATABASE other;',
  'CREATE TABLE other.t (i int);',
  "CREATE FUNCTION f RETURNS STRING SONAME 'x.so';",
  'CREATE TRIGGER t AFTER INSERT ON other.b FOR EACH ROW SET @x = 1;',
  'CREATE USER x;',
  'GRANT ALL ON *.* TO x;',
  'SET GLOBAL event_scheduler = ON;',
  'SET @@GLOBAL.read_only = 0;',
  "SET x = 1, @@global.init_connect = 'y';",
  "SET PASSWORD = 'x';",
  'TRUNCATE other.t;',
  'LOAD DATA INFILE "/etc/passwd" INTO TABLE t;',
  "SELECT 1 INTO OUTFILE '/tmp/x';",
  'CALL p();',
  'system rm -rf /;',
  '\\! rm -rf /\n;',
  'source /etc/passwd;',
  'DELIMITER $$\nUSE other$$',
  'ALTER DATABASE other READ ONLY = 1;',
  'FLUSH TABLES;',
  'SHUTDOWN;',
]

describe('the statements of a dump', () => {
  it('pass as they are, however they are cut into chunks', async () => {
    for (const size of [1, 2, 3, 7, 64, 1000, 1_000_000]) assert.equal(await passed(DUMP, size), DUMP)
  })

  it('pass with longer texts than are looked at at once', async () => {
    const long = `INSERT INTO t VALUES ('${"it''s; ".repeat(5000)}\\\\');\n${DUMP}`
    for (const size of [1000, 65_536]) assert.equal(await passed(long, size), long)
  })

  it('are what the fixtures are made of', async () => {
    const ours = fixtureSql('MySQL')
      .split('\n')
      .filter((line) => line.startsWith('INSERT INTO account'))
      .join('\n')
    assert.equal(await passed(ours, 10), ours)
  })

  for (const statement of REFUSED) {
    it(`are refused, with nothing of it passed on: ${JSON.stringify(statement)}`, async () => {
      for (const size of [1, 5, 1_000_000]) {
        let seen = ''
        async function* chunks(): AsyncGenerator<Uint8Array> {
          const bytes = Buffer.from(`SET NAMES utf8mb4;\n${statement}\n`)
          for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
        }
        await assert.rejects(async () => {
          for await (const part of guarded(chunks(), { statements: 0, bytes: 0 })) seen += Buffer.from(part).toString()
        }, Refused)
        assert.doesNotMatch(seen, /other|GLOBAL|rm -rf|OUTFILE|PASSWORD|SHUTDOWN/)
      }
    })
  }

  it('lose the name of the database that was dumped where they set its defaults', async () => {
    const text = 'SET x = 1;\nALTER DATABASE `shop` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;\nSET y = 1;\n'
    const plain = text.replace('DATABASE `shop` ', 'DATABASE ').replace('_ci ;', '_ci;')
    for (const size of [1, 9, 1000]) assert.equal((await passed(text, size)).replace('_ci ;', '_ci;'), plain)
  })

  it('end texts where a mode says that a backslash is a letter', async () => {
    const text = "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\nINSERT INTO t VALUES ('\\');\nUSE other;\n"
    await assert.rejects(passed(text), Refused)
    const back =
      "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\nINSERT INTO t VALUES ('\\');\nSET sql_mode = '';\nINSERT INTO t VALUES ('\\'; USE x;');\n"
    assert.equal(await passed(back), back)
  })

  it('must not end inside of one', async () => {
    const cut = ["('x", '(1)', "('x\\", '(1) /* x', '(1) /* x *', '(1) -- x', '(`'].map(
      (end) => `INSERT INTO t VALUES ${end}`,
    )
    for (const text of cut) {
      for (const size of [1, 20, 1000]) await assert.rejects(passed(text, size), /inside a statement/, text)
    }
    for (const text of ['/* x', '/* x *']) await assert.rejects(passed(text), /inside a comment/)
  })
})

describe('events of a dump', () => {
  const event = (name: string, status: string, rest: string) =>
    `/*!50106 CREATE*/ /*!50117 DEFINER=\`a b\`@\`%\`*/ /*!50106 EVENT ${name} ON SCHEDULE EVERY '1:2' DAY_HOUR STARTS '2037-01-01 00:00:00' ON COMPLETION NOT PRESERVE ${status} ${rest} */ ;;`

  it('are made so that they do not run, whatever their names and bodies say', async () => {
    const name = '`x`` ON COMPLETION PRESERVE ENABLE DO`'
    const long = `DO BEGIN ${'SELECT 1; '.repeat(500)} END`
    const lines = [
      event(name, 'ENABLE', "COMMENT 'ON COMPLETION PRESERVE ENABLE DO' DO SELECT 1"),
      event('`plain`', 'DISABLE ON SLAVE', long),
      event('`off`', 'DISABLE', 'DO SELECT 1'),
    ]
    const dump = `DELIMITER ;;\n${lines.join('\n')}\nDELIMITER ;\n`
    for (const size of [7, 100_000]) {
      const disabled = new Map<string, string>()
      async function* chunks(): AsyncGenerator<Uint8Array> {
        for (let from = 0; from < dump.length; from += size) yield Buffer.from(dump.slice(from, from + size))
      }
      const out = (await buffer(guarded(chunks(), { statements: 0, bytes: 0 }, { disabled }))).toString()
      assert.equal(out, dump.replace('PRESERVE ENABLE COMMENT', 'PRESERVE DISABLE COMMENT').replace(' ON SLAVE', ''))
      assert.deepEqual(Object.fromEntries(disabled), {
        'x` ON COMPLETION PRESERVE ENABLE DO': 'ENABLE',
        plain: 'DISABLE ON SLAVE',
        off: 'DISABLE',
      })
    }
  })

  it('are refused where they are written in no way that dump programs write them', async () => {
    async function* odd(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO SELECT 1;')
    }
    await assert.rejects(buffer(guarded(odd(), { statements: 0, bytes: 0 }, { disabled: new Map() })), Refused)
  })
})
