-- ARGV: home, key, ttl in milliseconds, size, bound, value.
local key, ttl, size, bound = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = now()
mend()
local write = next_write()
strike({ key })
make_room(time, size, bound)
redis.call('SET', value_key, ARGV[6], 'PX', ttl)
enter(write, key, size, time + ttl, ttl)
