-- ARGV: home. How many entries, and what they count.
return { redis.call('ZCARD', ages), tonumber(redis.call('HGET', sizes, '=')) or 0 }
