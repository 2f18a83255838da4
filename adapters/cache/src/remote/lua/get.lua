-- ARGV: home, key.
if redis.call('HEXISTS', sizes, ':' .. ARGV[2]) == 0 then
  return false
end
return redis.call('GET', value_key)
