-- The whole call.

-- What the server says of itself.
local function told(section, name)
  local info = redis.pcall('INFO', section)
  local from, to = search(type(info) == 'string' and info or '', name .. ':', 1, true)
  return from and cut(info, to + 1, search(info, '\r', to, true) - 1)
end

-- Which life of the store this is, since when it has forgotten nothing, and what it had evicted by then.
local function look_at_marker()
  local run = told('server', 'run_id')
  if not run then
    return nil
  end
  local marker = redis.call('GET', KEYS[2])
  local since, evicted
  if marker and search(marker, run .. ' ', 1, true) == 1 then
    since, evicted = string.match(marker, '^(%d+) (%S+)$', #run + 2)
  end
  if not since then
    since, evicted = string.format('%.0f', now), told('stats', 'evicted_keys') or 'unknown'
    redis.call('SET', KEYS[2], run .. ' ' .. since .. ' ' .. evicted)
  end
  return run, tonumber(since), evicted
end

-- Nodes stand in the order in which they were heard of. Takes note of this one; says how many are there.
local function meet(nodes, remembered)
  local mine, latest = find(nodes, 1, 16), now
  if mine then
    latest = max(unpacked('>d', nodes, mine + 8), now)
    nodes = cut(nodes, 1, mine - 1) .. cut(nodes, mine + 16)
  end
  local first = 1
  while first < #nodes and now - unpacked('>d', nodes, first + 8) > remembered do
    first = first + 16
  end
  local live = first
  while live < #nodes and unpacked('>d', nodes, live + 8) + patience < now do
    live = live + 16
  end
  -- If the clock was put back, others were heard of later.
  local after = #nodes
  while after > 0 and unpacked('>d', nodes, after - 7) > latest do
    after = after - 16
  end
  local list = cut(nodes, first, after) .. node .. pack('>d', latest) .. cut(nodes, after + 1)
  return list, (#nodes + 1 - live) / 16 + 1
end

-- `said` terms as they were said, `i` number, `a`, `b`, `c` shape, `g` generation, `q` capacity, `d` when they were last said; `h` head, `e` the last row that is
-- there or -1; `u`, `t` the sum of the window that ends with the head. A bucket has `x`, `y` in their place, and then `z`, `w`
-- and `m` for the five rows that count.
local function read_limits(list, at)
  local limits = {}
  while at <= #list do
    local name, terms, k, i, a, b, c, g, q, d, h, e, u, t, next = unpacked(LIMIT, list, at)
    local limit = { o = name, said = terms, k = k, i = i, a = a, b = b, c = c, g = g, q = q, d = d, h = h, e = e, u = u, t = t,
      r = 'r' .. i .. ':', f = {} }
    if k == 'b' then
      local m = {}
      limit.x, limit.y, limit.u, limit.t, limit.m = u, t, 0, 0, m
      limit.z, limit.w, m[h - 3], m[h - 2], m[h - 1], m[h], m[h + 1], next = unpacked(BUCKET, list, next)
    end
    limits[#limits + 1] = limit
    at = next
  end
  return limits
end

local function packed(limit)
  local k, u, t, h, m = limit.k, limit.u, limit.t, limit.h, limit.m
  if k == 'b' then
    u, t = limit.x, limit.y
  end
  local bytes = pack(LIMIT, #limit.o, limit.o, #limit.said, limit.said, k, limit.i, limit.a, limit.b, limit.c, limit.g, limit.q,
    limit.d, h, limit.e, u, t)
  if k ~= 'b' then
    return bytes
  end
  return bytes .. pack(BUCKET, limit.z, limit.w, m[h - 3] or MOST, m[h - 2] or MOST, m[h - 1] or MOST, m[h] or MOST,
    m[h + 1] or MOST)
end

local function flush()
  local sets, dels = { 'HSET', hash }, { 'HDEL', hash }
  for field in pairs(changed) do
    local value = cells[field]
    if value then
      local count = #sets
      sets[count + 1], sets[count + 2] = field, value
    else
      dels[#dels + 1] = field
    end
  end
  redis.call(unpack(sets))
  for first = 3, #dels, 1000 do
    redis.call('HDEL', hash, unpack(dels, first, min(first + 999, #dels)))
  end
end

local function run_call()
  local run, since, evicted = look_at_marker()
  if not run then
    return redis.error_reply('TOLLGATE this server does not tell scripts its run id (INFO server)')
  end
  local fields = redis.call('HMGET', hash, 'v', 'n', 'l')
  local version, nodes, list = fields[1], fields[2] or '', fields[3]
  if version and version ~= VERSION then
    return redis.error_reply('TOLLGATE the hash is of another version: ' .. version)
  end
  local due, expires, limits, known, at = 0, 0, {}, 0, nil
  if list then
    due, expires, known, at = unpacked('>ddd', list)
  elseif told('stats', 'evicted_keys') ~= evicted or evicted == 'unknown' then
    -- It may have been there, and evicted.
    known = now
  end
  if list and due <= now then
    redis.call('DEL', hash)
    version, nodes, expires = false, '', 0
  elseif list then
    limits = read_limits(list, at)
  end
  since = max(since, known)

  local remembered = patience
  for number = 1, #limits do
    local limit = limits[number]
    if limit.k == 'h' then
      remembered = max(remembered, limit.a)
    end
  end
  local live
  nodes, live = meet(nodes, remembered)
  local by_name, kept, number = {}, {}, 0
  for at = 1, #limits do
    local limit = limits[at]
    advance(limit, nodes, since)
    if counts_until(limit) > now then
      kept[#kept + 1] = limit
      by_name[limit.o] = limit
      number = max(number, limit.i)
    else
      rarely().clear_rows(limit, (rows_that_count(limit)))
    end
  end

  local asks, wanted = {}, {}
  at = 3
  while at <= last do
    local ask = next_ask(at)
    at = ask.to + 1
    asks[#asks + 1] = ask
    if by_name[ask.o] then
      add_fields(wanted, by_name[ask.o], ask)
    end
  end
  if #wanted > 0 then
    fetch(wanted)
  end

  local quarantine = since + max(2 * heartbeat, SHORTEST_QUARANTINE)
  local moment = { since = since, live = live, quarantine = now < quarantine and quarantine or nil }
  replies[1], replies[2], replies[3] = now, (tonumber(cut(run, 1, 12), 16) + since) % (MOST + 1), live
  for number_of_ask = 1, #asks do
    local ask = asks[number_of_ask]
    local limit = by_name[ask.o]
    if not limit and not is_on(rarely().spell_out(ask)) then
      local said = #replies
      replies[said + 1], replies[said + 2], replies[said + 3] = ask.a, 0, moment.quarantine or max(ask.a, now)
      replies[said + 4], replies[said + 5], replies[said + 6] = ask.g, ask.q, 0
    else
      if not limit then
        number = number + 1
        limit = rarely().new_limit(ask, number, since)
        by_name[ask.o] = limit
        kept[#kept + 1] = limit
      end
      hear(limit, ask, moment)
    end
  end

  due = now + patience + 1
  local records = {}
  for at = 1, #kept do
    due = max(due, counts_until(kept[at]))
    records[at + 1] = packed(kept[at])
  end
  local moves = due + LINGER > expires or due + 2 * LINGER < expires
  if moves then
    expires = due + 2 * LINGER
  end
  records[1] = pack('>ddd', due, expires, known)
  write('n', nodes)
  write('l', table.concat(records))
  if not version then
    write('v', VERSION)
  end
  flush()
  if moves then
    redis.call('PEXPIRE', hash, string.format('%.0f', floor((expires - now) / 1000)))
  end
  return replies
end

return run_call()
