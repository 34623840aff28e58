import type { Mutant } from '../mutant.ts'

const LOCAL = 'test/storage/local.test.ts'
const HOSTILE = 'test/storage/local-hostile.test.ts'

export const STORAGE: readonly Mutant[] = [
  {
    name: 'an object replaces one of its name',
    file: 'src/storage/publish.ts',
    find: '    await link(partial, target)\n',
    replace: '    await rename(partial, target)\n    await link(target, partial)\n',
    killedBy: { file: LOCAL, title: 'put refuses an existing key with OBJECT_EXISTS and keeps the old bytes' },
  },
  {
    name: 'an object replaces one of its name where there are no links',
    file: 'src/storage/publish.ts',
    find: 'if ((await lstat(target).catch(unlessAbsent)) !== undefined) throw exists(target)',
    replace: 'await lstat(target).catch(unlessAbsent)',
    killedBy: { file: HOSTILE, title: 'gives the file its name, but not one that is taken' },
  },
  {
    name: 'a failed put leaves what it has written',
    file: 'src/storage/local.ts',
    find: 'await unlink(partial).catch(() => {}) //',
    replace: 'await lstat(partial).catch(() => {}) //',
    killedBy: { file: LOCAL, title: 'a body that fails after 200000 bytes' },
  },
  {
    name: 'others can read an artifact',
    file: 'src/storage/write-file.ts',
    find: 'O_NOFOLLOW, 0o600)',
    replace: 'O_NOFOLLOW, 0o644)',
    killedBy: { file: HOSTILE, title: 'for this user only' },
  },
  {
    name: 'others can look into the directory of backups',
    file: 'src/storage/directory.ts',
    find: 'mode: 0o700',
    replace: 'mode: 0o755',
    killedBy: { file: HOSTILE, title: 'for this user only' },
  },
  {
    name: 'a directory that is missing is an empty storage',
    file: 'src/storage/directory.ts',
    find: "const found = await onDisk('read', root, () => stat(root))\n  if (!found.isDirectory())",
    replace:
      "const found = await onDisk('read', root, () => stat(root)).catch((error: unknown) => unlessAbsent(error))\n  if (found?.isDirectory() === false)",
    killedBy: { file: HOSTILE, title: 'does not take a directory that is missing, or a file, for an empty storage' },
  },
  {
    name: 'a symbolic link is followed out of the storage',
    file: 'src/storage/directory.ts',
    find: 'if (found.isSymbolicLink()) {',
    replace: "if (found.isSymbolicLink() && part === '') {",
    killedBy: { file: HOSTILE, title: 'follows no symbolic link to a directory' },
  },
  {
    name: 'a file that is cut while it is read ends like a whole one',
    file: 'src/storage/read-file.ts',
    find: 'else this.destroy(shrank(path, at, end))',
    replace: "else this.push(path === '' ? shrank(path, at, end) : null)",
    killedBy: { file: HOSTILE, title: 'fails a stream whose file is cut while it is read' },
  },
]
