/** What of a client of Redis is needed. */
interface Client {
  eval(script: string, keys: number, ...args: number[]): Promise<unknown>
}

const BATCH = 20_000

/** Keys as a shop has them in its cache: profiles, counters, sessions that expire, small hashes, lists, sets and sorted sets. */
const MIXED = `
  local words = {}
  math.randomseed(ARGV[1])
  for i = 1, 2000 do
    local word = {}
    for j = 1, math.random(3, 9) do word[j] = string.char(math.random(97, 122)) end
    words[i] = table.concat(word)
  end
  local function text(count)
    local found = {}
    for i = 1, count do found[i] = words[math.random(2000)] end
    return table.concat(found, ' ')
  end
  for i = ARGV[1], ARGV[2] do
    local kind = i % 10
    if kind < 4 then redis.call('SET', 'user:' .. i .. ':profile', text(math.random(3, 25)))
    elseif kind == 4 then redis.call('SET', 'counter:' .. i, math.random(1000000000))
    elseif kind == 5 then redis.call('HSET', 'hash:' .. i, 'name', text(2), 'mail', text(1), 'age', math.random(99), 'note', text(8))
    elseif kind == 6 then redis.call('RPUSH', 'list:' .. i, text(2), text(2), text(2), text(2), text(2), text(2))
    elseif kind == 7 then redis.call('SADD', 'set:' .. i, math.random(1e6), math.random(1e6), math.random(1e6), math.random(1e6))
    elseif kind == 8 then redis.call('ZADD', 'zset:' .. i, math.random() * 100, text(1), math.random() * 100, text(2))
    else redis.call('SET', 'session:' .. i, text(9), 'PX', 1000000000) end
  end`

/** Texts of a kilobyte, of which LZF makes about two thirds. */
const LARGE = `
  for i = ARGV[1], ARGV[2] do
    local parts = {}
    for j = 1, 64 do parts[j] = tostring(math.random(1e9)) .. 'item' end
    redis.call('SET', 'document:' .. i, table.concat(parts))
  end`

/** Fills a server with so many mixed keys. */
export async function fillWithKeys(client: Client, keys: number): Promise<void> {
  await fill(client, MIXED, keys)
}

/** Fills a server with texts of about so many megabytes. */
export async function fillWithTexts(client: Client, megabytes: number): Promise<void> {
  await fill(client, LARGE, megabytes * 1200)
}

async function fill(client: Client, script: string, keys: number): Promise<void> {
  for (let first = 1; first <= keys; first += BATCH) {
    await client.eval(script, 0, first, Math.min(first + BATCH - 1, keys))
  }
}
