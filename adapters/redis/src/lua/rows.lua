-- Rows. A row is there if its field is. `limit.h` is the head, `limit.e` the last row that is there or -1.

local function field_of(limit, epoch)
  local fields = limit.f
  local field = fields[epoch]
  if not field then
    field = limit.r .. pack('>d', epoch)
    fields[epoch] = field
  end
  return field
end

local function sum_of(limit, epoch)
  if epoch > limit.e then
    return 0
  end
  local row = read(field_of(limit, epoch))
  return row and unpacked('>d', row) or 0
end

-- What this node has of a row: granted, returned, carried; where that stands, and in what.
local function part_of(limit, epoch)
  local row = epoch <= limit.e and read(field_of(limit, epoch))
  local at = row and find(row, 9, 32)
  if at then
    local granted, returned, carried = unpacked('>ddd', row, at + 8)
    return granted, returned, carried, at, row
  end
  return 0, 0, 0, nil, row
end

-- What counts in the window that ends with the head is also kept as one number, in two parts.
local function in_total(limit, epoch, amount)
  if limit.k == 's' and epoch <= limit.h then
    local part = amount % HALF
    limit.u = limit.u + (amount - part) / HALF
    limit.t = limit.t + part
  end
end

-- Changes what this node has of a row: `at` and `row` are `part_of`'s.
local function write_part(limit, epoch, at, row, granted, returned, carried, moved)
  local part = node .. pack('>ddd', granted, returned, carried)
  local before = row and unpacked('>d', row) or 0
  local sum = before
  if moved >= 0 then
    sum = min(sum + moved, MOST)
  elseif sum < MOST then
    sum = max(sum + moved, 0)
  end
  if at then
    part = cut(row, 9, at - 1) .. part .. cut(row, at + 32)
  elseif row then
    part = cut(row, 9) .. part
  end
  in_total(limit, epoch, sum - before)
  limit.e = max(limit.e, epoch)
  return write(field_of(limit, epoch), pack('>d', sum) .. part)
end

-- Takes in totals of this node, and says by how much it has more now.
local function merge(limit, epoch, granted, returned)
  local had, back, carried, at, row = part_of(limit, epoch)
  granted = max(granted, had)
  returned = min(max(returned, back), granted)
  if granted == had and returned == back then
    return 0
  end
  local moved = (granted - returned) - (had - back)
  write_part(limit, epoch, at, row, granted, returned, carried, moved)
  return moved
end

-- What a config says: which rows there are.

local function row_at(limit)
  local step = limit.k == 's' and limit.a or limit.k == 'b' and limit.c or 0
  if step > 0 then
    return floor(now / step)
  end
  return limit.k == 'c' and limit.a or 0
end

local function start_of(limit, epoch)
  if limit.k == 's' then
    return min(epoch * limit.a, MOST)
  elseif limit.k == 'b' then
    return min(epoch * limit.c, MOST)
  end
  return limit.k == 'c' and limit.a or 0
end

local function is_on(terms)
  return terms.k ~= 'c' or (terms.a <= now and now < terms.b)
end

-- From and to which row they count, in some window that holds the head.
local function rows_that_count(limit)
  if limit.k == 's' then
    local others = max(limit.b - 1, 0)
    return max(limit.h - others, 0), limit.h + max(others, 1)
  elseif limit.k == 'b' then
    return max(limit.h - OLD_ROWS, 0), limit.h + 1
  end
  return limit.h, limit.h
end

-- Reads rows in one go.
local function fetch_rows(limit, first, last)
  local fields = {}
  for epoch = first, min(last, limit.e) do
    local field = field_of(limit, epoch)
    if cells[field] == nil then
      fields[#fields + 1] = field
    end
  end
  if #fields > 0 then
    fetch(fields)
  end
end

-- What is granted of rows that have not begun.
local function promised(limit)
  local total = 0
  for epoch = limit.h + 1, limit.e do
    total = min(total + sum_of(limit, epoch), MOST)
  end
  return total
end
