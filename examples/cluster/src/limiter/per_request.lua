-- A sliding log: one script for each request. Exact, and a round trip each.
-- KEYS[1]  the sorted set of what was admitted in the last window, by microseconds
-- KEYS[2]  a counter, so that no two members are the same
-- ARGV[1]  the limit
-- ARGV[2]  the window, in microseconds
-- Answers 1 if the request is admitted, 0 if not.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  return 0
end
local turn = redis.call('INCR', KEYS[2])
redis.call('ZADD', KEYS[1], string.format('%.0f', now), turn)
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2] / 1000))
return 1
