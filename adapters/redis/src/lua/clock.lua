-- tollgate shared limits, version 2
-- The time: this server's, in microseconds. Nobody can tell the script another.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
local last = #ARGV
