-- ARGV: home, key. Milliseconds; below 1 if it is not there.
if redis.call('HEXISTS', sizes, ':' .. ARGV[2]) == 0 then
  return -2
end
return redis.call('PTTL', value_key)
