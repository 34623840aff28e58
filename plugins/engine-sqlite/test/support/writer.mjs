// A foreign process that never pauses: moves amounts between accounts, so that their sum stays the same.
import { DatabaseSync } from 'node:sqlite'

const db = new DatabaseSync(process.argv[2], { timeout: 5000 })
const take = db.prepare('UPDATE account SET amount = amount - ? WHERE id = ?')
const give = db.prepare('UPDATE account SET amount = amount + ? WHERE id = ?')
const note = db.prepare('INSERT INTO entry(amount, note) VALUES (?, randomblob(2000))')
let running = true
let commits = 0
process.on('message', () => (running = false))
const turn = () => {
  for (let i = 0; i < 5; i++) {
    db.exec('BEGIN IMMEDIATE')
    const amount = Math.ceil(Math.random() * 100)
    take.run(amount, 1 + Math.floor(Math.random() * 500))
    give.run(amount, 1 + Math.floor(Math.random() * 500))
    note.run(amount)
    db.exec('COMMIT')
    if (++commits === 1) process.send('writing')
  }
  if (running) setImmediate(turn)
  else {
    db.close()
    process.send(commits)
    process.disconnect()
  }
}
turn()
