-- ARGV: home, key. 1 if it was there.
mend()
local known = strike({ ARGV[2] }) > 0
local removed = redis.call('UNLINK', value_key)
if known then
  return removed
end
return 0
