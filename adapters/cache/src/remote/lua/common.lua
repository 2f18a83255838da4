-- What all scripts share. A tenant's entries are listed in three keys, its index:
--   ages      sorted set: key, by the number of the write
--   expiries  sorted set: key, by the millisecond in which it expires
--   sizes     hash: ':' .. key -> what it counts, '=' -> the sum of those, '#' -> the number of the last write
-- An entry that is not in the index is not there, whatever lies under its name.
-- KEYS: ages, expiries, sizes, and the value if the script is about one. ARGV[1]: what all names of values begin with.
local ages, expiries, sizes, value_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local home = ARGV[1]

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function unlink(keys)
  for first = 1, #keys, 500 do
    local names = {}
    for at = first, math.min(first + 499, #keys) do
      names[#names + 1] = home .. keys[at]
    end
    redis.call('UNLINK', unpack(names))
  end
end

-- Every key that any part of the index knows of.
local function listed()
  local keys = redis.call('ZRANGE', ages, 0, -1)
  if #keys == 0 then
    keys = redis.call('ZRANGE', expiries, 0, -1)
  end
  if #keys == 0 then
    for _, field in ipairs(redis.call('HKEYS', sizes)) do
      if string.sub(field, 1, 1) == ':' then
        keys[#keys + 1] = string.sub(field, 2)
      end
    end
  end
  return keys
end

local function drop_all()
  unlink(listed())
  redis.call('DEL', ages, expiries, sizes)
end

-- Redis may have thrown away a part of the index for want of memory: then nothing of the tenant can be counted.
local function mend()
  local parts = redis.call('EXISTS', ages, expiries, sizes)
  if parts == 1 or parts == 2 then
    drop_all()
  end
end

local function sizes_of(keys)
  local fields = {}
  for at, key in ipairs(keys) do
    fields[at] = ':' .. key
  end
  return redis.call('HMGET', sizes, unpack(fields)), fields
end

-- Takes some keys, a hundred at most, out of the index, and says how many were there. Out of memory, Redis lets a script
-- remove and not count: then all of the tenant's go.
local function strike(keys)
  local found, fields = sizes_of(keys)
  local count, sum = 0, 0
  for _, size in ipairs(found) do
    if size then
      count = count + 1
      sum = sum + size
    end
  end
  if count > 0 then
    redis.call('HDEL', sizes, unpack(fields))
    redis.call('ZREM', ages, unpack(keys))
    redis.call('ZREM', expiries, unpack(keys))
    local counted = redis.pcall('HINCRBY', sizes, '=', -sum)
    if type(counted) == 'table' then
      drop_all()
    end
  end
  return count
end

local function evict(keys)
  strike(keys)
  unlink(keys)
end

-- Takes what has expired out of the index, some of it at a time, and says how much that was.
local function tidy(time)
  local expired = redis.call('ZRANGEBYSCORE', expiries, '-inf', time, 'LIMIT', 0, 100)
  if #expired > 0 then
    evict(expired)
  end
  return #expired
end

-- Those that were written first, as many as it takes to free `need`, but a hundred at most.
local function oldest(need)
  local keys = redis.call('ZRANGE', ages, 0, 99)
  if #keys == 0 then
    return keys
  end
  local chosen, freed = {}, 0
  for at, size in ipairs((sizes_of(keys))) do
    if freed >= need then
      break
    end
    chosen[at] = keys[at]
    freed = freed + (size or 0)
  end
  return chosen
end

-- Until `size` more fits below `bound`: first what has expired, then what was written first.
local function make_room(time, size, bound)
  tidy(time)
  while true do
    local over = (tonumber(redis.call('HGET', sizes, '=')) or 0) + size - bound
    if over <= 0 then
      return
    end
    if tidy(time) == 0 then
      local keys = oldest(over)
      if #keys == 0 then
        return
      end
      evict(keys)
    end
  end
end

-- The number of this write. The first thing that a script writes: if Redis is out of memory it fails here, and has
-- changed nothing.
local function next_write()
  return redis.call('HINCRBY', sizes, '#', 1)
end

local function enter(write, key, size, expiry, ttl)
  redis.call('HSET', sizes, ':' .. key, size)
  redis.call('HINCRBY', sizes, '=', size)
  redis.call('ZADD', ages, write, key)
  redis.call('ZADD', expiries, expiry, key)
  -- The index stays for as long as the last of its entries.
  for _, part in ipairs({ ages, expiries, sizes }) do
    if redis.call('PTTL', part) < ttl then
      redis.call('PEXPIRE', part, ttl)
    end
  end
end
