-- What becomes of one call of one node about one tenant's shared limits: in the server, in one step.
-- It does what tollgate::cluster::Book does; the two are tested against each other.
--
-- KEYS[1]  the tenant's hash; expires by itself when nothing in it counts any more
-- KEYS[2]  the marker, in the same slot: "<run id of the server> <since> <keys it had evicted by then>"
-- ARGV     node (8 bytes), heartbeat, then for each limit that is asked about:
--          name, terms in one: "<generation> <kind> <three numbers of the shape> <capacity>",
--          when ("" for no wish, "now", or the row after which), known, need, most,
--          number of rows, and for each row: epoch, granted, returned
-- Answers  now, run, live nodes, then for each limit:
--          epoch, free, not before, generation, capacity, number of rows, and for each row: epoch, granted, returned
--
-- All are whole numbers below 2^53, times are microseconds. Shapes: "s" step, rows; "c" start, end; "b" window, level,
-- step; "h" ttl.
--
-- Fields of the hash; "double" is 8 bytes, big-endian:
--   v          version of this layout
--   n          nodes, 16 bytes each: node, when it was heard of last (double)
--   l          when nothing in here counts any more, when the hash expires, since when it knows everything if that is later
--              than the marker's since, or 0 (doubles); then limits: name and terms, each with its length before it
--              (2 bytes), kind (1 byte), and doubles, see `read_limits`
--   r<i>:<e>   row e (a double) of limit number i: what all nodes have of it, net (double); then what each has, 32 bytes:
--              node, granted, returned, carried over from other rows (doubles)
--
-- Making a function takes Redis as long as a small call's arithmetic. So those that few calls need are made when they are
-- needed: `rarely()` and `buckets()`.
local VERSION = '2'
local MOST = 9007199254740991
local HALF = 67108864 -- 2^26: sums are kept in two parts, so that any number of rows adds up exactly
local SHORTEST_QUARANTINE = 1000000
local OTHER_ROWS = 1000000
local OLD_ROWS = 3
local LINGER = 10000000 -- the hash outlives its use by one to two of these
local LIMIT, BUCKET = '>Hc0Hc0c1ddddddddddd', '>ddddddd'
local floor, min, max = math.floor, math.min, math.max
local search, cut, pack, unpacked = string.find, string.sub, struct.pack, struct.unpack
local hash = KEYS[1]
local now = clock()
local node, heartbeat = ARGV[1], tonumber(ARGV[2])
local patience = heartbeat * 3
local rarely, buckets

-- The fields of the hash: read once each, written at the end.
local cells, changed = {}, {}

local function fetch(fields)
  for first = 1, #fields, 1000 do
    local last = min(first + 999, #fields)
    local values = redis.call('HMGET', hash, unpack(fields, first, last))
    for at = 1, #values do
      cells[fields[first + at - 1]] = values[at]
    end
  end
end

local function read(field)
  local value = cells[field]
  if value == nil then
    value = redis.call('HGET', hash, field)
    cells[field] = value
  end
  return value
end

-- `false` for a field that is to go.
local function write(field, value)
  cells[field] = value
  changed[field] = true
end

-- Where this node stands in a list, from a place on, of entries of `width` bytes that begin with a node.
local function find(list, from, width)
  local at = search(list, node, from, true)
  while at and (at - from) % width ~= 0 do
    at = search(list, node, at + 1, true)
  end
  return at
end
