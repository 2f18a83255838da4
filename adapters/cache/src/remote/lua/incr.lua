-- ARGV: home, key, ttl in milliseconds, what an entry counts beside its value, bound, what to add.
-- The sum, as text: a number of Lua's holds 53 bits. Or 'overflow', or 'no number'.
local key, ttl, rest, bound = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = now()
mend()
local write = next_write()
if redis.call('HEXISTS', sizes, ':' .. key) == 0 then
  redis.call('UNLINK', value_key)
end
local done = redis.pcall('INCRBY', value_key, ARGV[6])
if type(done) == 'table' then
  if string.find(done.err, 'overflow') then
    return 'overflow'
  end
  if string.find(done.err, 'not an integer') then
    return 'no number'
  end
  return done
end
local left = redis.call('PTTL', value_key)
if left < 0 then
  left = ttl
  redis.call('PEXPIRE', value_key, ttl)
end
local sum = redis.call('GET', value_key)
strike({ key })
make_room(time, rest + #sum, bound)
enter(write, key, rest + #sum, time + left, left)
return sum
