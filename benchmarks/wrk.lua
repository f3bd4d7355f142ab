-- Posts each body of a file once: an envelope that is posted again is answered from memory.
-- Arguments: FILE MEDIA_TYPE PATH THREADS. Thread n of m posts the bodies n, n + m, n + 2m ...
local count = 0
local threads = {}

function setup(thread)
  thread:set("number", count)
  table.insert(threads, thread)
  count = count + 1
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local step = tonumber(args[4])
  bodies, at, other = {}, 0, 0
  local index = 0
  while true do
    local head = file:read(8)
    if not head then break end
    local body = file:read(tonumber(head, 16))
    if index % step == number then bodies[#bodies + 1] = body end
    index = index + 1
  end
  file:close()
  path = args[3]
  headers = { ["Content-Type"] = args[2], ["Host"] = wrk.host .. ":" .. wrk.port }
end

function request()
  at = at + 1
  if at > #bodies then
    wrk.thread:stop()
    return wrk.format("GET", "/health")
  end
  return wrk.format("POST", path, headers, bodies[at])
end

function response(status)
  if status ~= 200 then other = other + 1 end
end

function done(summary, latency)
  local refused, posted = 0, 0
  for _, thread in ipairs(threads) do
    refused = refused + thread:get("other")
    posted = posted + thread:get("at")
  end
  io.write(string.format('{"posted": %d, "refused": %d, "requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d}\n',
    posted, refused, summary.requests, summary.duration, latency:percentile(50), latency:percentile(99)))
end
