-- Buckets. `x` is what lacks of being full, `y` the parts of a token that are refilled, `z` when that was so, `w` since when
-- the store knows everything. `m` says how much of what comes back of a row goes in again.
local bucket
function buckets()
  if bucket then
    return bucket
  end
  bucket = {}

  local function divide(a, b, c)
    if a * b <= MOST then
      return floor(a * b / c), a * b % c
    end
    return rarely().divide(a, b, c)
  end

  local function refill(limit, to)
    local time = to - limit.z
    if time < 0 then
      return
    end
    local window = max(limit.a, 1)
    local whole, rest = divide(time, limit.q, window)
    rest = rest + limit.y
    if rest >= window then
      whole, rest = whole + 1, rest - window
    end
    limit.x = max(limit.x - whole, 0)
    limit.y = limit.x == 0 and 0 or rest
    limit.z = to
  end

  local function take(limit, amount)
    local most = min(limit.b + limit.q, MOST)
    limit.x = min(limit.x + amount, most)
  end

  function bucket.new(limit, since, carried)
    limit.x, limit.y, limit.z, limit.w, limit.m = limit.b, 0, since, since, {}
    refill(limit, now)
    take(limit, carried)
  end

  -- No more than what it lacks could have stayed in it, of what was taken up to a row. Part of a token may be refilled
  -- already: there is room for whole ones.
  local function narrow(limit, first, last, lack)
    for epoch = first, min(last, limit.e) do
      if read(field_of(limit, epoch)) then
        limit.m[epoch] = min(limit.m[epoch] or MOST, lack)
      end
    end
  end

  local function room(limit)
    return limit.y > 0 and max(limit.x - 1, 0) or limit.x
  end

  function bucket.advance(limit, before, first, since)
    fetch_rows(limit, first, limit.e)
    if limit.w ~= since then
      limit.x, limit.y, limit.z, limit.w = max(limit.x, limit.b), 0, since, since
      narrow(limit, first, before, 0)
    end
    for epoch = before + 1, min(limit.h, limit.e) do
      if read(field_of(limit, epoch)) then
        refill(limit, start_of(limit, epoch))
        narrow(limit, first, epoch - 1, room(limit))
        take(limit, sum_of(limit, epoch))
      end
    end
    refill(limit, now)
    narrow(limit, first, limit.h, room(limit))
  end

  function bucket.follow(limit, epoch, moved)
    if moved >= 0 then
      return take(limit, moved)
    end
    local amount = -moved
    local fits = min(limit.m[epoch] or MOST, amount)
    for row = rows_that_count(limit), limit.e do
      if read(field_of(limit, row)) then
        limit.m[row] = max((limit.m[row] or MOST) - amount, 0)
      end
    end
    limit.x = max(limit.x - fits, 0)
  end

  -- When so much is free, if nothing else is granted before.
  function bucket.holds_at(limit, amount)
    if amount > limit.b or limit.q == 0 then
      return MOST
    end
    local missing = max(min(limit.x + promised(limit), MOST) - (limit.b - amount), 0)
    if missing == 0 then
      return limit.z
    end
    local whole, rest = divide(missing, max(limit.a, 1), limit.q)
    return min(limit.z + (whole - floor((limit.y - rest) / limit.q)), MOST)
  end

  return bucket
end
