-- What few calls need.
local rare
function rarely()
  if rare then
    return rare
  end
  rare = {}

  -- a * b / c: the whole part and the rest, exactly, also where a * b is beyond 2^53. Whole parts beyond that are infinite.
  function rare.divide(a, b, c)
    local whole, rest = a * floor(b / c), 0
    if whole > MOST then
      return math.huge, 0
    end
    b = b % c
    local digits, bit = 0, 4503599627370496
    local function add(x)
      if rest >= c - x then
        rest, digits = rest - (c - x), digits + 1
      else
        rest = rest + x
      end
    end
    while bit >= 1 do
      digits = digits * 2
      add(rest)
      if a >= bit then
        a = a - bit
        add(b)
      end
      bit = bit / 2
    end
    return whole + digits, rest
  end

  -- The numbers of an ask's terms.
  function rare.spell_out(ask)
    if not ask.k then
      local g, k, a, b, c, q = string.match(ask.said, '^(%d+) (%a) (%d+) (%d+) (%d+) (%d+)$')
      ask.g, ask.k, ask.a, ask.b, ask.c, ask.q = g + 0, k, a + 0, b + 0, c + 0, q + 0
    end
    return ask
  end

  -- Drops rows from the first that is there up to one.
  function rare.forget_before(limit, first, epoch)
    local last = min(epoch - 1, limit.e)
    if limit.k == 's' and limit.e < epoch then
      limit.u, limit.t = 0, 0
    elseif limit.k == 's' then
      fetch_rows(limit, first, last)
      for row = first, last do
        in_total(limit, row, -sum_of(limit, row))
      end
    end
    for row = first, last do
      write(field_of(limit, row), false)
    end
    if limit.e < epoch then
      limit.e = -1
    end
  end

  function rare.clear_rows(limit, first)
    rare.forget_before(limit, first, limit.e + 1)
    limit.u, limit.t, limit.e, limit.m = 0, 0, -1, {}
  end

  function rare.write_row(limit, epoch, sum, parts)
    local field = field_of(limit, epoch)
    local row = read(field)
    in_total(limit, epoch, sum - (row and unpacked('>d', row) or 0))
    limit.e = max(limit.e, epoch)
    write(field, pack('>d', sum) .. parts)
  end

  -- Each part of a row: which node has it, what is in it, and the whole of it.
  function rare.each_part(limit, epoch, what)
    local row = read(field_of(limit, epoch)) or ''
    for at = 9, #row, 32 do
      local granted, returned, carried = unpacked('>ddd', row, at + 8)
      what(cut(row, at, at + 7), granted, returned, carried, cut(row, at, at + 31))
    end
  end

  -- Holdings of nodes that were not heard of for too long are free again.
  function rare.advance_holdings(limit, nodes)
    local heard, kept, sum, count = {}, {}, 0, 0
    for at = 1, #nodes, 16 do
      heard[cut(nodes, at, at + 7)] = unpacked('>d', nodes, at + 8)
    end
    rare.each_part(limit, 0, function(who, granted, returned, _, part)
      count = count + 1
      if heard[who] and max(now - heard[who], 0) <= limit.a then
        kept[#kept + 1] = part
        sum = min(sum + (granted - returned), MOST)
      end
    end)
    if #kept == 0 then
      rare.clear_rows(limit, 0)
    elseif #kept < count or sum ~= sum_of(limit, 0) then
      rare.write_row(limit, 0, sum, table.concat(kept))
    end
  end

  local function total_of_all(limit, first)
    local total = 0
    for epoch = first, limit.e do
      total = min(total + sum_of(limit, epoch), MOST)
    end
    return total
  end

  -- Which terms are in force, now that a node says others than those that were; whether it counts by the same rows.
  function rare.judge_others(limit, ask, since)
    local same = limit.k == ask.k and limit.a == ask.a and limit.b == ask.b and limit.c == ask.c
      or limit.k == 'h' and ask.k == 'h'
    local yields = ask.g > limit.g
      or (ask.g == limit.g and ask.k == 'c' and not is_on(limit))
      or limit.d + patience < now
    if yields and is_on(ask) then
      if same then
        if limit.q ~= ask.q then
          limit.y = 0
        end
        limit.k, limit.a, limit.b, limit.c = ask.k, ask.a, ask.b, ask.c
        limit.g, limit.q, limit.d, limit.said = ask.g, ask.q, now, ask.said
      else
        rare.change_rows(limit, ask, since)
      end
      same = true
    end
    if not is_on(ask) then
      return 'other period'
    end
    return same and 'counts' or 'other rows'
  end

  -- What all nodes had of the old rows becomes what they have of the new current one.
  function rare.change_rows(limit, ask, since)
    local first, total, was_on = rows_that_count(limit), 0, is_on(limit)
    fetch_rows(limit, first, limit.e)
    if limit.k == 'b' then
      total = min(limit.x + promised(limit), MOST)
      if ask.k == 'b' then
        -- A bucket that holds more holds no more yet.
        total = max(total, ask.b - max(limit.b - total, 0))
      end
    elseif was_on then
      total = total_of_all(limit, first)
    end
    local has, order = {}, {}
    if ask.k ~= 'h' and was_on then
      for epoch = first, limit.e do
        rare.each_part(limit, epoch, function(who, granted, returned, carried)
          local all = min(granted - returned + carried, MOST)
          if all > 0 then
            if not has[who] then
              order[#order + 1] = who
            end
            has[who] = min((has[who] or 0) + all, MOST)
          end
        end)
      end
    end
    rare.clear_rows(limit, first)
    limit.k, limit.a, limit.b, limit.c = ask.k, ask.a, ask.b, ask.c
    limit.g, limit.q, limit.d, limit.said = ask.g, ask.q, now, ask.said
    limit.h = row_at(limit)
    if limit.k == 'b' then
      buckets().new(limit, since, total)
    end
    if ask.k == 'h' or not was_on then
      return
    end
    local parts, sum = {}, 0
    for _, who in ipairs(order) do
      parts[#parts + 1] = who .. pack('>ddd', 0, 0, has[who])
      sum = min(sum + has[who], MOST)
    end
    sum = total > 0 and total or sum
    if sum > 0 then
      rare.write_row(limit, limit.h, sum, table.concat(parts))
    end
  end

  -- A store that has forgotten what it was told in other rows still has to count it: the excess over what it has carried.
  function rare.charge_other_rows(limit, ask)
    local said, carried = 0, 0
    for at = ask.from, ask.to, 3 do
      said = min(said + max(ARGV[at + 1] - ARGV[at + 2], 0), MOST)
    end
    for epoch = rows_that_count(limit), limit.e do
      local _, _, part = part_of(limit, epoch)
      carried = min(carried + part, MOST)
    end
    if said > carried then
      local granted, returned, part, at, row = part_of(limit, limit.h)
      local more = said - carried
      write_part(limit, limit.h, at, row, granted, returned, min(part + more, MOST), more)
    end
  end

  -- The start of the row by which enough of the old rows have left.
  function rare.leaves(limit, epoch, amount)
    if amount > limit.q then
      return MOST
    end
    local may_stay, opens = limit.q - amount, epoch + 1
    local high, low = limit.u, limit.t
    for row = limit.h + 1, limit.e do
      local sum = sum_of(limit, row)
      high, low = high + floor(sum / HALF), low + sum % HALF
    end
    local first = rows_that_count(limit)
    for row = first, limit.e do
      if high * HALF + low <= may_stay then
        break
      end
      if (row - first) % 16 == 0 then
        fetch_rows(limit, row, row + 15)
      end
      local sum = sum_of(limit, row)
      high, low = high - floor(sum / HALF), low - sum % HALF
      opens = max(opens, row + limit.b)
    end
    return start_of(limit, opens)
  end

  -- A limit nobody has told of: `k`, `a`, `b`, `c` shape, `g` generation, `q` capacity, `d` when they were last said; `u`, `t`
  -- the sum of the window that ends with the head. For the rest see `rows` and `buckets`.
  function rare.new_limit(ask, number, since)
    local limit = {
      i = number, o = ask.o, said = ask.said, k = ask.k, a = ask.a, b = ask.b, c = ask.c, g = ask.g, q = ask.q, d = now,
      r = 'r' .. number .. ':', f = {}, e = -1, u = 0, t = 0, m = {}, x = 0, y = 0, z = 0, w = 0,
    }
    limit.h = row_at(limit)
    if limit.k == 'b' then
      buckets().new(limit, since, 0)
    end
    return limit
  end

  return rare
end
