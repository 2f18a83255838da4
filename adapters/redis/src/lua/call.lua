-- What becomes of a limit: it moves on to now, hears what a node says, grants, and answers.

local function advance(limit, nodes, since)
  local before, first = limit.h, rows_that_count(limit)
  limit.h = max(before, row_at(limit))
  if limit.k == 's' then
    for epoch = before + 1, min(limit.h, limit.e) do
      in_total(limit, epoch, sum_of(limit, epoch))
    end
  elseif limit.k == 'b' then
    buckets().advance(limit, before, first, since)
  elseif limit.k == 'h' and limit.e == 0 then
    rarely().advance_holdings(limit, nodes)
  end
  if limit.h > before then
    local counts = rows_that_count(limit)
    if counts > first then
      rarely().forget_before(limit, first, counts)
    end
  end
end

-- From when on it makes no difference whether a limit is forgotten.
local function counts_until(limit)
  local last, till = max(limit.e, limit.h), 0
  if limit.k == 's' then
    till = start_of(limit, last + max(limit.b, 1))
  elseif limit.k == 'b' then
    till = max(start_of(limit, last + OLD_ROWS + 1), buckets().holds_at(limit, limit.b) + limit.c)
  elseif limit.k == 'c' then
    till = limit.b
  elseif limit.e >= 0 then
    till = now + limit.a + 1
  end
  return max(till, limit.d + patience + 1)
end

-- Whether a node counts by what is in force, now that it says so.
local function judge(limit, ask, since)
  if ask.said ~= limit.said then
    return rarely().judge_others(limit, rarely().spell_out(ask), since)
  end
  limit.d = now
  if limit.k == 'c' and not is_on(limit) then
    rarely().spell_out(ask)
    return 'other period'
  end
  return 'counts'
end

-- What nobody has of the windows that hold a row: the head, or the next.
local function free_of(limit, epoch)
  if limit.k == 'b' then
    return max(limit.b - min(limit.x + promised(limit), MOST), 0)
  elseif limit.k ~= 's' then
    return max(limit.q - sum_of(limit, epoch), 0)
  end
  local others = max(limit.b - 1, 0)
  local high, low, fullest = limit.u, limit.t, 0
  for last = limit.h, max(epoch, min(limit.e, epoch + others)) do
    if last > limit.h then
      local gone = last - 1 >= others and sum_of(limit, last - 1 - others) or 0
      local come = sum_of(limit, last)
      high = high + floor(come / HALF) - floor(gone / HALF)
      low = low + come % HALF - gone % HALF
    end
    if last >= epoch then
      fullest = max(fullest, high * HALF + low)
    end
  end
  return max(limit.q - fullest, 0)
end

-- When so much could be granted that does not fit, if nobody gives anything back.
local function opens(limit, epoch, amount)
  if limit.k == 's' then
    return rarely().leaves(limit, epoch, amount)
  elseif limit.k == 'b' then
    return buckets().holds_at(limit, amount)
  end
  return limit.k == 'c' and limit.b or now + heartbeat
end

-- Grants what fits, and says before when nothing more is (0 if the wish was granted), and what is free then.
local function grant(limit, ask, epoch, live)
  local had, returned, carried, at, row = part_of(limit, epoch)
  local known = tonumber(ask.known)
  for arg = ask.from, ask.to, 3 do
    if ARGV[arg] - epoch == 0 then
      known = max(known, ARGV[arg + 1] + 0)
    end
  end
  local lost = max(had - known, 0)
  local need, most = max(ask.need - lost, 0), max(max(ask.most + 0, ask.need + 0) - lost, 0)
  local free_before = free_of(limit, epoch)
  local free = min(free_before, MOST - had)
  local amount = max(min(most, floor(free / (2 * live))), need)
  if amount == 0 and (most == 0 or lost > 0) then
    return 0, free_before
  elseif amount == 0 or amount > free then
    return opens(limit, epoch, max(need, 1)), free_before
  end
  write_part(limit, epoch, at, row, had + amount, returned, carried, amount)
  if limit.k == 'b' and epoch <= limit.h then
    buckets().follow(limit, epoch, amount)
  end
  return 0, nil
end

local replies = {}

local function say_rows(limit, ask, epoch, said)
  local first, last = rows_that_count(limit)
  local at = said
  for arg = ask.from, ask.to, 3 do
    local row = ARGV[arg] + 0
    if first <= row and row <= last and row ~= epoch then
      local granted, returned = part_of(limit, row)
      replies[at + 1], replies[at + 2], replies[at + 3] = row, granted, returned
      at = at + 3
    end
  end
  local granted, returned = part_of(limit, epoch)
  replies[at + 1], replies[at + 2], replies[at + 3] = epoch, granted, returned
  replies[said] = (at + 3 - said) / 3
end

local function hear(limit, ask, moment)
  local standing = judge(limit, ask, moment.since)
  local epoch = limit.h
  if standing == 'counts' then
    local first, last = rows_that_count(limit)
    for arg = ask.from, ask.to, 3 do
      local row = ARGV[arg] + 0
      if first <= row and row <= last then
        local moved = merge(limit, row, ARGV[arg + 1] + 0, ARGV[arg + 2] + 0)
        if limit.k == 'b' and row <= limit.h and start_of(limit, row) > moment.since then
          buckets().follow(limit, row, moved)
        end
      end
    end
    if (limit.k == 's' or limit.k == 'b') and tonumber(ask.when) == epoch then
      epoch = epoch + 1
    end
  elseif standing == 'other rows' and moment.quarantine and (limit.k == 's' or limit.k == 'c') then
    rarely().charge_other_rows(limit, ask)
  end
  local not_before, free = 0, nil
  if moment.quarantine then
    not_before = moment.quarantine
  elseif standing == 'other rows' then
    not_before = now + OTHER_ROWS
  elseif standing == 'other period' then
    not_before = ask.k == 'c' and max(ask.a, now) or now
  elseif ask.when ~= '' then
    not_before, free = grant(limit, ask, epoch, moment.live)
  end
  local said = #replies
  replies[said + 1], replies[said + 2], replies[said + 3] = epoch, free or free_of(limit, epoch), not_before
  replies[said + 4], replies[said + 5], replies[said + 6] = limit.g, limit.q, 0
  if standing == 'counts' then
    say_rows(limit, ask, epoch, said + 6)
  end
end

-- `said` are its terms, `from` and `to` where in ARGV its rows are.
local function next_ask(at)
  return {
    o = ARGV[at], said = ARGV[at + 1], when = ARGV[at + 2], known = ARGV[at + 3], need = ARGV[at + 4], most = ARGV[at + 5],
    from = at + 7, to = at + 6 + 3 * ARGV[at + 6],
  }
end

-- The rows that the answer will need and nobody has read.
local function add_fields(fields, limit, ask)
  local function add(epoch)
    local field = epoch <= limit.e and field_of(limit, epoch)
    if field and cells[field] == nil then
      cells[field] = false
      fields[#fields + 1] = field
    end
  end
  add(limit.h)
  if limit.k == 's' then
    add(limit.h + 1)
    add((rows_that_count(limit)))
  end
  for arg = ask.from, ask.to, 3 do
    add(ARGV[arg] + 0)
  end
end

