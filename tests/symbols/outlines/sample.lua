-- Of the file.

local M = {}

-- Glued.
function M.send(request)
  local function inner() end
end

function M:close()
end

local function helper()
end

M.open = function()
end

local x, y = 1, 2
return M
